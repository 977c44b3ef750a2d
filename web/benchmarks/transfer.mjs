/**
 * Measure how much memory a large bank takes to be written out and read back in Node, beyond what the process held before.
 *
 *     npm run build && node --expose-gc benchmarks/transfer.mjs [PATTERNS]     # 100000
 *
 * The bank is a SQLite file; JSON lines go to a file and come back from it a piece at a time. Prints one line of JSON.
 */
import { closeSync, mkdtempSync, openAsBlob, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReasoningBankAdapter } from "../dist/node/index.js";

const patterns = Number(process.argv[2] ?? 100_000);
const folder = mkdtempSync(join(tmpdir(), "reasoningbank-transfer-"));
const file = join(folder, "bank.jsonl");
const input = (number) => ({
  task_description: `Add the endpoint number ${number} to the billing service`,
  task_category: `category ${number % 20}`,
  strategy: `Write the failing test first, then handler ${number}, then the documentation. `.repeat(4),
  success_score: (number % 100) / 100,
});

/** Give the megabytes a call held at its highest beyond those before it. */
async function held(call) {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let highest = before;
  const watch = setInterval(() => (highest = Math.max(highest, process.memoryUsage().rss)), 5);
  await call();
  clearInterval(watch);
  return Math.round((Math.max(highest, process.memoryUsage().rss) - before) / 1e6);
}

try {
  const bank = new ReasoningBankAdapter(join(folder, "bank.db"));
  for (let start = 0; start < patterns; start += 1000) {
    await bank.storePatterns(Array.from({ length: Math.min(1000, patterns - start) }, (_, at) => input(start + at)));
  }
  const out = openSync(file, "w");
  const exported_mb = await held(() => bank.exportJsonl((text) => void writeSync(out, text)));
  closeSync(out);
  await bank.close();
  const again = new ReasoningBankAdapter(join(folder, "again.db"));
  await again.getStats();
  const source = await openAsBlob(file);
  const restored_mb = await held(() => again.restoreJsonl(source));
  const { total_patterns } = await again.getStats();
  await again.close();
  console.log(JSON.stringify({ patterns: total_patterns, file_mb: Math.round(statSync(file).size / 1e6), exported_mb, restored_mb }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
