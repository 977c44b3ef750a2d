/** agentic-flow's WebAssembly, which has the five operations and keeps everything in memory. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Rows, environment, load, range, serve } from "./loop.mjs";

const rows = new Rows();
const ids = new Map();
let bank, glue;

/** Its glue keeps one instance in a module: another would share its buffers. */
async function instantiated() {
  const place = ["agentic-flow", "wasm", "reasoningbank"];
  const loaded = await load(...place, "reasoningbank_wasm_bg.js");
  const bytes = await readFile(join(environment, "node_modules", ...place, "reasoningbank_wasm_bg.wasm"));
  const { instance } = await WebAssembly.instantiate(bytes, { "./reasoningbank_wasm_bg.js": loaded });
  loaded.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return loaded;
}
const prepare = (number) => {
  const [task_description, task_category, strategy, success_score] = rows.text(number);
  return JSON.stringify({ task_description, task_category, strategy, success_score });
};
const read = async (id) => {
  try {
    return await bank.getPattern(id);
  } catch {
    return null; // a missing id throws a string
  }
};

await serve({
  packages: ["agentic-flow"],
  async open() {
    glue ??= await instantiated();
    bank = await new glue.ReasoningBankWasm("bench"); // its constructor gives a promise
  },
  close: () => {},
  async fill(first, count) {
    for (const number of range(first, count)) ids.set(number, await bank.storePattern(prepare(number)));
  },
  operations: () => ({
    get: { prepare: (number) => ids.get(number), call: (id) => bank.getPattern(id) },
    category: { prepare: (number) => rows.category(number), call: (category) => bank.searchByCategory(category, 10) },
    similar_text_in_category: {
      prepare: (number) => [rows.query(number), rows.category(number)],
      call: ([query, category]) => bank.findSimilar(query, category, 5),
    },
    store_text: { prepare, call: (pattern) => bank.storePattern(pattern) },
  }),
  idOf: (number) => ids.get(number),
  get: read,
  store: (number) => bank.storePattern(prepare(number)),
});
