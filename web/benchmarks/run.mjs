/**
 * Measure the bank in Chromium against raw IndexedDB: `npm run bench [-- --sizes 1000,10000]`.
 *
 * Prints a table and writes `benchmarks/latest.json`. Limits are those of DESIGN; a miss is printed, not hidden.
 */
import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { WEB_ALIASES } from "../scripts/browsers.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const sizes = (process.argv[process.argv.indexOf("--sizes") + 1] ?? "1000,10000").split(",").map(Number);
const chosen = process.argv.includes("--sizes") ? sizes : [1000, 10000];
const bundled = await build({
  entryPoints: [here("page.ts")],
  bundle: true,
  format: "esm",
  minify: true,
  write: false,
  platform: "browser",
  target: ["chrome90", "firefox88", "safari14"],
  supported: { destructuring: true },
  absWorkingDir: here(".."),
  alias: WEB_ALIASES,
  external: ["fs", "path", "crypto"],
});
const script = bundled.outputFiles[0].contents;
const server = createServer(async ({ url }, response) => {
  const isolated = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
  if (url === "/page.js") response.writeHead(200, { ...isolated, "content-type": "text/javascript" }).end(script);
  else if (url.startsWith("/dist/")) response.writeHead(200, isolated).end(await readFile(here(`..${url}`)));
  else response.writeHead(200, { ...isolated, "content-type": "text/html" }).end('<script type="module" src="/page.js"></script>');
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  chromiumSandbox: false,
  args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-precise-memory-info", "--js-flags=--expose-gc"],
});
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await page.waitForFunction("window.measure");
const outcome = { chromium: browser.version(), sizes: {} };
const SOURCE = { store: 800, get: 350, category: 2000, similar: 12000 };
for (const size of chosen) {
  const measured = await page.evaluate(`measure(${size}, "relaxed")`);
  outcome.sizes[size] = measured;
  console.log(`\n${size} patterns, relaxed durability, Chromium ${outcome.chromium}; medians in µs, best of 3 rounds`);
  measured.ours["store, counters read"] = measured.ours.store;
  for (const [what, value] of Object.entries(measured.ours)) {
    const raw = measured.raw[what];
    const beside = raw === undefined ? "" : `  raw ${raw.toFixed(0).padStart(6)}  ratio ${(value / raw).toFixed(2)}${value / raw > 1.5 ? "  MISSES 1.5" : ""}`;
    const limit = what === "similar" ? (size <= 1000 ? 3000 : 8000) : undefined;
    const held = limit === undefined ? "" : `  limit ${limit}${value > limit ? "  MISSED" : ""}`;
    const source = SOURCE[what] === undefined ? "" : `  source document ${SOURCE[what]}`;
    console.log(`${what.padEnd(22)}${value.toFixed(0).padStart(7)}${beside}${held}${source}`);
  }
  const { heap, page: whole, heapBefore } = measured.memory;
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(`heap ${megabytes(heap)}, with WebAssembly and buffers ${megabytes(whole)}${whole > 50e6 ? "  MISSES 50 MB" : ""}; heap before a collection ${megabytes(heapBefore)}`);
}
await writeFile(here("latest.json"), `${JSON.stringify(outcome, null, 2)}\n`);
await browser.close();
server.close();
