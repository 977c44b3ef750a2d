/** Build the package into `dist`: one bundle for pages, one for Node, types, and the files they fetch. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BROWSERS, WEB_ALIASES } from "./browsers.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(ROOT, "dist");

for (const name of existsSync(DIST) ? readdirSync(DIST) : []) rmSync(join(DIST, name), { recursive: true });
mkdirSync(join(DIST, "assets"), { recursive: true });

const shared = {
  absWorkingDir: ROOT,
  entryPoints: { index: "src/index.ts", compat: "src/compat.ts" },
  bundle: true,
  format: "esm",
  splitting: true,
  minify: true,
  sourcemap: true,
  chunkNames: "[name]-[hash]",
  legalComments: "none",
};
const pages = await build({
  ...shared,
  outdir: "dist/web",
  platform: "browser",
  target: BROWSERS,
  // Counted as missing in Safari 14.0 for a fault in rare nested forms, none of which is here.
  supported: { destructuring: true },
  logLimit: 5,
  alias: WEB_ALIASES,
  external: ["fs", "path", "crypto"],
  metafile: true,
});
await build({
  ...shared,
  outdir: "dist/node",
  platform: "node",
  target: "node18",
  alias: { "#platform": "./src/platform/node.ts", "#random": "./src/platform/random-node.ts" },
  minify: false, // nobody waits for it, and errors show where they come from
  external: ["better-sqlite3"],
  // sql.js is written for CommonJS.
  banner: {
    js:
      'import{createRequire as r$}from"node:module";import{fileURLToPath as f$}from"node:url";' +
      'const require=r$(import.meta.url),__dirname=f$(new URL(".",import.meta.url));',
  },
});
const run = (script, ...words) => execFileSync(process.execPath, [join(ROOT, script), ...words], { cwd: ROOT, stdio: "inherit" });
run("scripts/pack-table.mjs");
run("node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json");
copyFileSync(join(ROOT, "node_modules/sql.js/dist/sql-wasm-browser.wasm"), join(DIST, "assets", "sql-wasm.wasm"));
copyFileSync(join(ROOT, "node_modules/sql.js/LICENSE"), join(DIST, "assets", "sql-wasm.LICENSE.txt"));
mkdirSync(join(DIST, "wasm"), { recursive: true });
copyFileSync(join(ROOT, "wasm/kernel.wasm"), join(DIST, "wasm", "kernel.wasm"));
writeFileSync(join(DIST, "meta.json"), JSON.stringify(pages.metafile));
