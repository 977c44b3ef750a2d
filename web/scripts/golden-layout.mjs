/**
 * Write down what this release leaves in IndexedDB, for every release after it to open: `spec/banks/indexeddb-*.json`.
 *
 *     node scripts/golden-layout.mjs
 *
 * A file that is there is never written again: it stands for what people have in their browsers.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { build } from "esbuild";
import "fake-indexeddb/auto";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BANKS = process.argv[2] ?? join(ROOT, "../spec/banks");
const folder = mkdtempSync(join(ROOT, "node_modules/.golden-"));
try {
  const outfile = join(folder, "golden-layouts.mjs");
  await build({
    entryPoints: [join(ROOT, "test/support/golden-layouts.ts")],
    outfile, bundle: true, format: "esm", platform: "node", logLevel: "error",
    alias: { "#platform": join(ROOT, "src/platform/node.ts"), "#random": join(ROOT, "src/platform/random-node.ts") },
    external: ["better-sqlite3", "sql.js"],
  }); // prettier-ignore
  const { answersOf, fill, NAMESPACES, written } = await import(pathToFileURL(outfile).href);
  const exported = gunzipSync(readFileSync(join(BANKS, "trajectories-of-sqlite-2.jsonl.gz"))).toString();
  const [first, ...rest] = NAMESPACES;
  await fill("golden", { [first]: exported, ...Object.fromEntries(rest.map((name) => [name, exported.replaceAll(`"namespace":"${first}"`, `"namespace":"${name}"`)])) });
  const layout = await written("golden");
  write(`indexeddb-${layout.version}.json.gz`, gzipSync(JSON.stringify(layout), { level: 9 }));
  write(`indexeddb-${layout.version}-answers.json`, `${JSON.stringify(await answersOf("golden"), null, 1)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}

function write(name, content) {
  if (existsSync(join(BANKS, name))) return console.log(`${name} is there, and stays`);
  writeFileSync(join(BANKS, name), content);
  console.log(`${name}: ${content.length} bytes`);
}
