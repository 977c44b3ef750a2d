/**
 * The Node side of agentic-flow's ReasoningBank, on better-sqlite3. It makes its own vectors, hashes of the whole text, and
 * its search takes text alone; storing takes a vector, and is given ours. It has no way to read one memory by its id.
 */
import { join } from "node:path";
import { mkdirSync } from "node:fs";
import { DIMENSION, Rows, load, range, serve } from "./loop.mjs";

const rows = new Rows();
let bank;

const prepare = (number) => {
  const [task, category, strategy, score] = rows.text(number);
  const id = `pattern-${number}`;
  const pattern_data = { title: task, description: task, content: strategy, domain: category };
  return {
    memory: { id, type: "reasoning_memory", pattern_data, confidence: Math.max(0.3, score), usage_count: 0 },
    embedding: { id, model: "given", dims: DIMENSION, vector: rows.floats(number) },
  };
};
const put = ({ memory, embedding }) => {
  bank.db.upsertMemory(memory);
  bank.db.upsertEmbedding(embedding);
  return memory.id;
};
const putText = async ({ memory }) => {
  const vector = await bank.computeEmbedding(memory.pattern_data.title);
  return put({ memory, embedding: { id: memory.id, model: "hash", dims: vector.length, vector } });
};
const present = (id) => bank.db.getDb().prepare("SELECT id FROM patterns WHERE id = ?").get(id);

await serve({
  packages: ["agentic-flow", "better-sqlite3"],
  async open(path) {
    mkdirSync(path, { recursive: true });
    process.env.CLAUDE_FLOW_DB_PATH = join(path, "memory.db");
    process.chdir(path); // its settings are looked for here
    // Its index loads every model runner; these parts are all that is called.
    const part = (...names) => load("agentic-flow", "dist", "reasoningbank", ...names);
    const db = await part("db", "queries.js");
    const { retrieveMemories } = await part("core", "retrieve.js");
    const { computeEmbedding } = await part("utils", "embeddings.js");
    bank = { db, retrieveMemories, computeEmbedding };
    await db.runMigrations();
  },
  close: () => bank.db.closeDb(),
  // Its search needs vectors of its own making: one of another length throws.
  async fill(first, count) {
    for (const number of range(first, count)) await putText(prepare(number));
  },
  operations: () => ({
    category: { prepare: (number) => rows.category(number), call: (domain) => bank.db.fetchMemoryCandidates({ domain }) },
    similar_text: { prepare: (number) => rows.query(number), call: (query) => bank.retrieveMemories(query, { k: 5 }) },
    similar_text_in_category: {
      prepare: (number) => [rows.query(number), rows.category(number)],
      call: ([query, domain]) => bank.retrieveMemories(query, { k: 5, domain }),
    },
    store: { prepare: (number) => prepare(number), call: put },
    store_text: { prepare: (number) => prepare(number), call: putText },
  }),
  idOf: (number) => `pattern-${number}`,
  get: present, // not an operation it has: only to count what is there after a kill
  store: (number) => put(prepare(number)),
});
