/** Build the demo page into `demo/dist`: a folder that any static server can serve. */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BROWSERS, WEB_ALIASES } from "../scripts/browsers.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUT = join(ROOT, "demo", "dist");
rmSync(OUT, { recursive: true, force: true });
mkdirSync(join(OUT, "js"), { recursive: true });
await build({
  absWorkingDir: ROOT,
  // One folder down, so that the assets lie where the package looks for them: beside the folder of its code.
  entryPoints: { app: "demo/app.ts" },
  outdir: "demo/dist/js",
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  platform: "browser",
  target: BROWSERS,
  supported: { destructuring: true },
  alias: WEB_ALIASES,
  external: ["fs", "path", "crypto"],
  logLevel: "warning",
});
cpSync(join(ROOT, "dist", "assets"), join(OUT, "assets"), { recursive: true });
for (const name of ["index.html", "style.css", "icon.svg", "manifest.webmanifest"]) cpSync(join(ROOT, "demo", name), join(OUT, name));
cpSync(join(ROOT, "..", "examples", "starter-bank.jsonl"), join(OUT, "examples.jsonl"));
const page = join(OUT, "index.html");
writeFileSync(page, readFileSync(page, "utf8").replace('src="app.js"', 'src="js/app.js"'));

const files = [];
const list = (folder) => {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) list(path);
    else files.push(relative(OUT, path));
  }
};
list(OUT);
// sql.js is fetched when it is needed; a page that keeps its bank in IndexedDB never does.
const wanted = files.filter((name) => !/sql-wasm|lexical|LICENSE/.test(name));
const hash = createHash("sha256");
for (const name of wanted) hash.update(name).update(readFileSync(join(OUT, name)));
const worker = readFileSync(join(ROOT, "demo", "sw.js"), "utf8")
  .replace("VERSION", hash.digest("hex").slice(0, 16))
  .replace('["FILES"]', JSON.stringify(["./", ...wanted]));
writeFileSync(join(OUT, "sw.js"), worker);
