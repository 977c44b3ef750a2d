/**
 * Pack the package as it would be published and try it: publint, attw, and a program on several Node versions.
 *
 *     npm run check:package
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const run = (tool, words, cwd = ROOT) => execFileSync(tool, words, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const folder = mkdtempSync(join(tmpdir(), "reasoningbank-package-"));
try {
  console.log(run("node_modules/.bin/publint", ["--strict"]).trim());
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", folder]));
  const tarball = join(folder, packed.filename);
  // Files that are fetched have no types.
  const ignored = ["./assets/*", "./kernel.wasm", "./package.json"];
  console.log(run("node_modules/.bin/attw", [tarball, "--profile", "esm-only", "--exclude-entrypoints", ...ignored, "--format", "ascii"]).trim());
  const carried = packed.files.map(({ path }) => path);
  const lacking = ["LICENSE", "NOTICE", "README.md", "dist/assets/sql-wasm.LICENSE.txt"].filter((name) => !carried.includes(name));
  if (lacking.length > 0) throw new Error(`not packed: ${lacking.join(", ")}`);
  console.log(`${packed.filename}: ${(packed.size / 1e6).toFixed(2)} MB packed, ${packed.entryCount} files`);

  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
  run("npm", ["install", "--no-audit", "--no-fund", tarball, "node@18"], folder);
  writeFileSync(join(folder, "program.js"), PROGRAM());
  for (const node of [join(folder, "node_modules/.bin/node"), join(ROOT, "node_modules/.bin/node")]) {
    const { engine, version } = JSON.parse(run(node, ["program.js", join(folder, `bank-${Math.random()}.db`)], folder));
    console.log(`works on Node ${version} with ${engine}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function PROGRAM() {
  return `
import { ReasoningBankAdapter } from "reasoningbank";
import { computeEmbedding, cosineSimilarity, initialize, retrieveMemories } from "reasoningbank/compat";
const bank = new ReasoningBankAdapter(process.argv[2]);
const id = await bank.storePattern({ task_description: "Add login to the API", task_category: "backend", strategy: "Test first.", success_score: 0.95 });
const [found] = await bank.findSimilar("adding logins to our APIs", "backend", 1);
if (found.id !== id) throw new Error("it was not found");
await bank.close();
const again = new ReasoningBankAdapter(process.argv[2]);
if ((await again.getPattern(id)).strategy !== "Test first.") throw new Error("it was not kept");
const { engine } = await again.getStats();
await again.close();
const third = await initialize(process.argv[2]);
if ((await retrieveMemories("adding logins to our APIs"))[0].content !== "Test first.") throw new Error("compat did not find it");
await third.close();
const [one, other] = [await computeEmbedding("add a login"), await computeEmbedding("adding logins")];
if (one.length !== 768 || !(cosineSimilarity(one, other) > 0.5)) throw new Error("compat did not embed");
console.log(JSON.stringify({ engine, version: process.version }));
`;
}
