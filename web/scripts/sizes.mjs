/** Print what a page fetches, compressed by brotli, and fail above `size-budget.json`: `npm run sizes`. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const budget = JSON.parse(readFileSync(join(ROOT, "size-budget.json"), "utf8"));
const { outputs } = JSON.parse(readFileSync(join(ROOT, "dist", "meta.json"), "utf8"));
const brotli = (path) => brotliCompressSync(readFileSync(join(ROOT, path))).length;

/** Chunks that nothing but sql.js needs: those reached only through the door to it. */
function reachable(from, doors) {
  const seen = new Set();
  const visit = (name) => {
    if (seen.has(name) || doors.some((door) => door(outputs[name]))) return;
    seen.add(name);
    for (const { path, external } of outputs[name].imports) if (!external && outputs[path]) visit(path);
  };
  visit(from);
  return seen;
}
const isSqlJs = (chunk) => Object.keys(chunk.inputs).some((name) => /storage\/sqljs\/web|sql-wasm-browser/.test(name));
const code = Object.keys(outputs).filter((name) => name.endsWith(".js"));
const page = reachable("dist/web/index.js", [isSqlJs]);
const table = (kind) => readdirSync(join(ROOT, "dist/assets")).find((name) => name.startsWith(kind));
const parts = {
  "a page: our code and WebAssembly": [...page],
  "the embedder's table, fetched when first needed": [`dist/assets/${table("static-hybrid")}`],
  "the lexical table instead": [`dist/assets/${table("lexical")}`],
  "sql.js, only where IndexedDB is missing": [...code.filter((name) => !page.has(name)), "dist/assets/sql-wasm.wasm"],
};
let over = false;
for (const [name, files] of Object.entries(parts)) {
  const kilobytes = files.reduce((sum, file) => sum + brotli(file), 0) / 1000;
  const limit = budget[name].kilobytes;
  over ||= kilobytes > limit;
  console.log(`${kilobytes.toFixed(1).padStart(8)} kB brotli of ${String(limit).padStart(5)}  ${name}${kilobytes > limit ? "  OVER" : ""}`);
}
process.exit(over ? 1 : 0);
