/**
 * Build the console into the Python package, which serves it: `node console/build.mjs`.
 * With `--check` nothing is written: what is checked in must be what is built, and small.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BROWSERS } from "../scripts/browsers.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUT = join(ROOT, "..", "src", "reasoningbank", "http", "console");
const MOST_BYTES = 300_000;

const { outputFiles } = await build({
  absWorkingDir: ROOT,
  entryPoints: { app: "console/app.ts", style: "console/style.css" },
  outdir: "console/dist",
  bundle: true,
  write: false,
  format: "esm",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  platform: "browser",
  target: BROWSERS,
  supported: { destructuring: true },
  logLevel: "warning",
});
const files = new Map(outputFiles.map(({ path, contents }) => [path.replace(/.*[/\\]/, ""), Buffer.from(contents)]));
files.set("index.html", readFileSync(join(ROOT, "console", "index.html")));
files.set("icon.svg", readFileSync(join(ROOT, "page", "icon.svg")));

const size = [...files.values()].reduce((sum, content) => sum + content.length, 0);
if (size > MOST_BYTES) throw new Error(`the console takes ${String(size)} bytes, more than ${String(MOST_BYTES)}`);
if (process.argv.includes("--check")) {
  const kept = readdirSync(OUT).filter((name) => name !== "__init__.py" && name !== "__pycache__").sort();
  const stale = [...files].filter(([name, content]) => !kept.includes(name) || !readFileSync(join(OUT, name)).equals(content)).map(([name]) => name);
  stale.push(...kept.filter((name) => !files.has(name)));
  if (stale.length > 0) {
    console.error(`The console in ${OUT} is not what console/ builds: ${stale.join(", ")}. Run: npm run build:console`);
    process.exit(1);
  }
} else {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  for (const [name, content] of files) writeFileSync(join(OUT, name), content);
}
console.log(`The console takes ${String(size)} bytes.`);
