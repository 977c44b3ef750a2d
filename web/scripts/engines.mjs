/**
 * Print the browsers and Nodes of this machine with what each has of what the package can use: `npm run engines`.
 *
 *     npm run engines [-- --bytes 1000,10000]
 *
 * With --bytes, also what so many patterns take in IndexedDB, by the browser's own estimate; that needs `npm run build`.
 * A browser that is not installed is named as such. Needs a Node that runs TypeScript (22.18 or newer).
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { ENGINES, isInstalled, launch } from "../test/browser/support/engines.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const at = process.argv.indexOf("--bytes");
const SIZES = at === -1 ? [] : (process.argv[at + 1] ?? "1000").split(",").map(Number);
const MOST_MEMORIES = 1_500;

/** What is tried in a page; each answer is true, false, a number, or the name of what was thrown. */
const PROBE = `(async () => {
  const told = async (work) => { try { return await work(); } catch (error) { return error?.name ?? typeof error; } };
  const opened = () => new Promise((resolve, reject) => {
    const request = indexedDB.open("probe-" + Math.random(), 1);
    request.onupgradeneeded = () => request.result.createObjectStore("rows");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const SIMD = new Uint8Array([0,97,115,109,1,0,0,0,1,5,1,96,0,1,123,3,2,1,0,10,10,1,8,0,65,0,253,15,253,98,11]);
  const answers = {
    "IndexedDB": await told(async () => {
      const database = await opened();
      const transaction = database.transaction("rows", "readwrite", { durability: "relaxed" });
      transaction.objectStore("rows").put(1, "key");
      await new Promise((resolve, reject) => { transaction.oncomplete = resolve; transaction.onabort = reject; });
      database.close();
      return true;
    }),
    "strict durability": await told(async () => (await opened()).transaction("rows", "readwrite", { durability: "strict" }).durability === "strict"),
    "list of databases": await told(() => typeof indexedDB.databases === "function"),
    "WebAssembly SIMD": await told(() => WebAssembly.validate(SIMD)),
    "private files (OPFS) that can be written": await told(async () => {
      const handle = await (await navigator.storage.getDirectory()).getFileHandle("probe", { create: true });
      return "createWritable" in handle;
    }),
    "Web Locks": typeof navigator.locks === "object",
    "BroadcastChannel": typeof BroadcastChannel === "function",
    "crypto.subtle": typeof crypto.subtle === "object",
    "crypto.randomUUID": typeof crypto.randomUUID === "function",
    "service worker": "serviceWorker" in navigator,
    "asking to persist": typeof navigator.storage?.persist === "function",
    "estimate of the room": await told(async () => (await navigator.storage.estimate()).quota > 0),
    "quota, GB": await told(async () => Math.round((await navigator.storage.estimate()).quota / 1e9)),
  };
  const memories = [];
  try { while (memories.length < ${MOST_MEMORIES}) memories.push(new WebAssembly.Memory({ initial: 1 })); } catch {}
  answers["WebAssembly memories at once"] = memories.length < ${MOST_MEMORIES} ? memories.length : "${MOST_MEMORIES} or more";
  return answers;
})()`;

/** Stores made-up patterns of about 15 words of task and 60 of strategy, with vectors that are given. */
const FILL = (size) => `(async () => {
  const { ReasoningBankAdapter } = await import("/dist/web/index.js");
  const vector = (seed) => Int8Array.from({ length: 768 }, (_, at) => ((seed * 31 + at * 17) * 2654435761 >>> 24) - 128 || 1);
  const embedder = { name: "made-up", dimension: 768, embedDocuments: (texts) => texts.map((text) => vector(text.length + Number(text.match(/\\d+/)[0]))), embedQuery: (text) => vector(text.length) };
  const before = (await navigator.storage.estimate()).usage;
  const bank = new ReasoningBankAdapter("filled-${size}", { embedder, durability: "strict" });
  const words = (count, seed) => Array.from({ length: count }, (_, at) => "word" + ((seed * 7919 + at * 104729) % 5000)).join(" ");
  for (let first = 0; first < ${size}; first += 500) {
    await bank.storePatterns(Array.from({ length: Math.min(500, ${size} - first) }, (_, at) => ({
      task_description: "task " + (first + at) + " " + words(13, first + at), task_category: "category " + (at % 20),
      strategy: words(60, first + at), success_score: 0.5, duration_seconds: 60, tags: ["made-up"] })));
  }
  await bank.close();
  await new Promise((next) => setTimeout(next, 3000));
  return ((await navigator.storage.estimate()).usage - before) / ${size};
})()`;

const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, "http://localhost").pathname); // cannot lead out of the folder
  const file = join(ROOT, path);
  if (path.startsWith("/dist/") && existsSync(file)) {
    const type = path.endsWith(".js") ? "text/javascript" : "application/octet-stream";
    response.writeHead(200, { "content-type": type }).end(readFileSync(file));
  } else response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>probe</title>");
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${String(server.address().port)}/`;

const columns = [];
const bytes = [];
for (const name of ENGINES) {
  if (!isInstalled(name)) {
    console.error(`SKIPPED: ${name} is not installed`);
    continue;
  }
  const engine = await launch(name);
  const tab = await engine.tab();
  await tab.goto(url);
  columns.push([`${name} ${engine.version}`, await tab.evaluate(PROBE)]);
  await tab.goto(url); // the memories of the probe are let go of with its page
  for (const size of SIZES) {
    const each = await tab.evaluate(FILL(size)).catch((error) => String(error));
    bytes.push([`${name} ${engine.version}`, size, typeof each === "number" ? Math.round(each).toLocaleString("en") : each]);
  }
  await engine.close();
}
server.close();

const shown = (value) =>
  value === true ? "yes" : value === false ? "no" : String(value).endsWith("Error") ? `no (${String(value)})` : String(value);
console.log(`| | ${columns.map(([name]) => name).join(" | ")} |\n|---|${"---|".repeat(columns.length)}`);
for (const what of Object.keys(columns[0]?.[1] ?? {})) {
  console.log(`| ${what} | ${columns.map(([, answers]) => shown(answers[what])).join(" | ")} |`);
}
for (const [name, size, each] of bytes) console.log(`\n${name}: ${each} bytes a pattern at ${size.toLocaleString("en")}, by its estimate`);

const { FILE_LIBRARIES, isSafeSqlite } = await import("../src/storage/node/libraries.ts").catch(() => ({ FILE_LIBRARIES: {} }));
console.log(`\nNode ${process.versions.node}`);
for (const [name, load] of Object.entries(FILE_LIBRARIES)) {
  try {
    const driver = (await load())(":memory:", { readOnly: false, create: true });
    const version = String(driver.all("SELECT sqlite_version() AS version")[0].version);
    driver.close();
    console.log(`${name}: SQLite ${version}${isSafeSqlite(version) ? "" : ", too old for files that others write"}`);
  } catch (error) {
    console.log(`${name}: not usable (${error.message.split("\n")[0]})`);
  }
}
