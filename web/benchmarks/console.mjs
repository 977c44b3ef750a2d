/**
 * Measure the console over a bank in Chromium: first paint, time until the overview is drawn, bytes sent, search latency.
 *
 *   reasoningbank console --db FILE --no-browser --port 8850     # with REASONINGBANK_HTTP_TOKEN set
 *   node benchmarks/console.mjs http://127.0.0.1:8850/#token=TOKEN [FOLDER]
 *
 * With a folder, pictures of the overview and the map are left there. Banks: tools/console_bank.py.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [address, folder] = process.argv.slice(2);
const QUERIES = [
  "the query for the monthly report has become slow", "add login to the API", "tests fail only on the build server",
  "the upload times out on slow networks", "move a column without stopping writes", "a race between two workers",
  "speed up the first paint", "rotate the signing keys", "the cursor of a page skips rows", "memory grows over days",
]; // prettier-ignore
const median = (values) => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", chromiumSandbox: false, headless: true, args: ["--disable-gpu"] });
const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
const ready = (view) => page.waitForFunction((name) => document.documentElement.dataset.ready === name, view, { timeout: 60_000, polling: 20 });
const sent = () => page.evaluate(() => performance.getEntries().reduce((sum, entry) => sum + (entry.transferSize ?? 0), 0));

const figures = {};
await page.goto(address);
await ready("overview");
await new Promise((next) => setTimeout(next, 500)); // the paint is told a little later
Object.assign(figures, await page.evaluate(() => ({
  first_paint_ms: Math.round(performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? -1),
  patterns: document.getElementById("where").textContent,
}))); // prettier-ignore
const again = [];
for (let time = 0; time < 5; time++) {
  const begun = performance.now();
  await page.reload();
  await ready("overview");
  again.push(performance.now() - begun);
}
figures.overview_drawn_ms = Math.round(median(again));
figures.overview_bytes = await sent();
if (folder !== undefined) {
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, "overview.png"), fullPage: true });
}
for (const view of ["patterns", "map", "find"]) {
  const [before, begun] = [await sent(), performance.now()];
  await page.evaluate((name) => {
    location.hash = `#/${name}`;
  }, view);
  await ready(view);
  figures[`${view}_drawn_ms`] = Math.round(performance.now() - begun);
  figures[`${view}_bytes`] = (await sent()) - before;
  if (folder !== undefined && view === "map") await page.screenshot({ path: join(folder, "map.png") });
}
const asked = async (text) => {
  await page.evaluate(() => document.getElementById("found").replaceChildren());
  await page.fill("#question", text);
  await page.waitForFunction(() => document.getElementById("found").textContent !== "", null, { timeout: 60_000, polling: 10 });
  return Number(/in (\d+) ms/.exec(await page.textContent("#found"))?.[1] ?? NaN);
};
figures.first_search_ms = await asked("what takes the vectors in");
const before = await sent();
const took = [];
for (const text of QUERIES) took.push(await asked(text));
figures.search_ms = median(took.filter((value) => !Number.isNaN(value)));
figures.search_bytes = Math.round(((await sent()) - before) / QUERIES.length);
await browser.close();
console.log(JSON.stringify(figures, null, 2));
