/**
 * agentdb's ReasoningBank on its own SQLite, sql.js, with vectors given through its embedder. It writes its file when told
 * to `save()` or on closing; with the argument `saved` it is told to after every store.
 */
import { join } from "node:path";
import { mkdirSync } from "node:fs";
import { Rows, load, more, numberIn, range, serve } from "./loop.mjs";

const rows = new Rows();
const saved = more[0] === "saved";
const ids = new Map();
const given = { vector: new Float32Array(), embed: () => Promise.resolve(given.vector) };
let database, bank;

const prepare = (number) => {
  const [task, category, strategy, score] = rows.text(number);
  return { vector: rows.floats(number), pattern: { taskType: category, approach: strategy, successRate: score, metadata: { task } } };
};
const put = async ({ vector, pattern }) => {
  given.vector = vector;
  const id = await bank.storePattern(pattern);
  if (saved) database.save();
  return id;
};
const query = (number) => rows.floats(number, "queries.f32");

await serve({
  packages: ["agentdb"],
  async open(path) {
    mkdirSync(path, { recursive: true });
    const { createDatabase } = await load("agentdb", "dist", "db-fallback.js");
    const { ReasoningBank } = await load("agentdb", "dist", "controllers", "ReasoningBank.js");
    database = await createDatabase(join(path, "agentdb.db"));
    bank = new ReasoningBank(database, given);
  },
  close: () => database.close(),
  async fill(first, count) {
    for (const number of range(first, count)) {
      const { vector, pattern } = prepare(number);
      given.vector = vector;
      ids.set(number, await bank.storePattern(pattern));
    }
    database.save();
  },
  operations: () => ({
    get: { prepare: (number) => ids.get(number), call: (id) => bank.getPattern(id) },
    similar_5: { prepare: query, call: (taskEmbedding) => bank.searchPatterns({ taskEmbedding, k: 5 }) },
    similar_10: { prepare: query, call: (taskEmbedding) => bank.searchPatterns({ taskEmbedding, k: 10 }) },
    store: { prepare, call: put },
  }),
  found: (answer) => answer.map(({ approach }) => numberIn(approach)),
  idOf: (number) => ids.get(number),
  get: (id) => bank.getPattern(id),
  store: (number) => put(prepare(number)),
});
