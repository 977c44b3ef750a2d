/**
 * Time findSimilar of agentic-flow's WebAssembly (in memory, keeping nothing) beside ours in memory, in Node.
 *
 *     npm pack agentic-flow@1.7.3 && tar xzf agentic-flow-1.7.3.tgz
 *     node benchmarks/original.mjs package/wasm/reasoningbank
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ReasoningBankAdapter } from "../dist/node/index.js";

const folder = resolve(process.argv[2]);
const glue = await import(pathToFileURL(join(folder, "reasoningbank_wasm_bg.js")));
const { instance } = await WebAssembly.instantiate(await readFile(join(folder, "reasoningbank_wasm_bg.wasm")), {
  "./reasoningbank_wasm_bg.js": glue,
});
glue.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

const VERBS = "add fix speed-up remove test document refactor deploy monitor cache".split(" ");
const THINGS = "login endpoint report query index parser worker queue cookie session form table chart".split(" ");
const input = (number) => ({
  task_description: `${VERBS[number % 10]} the ${THINGS[number % 13]} of customer ${number}`,
  task_category: "backend",
  strategy: `Write the failing test first; case ${number}.`,
  success_score: (number % 100) / 100,
});
const median = (values) => values.sort((one, other) => one - other)[values.length >> 1];
async function timed(calls, call) {
  const times = [];
  for (let at = 0; at < calls; at++) {
    const begun = performance.now();
    await call(at);
    times.push((performance.now() - begun) * 1000);
  }
  return median(times);
}

for (const size of [1000, 10000]) {
  const original = await new glue.ReasoningBankWasm(`bench-${size}`); // its constructor gives a promise
  const ours = new ReasoningBankAdapter("memory:");
  for (let number = 0; number < size; number++) await original.storePattern(JSON.stringify(input(number)));
  await ours.storePatterns(Array.from({ length: size }, (_, number) => input(number)));
  await ours.findSimilar("warm up");
  const task = (at) => input(at * 31).task_description;
  const theirs = await timed(100, (at) => original.findSimilar(task(at), "backend", 5));
  const own = await timed(100, (at) => ours.findSimilar(task(at), "backend", 5));
  console.log(`${size} patterns, findSimilar: original ${theirs.toFixed(0)} µs (looks at 1,000 rows at most), ours ${own.toFixed(0)} µs`);
  await ours.close();
}
