/**
 * Time embedding and searching with WebAssembly and in JavaScript, call by call in turns, in Node and in memory.
 *
 *     npm run build && node benchmarks/kernels.mjs [1000 10000]
 */
import { ReasoningBankAdapter } from "../dist/node/index.js";

const VERBS = "add fix speed-up remove test document refactor deploy monitor cache".split(" ");
const THINGS = "login endpoint report query index parser worker queue cookie session form table chart".split(" ");
const input = (number) => ({
  task_description: `${VERBS[number % 10]} the ${THINGS[number % 13]} of customer ${number}`,
  task_category: `category ${number % 20}`,
  strategy: `Write the failing test first; case ${number}.`,
  success_score: (number % 100) / 100,
});
const KINDS = { JavaScript: false, WebAssembly: new URL("../dist/wasm/kernel.wasm", import.meta.url) };
const at = (values, share) => values.sort((one, other) => one - other)[Math.floor(values.length * share)].toFixed(0);
const given = process.argv.slice(2).map(Number);

console.log(`Node ${process.versions.node}; µs of the quickest tenth, and the median\n\n| | ${Object.keys(KINDS).join(" | ")} |\n|---|---|---|`);
for (const size of given.length > 0 ? given : [1000, 10000]) {
  const banks = Object.entries(KINDS).map(([kind, kernel]) => [kind, new ReasoningBankAdapter("memory:", { kernel })]);
  const patterns = Array.from({ length: size }, (_, number) => input(number));
  for (const [, bank] of banks) {
    await bank.storePatterns(patterns);
    for (let call = 0; call < 50; call++) await bank.findSimilar(`warm up ${call}`);
  }
  const times = Object.fromEntries(banks.map(([kind]) => [kind, []]));
  for (let call = 0; call < 300; call++) {
    for (const [kind, bank] of banks) {
      const begun = performance.now();
      await bank.findSimilar(input(call * 31).task_description);
      times[kind].push((performance.now() - begun) * 1000);
    }
  }
  const cells = banks.map(([kind]) => `${at(times[kind], 0.1)}, ${at(times[kind], 0.5)}`);
  console.log(`| findSimilar, top 5 of ${size.toLocaleString("en")} | ${cells.join(" | ")} |`);
  for (const [, bank] of banks) await bank.close();
}
