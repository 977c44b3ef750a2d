/**
 * Build the WebAssembly kernel: `npm run build:wasm [all|web|nodejs|bundler] [-- --check]`.
 *
 * Writes `wasm/kernel.wasm` with its hash, `src/kernel/inline.ts` (the same bytes as base64, the form
 * that needs no request), and a folder for each target. `--check` compares a fresh build with what is
 * checked in and writes nothing.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brotliCompressSync } from "node:zlib";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TARGETS = {
  web: `export const load = (url = new URL("./kernel.wasm", import.meta.url)) => WebAssembly.compileStreaming(fetch(url));\n`,
  nodejs:
    `import { readFile } from "node:fs/promises";\n` +
    `export const load = async (url = new URL("./kernel.wasm", import.meta.url)) => WebAssembly.compile(await readFile(url));\n`,
  bundler: `import url from "./kernel.wasm?url";\nexport const load = () => WebAssembly.compileStreaming(fetch(url));\n`,
};

const given = process.argv.slice(2);
const check = given.includes("--check");
const wanted = given.find((word) => !word.startsWith("--")) ?? "all";
const targets = wanted === "all" ? Object.keys(TARGETS) : [wanted];
for (const target of targets) {
  if (!(target in TARGETS)) {
    console.error(`There is no target ${target}; known are all, ${Object.keys(TARGETS).join(", ")}.`);
    process.exit(2);
  }
}

const folder = mkdtempSync(join(tmpdir(), "reasoningbank-wasm-"));
const compiled = join(folder, "kernel.wasm");
const optimised = join(folder, "kernel.opt.wasm");
const run = (tool, ...words) =>
  execFileSync(process.execPath, [join(ROOT, "node_modules", tool), ...words], { cwd: ROOT, stdio: "inherit" });
run(
  "assemblyscript/bin/asc.js", "assembly/kernel.ts", "--outFile", compiled, "-O3", "--converge", "--noAssert",
  "--runtime", "stub", "--enable", "simd", "--importMemory", "--noExportMemory", "--use", "abort=",
);
// Only the features that are used: --all-features makes a file that engines refuse.
run(
  "binaryen/bin/wasm-opt", compiled, "-O4", "--enable-simd", "--enable-bulk-memory",
  "--enable-nontrapping-float-to-int", "--enable-sign-ext", "--enable-mutable-globals", "-o", optimised,
);
const candidates = [compiled, optimised].map((file) => readFileSync(file));
const bytes = candidates.sort((one, other) => one.length - other.length)[0];
rmSync(folder, { recursive: true });

const sha256 = createHash("sha256").update(bytes).digest("hex");
const inline =
  "// Made by: npm run build:wasm\n\n" +
  "/** The kernel as base64, so that it needs no request of its own. */\n" +
  `export const KERNEL =\n  "${bytes.toString("base64")}";\n`;
const files = {
  "wasm/kernel.wasm": bytes,
  "wasm/kernel.wasm.sha256": `${sha256}  kernel.wasm\n`,
  "src/kernel/inline.ts": inline,
};
if (check) {
  const stale = Object.entries(files).filter(([name, content]) => !readFileSync(join(ROOT, name)).equals(Buffer.from(content)));
  if (stale.length > 0) {
    console.error(`Not what a fresh build makes: ${stale.map(([name]) => name).join(", ")}. Run npm run build:wasm.`);
    process.exit(1);
  }
  console.log(`kernel.wasm is what a fresh build makes (${sha256})`);
} else {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(ROOT, name), content);
  for (const target of targets) {
    const place = join(ROOT, "dist", "wasm", target);
    mkdirSync(place, { recursive: true });
    copyFileSync(join(ROOT, "wasm/kernel.wasm"), join(place, "kernel.wasm"));
    writeFileSync(join(place, "kernel.js"), TARGETS[target]);
  }
  if (targets.includes("nodejs")) {
    const { load } = await import(pathToFileURL(join(ROOT, "dist/wasm/nodejs/kernel.js")));
    const names = WebAssembly.Module.exports(await load()).map(({ name }) => name);
    for (const name of ["topK", "sumRows"]) if (!names.includes(name)) throw new Error(`the kernel has no ${name}`);
  }
  console.log(`kernel.wasm: ${bytes.length} bytes, ${brotliCompressSync(bytes).length} brotli; targets: ${targets.join(", ")}`);
}
