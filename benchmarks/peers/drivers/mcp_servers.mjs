/**
 * MCP servers over standard input and output, asked through the official client: the official memory server, and
 * ours. The arguments after the environment are which of both and the command that starts it.
 */
import { join } from "node:path";
import { mkdirSync } from "node:fs";
import { Rows, THOUSAND, load, more, range, serve } from "./loop.mjs";

const rows = new Rows();
const [which, command, ...args] = more;
const ids = new Map();
let client, transport;

async function open(path) {
  mkdirSync(path, { recursive: true });
  const { Client } = await load("@modelcontextprotocol", "sdk", "dist", "esm", "client", "index.js");
  const { StdioClientTransport } = await load("@modelcontextprotocol", "sdk", "dist", "esm", "client", "stdio.js");
  client = new Client({ name: "benchmark", version: "1" });
  const given = which === "ours" ? [...args, "--db", join(path, "bank.db")] : args;
  transport = new StdioClientTransport({
    command,
    args: given,
    env: { ...process.env, MEMORY_FILE_PATH: join(path, "memory.jsonl") },
    stderr: "ignore",
  });
  await client.connect(transport);
}
const call = async ([name, given]) => {
  const answer = await client.callTool({ name, arguments: given }, undefined, { timeout: 300_000 });
  if (answer.isError) throw new Error(answer.content?.[0]?.text);
  return answer.structuredContent ?? answer.content;
};

const entity = (number) => {
  const [task, category, strategy] = rows.text(number);
  return { name: `pattern ${number}`, entityType: category, observations: [task, strategy] };
};
const create = (numbers) => ["create_entities", { entities: numbers.map(entity) }];
const theirs = {
  async fill(first, count) {
    for (let start = first; start < first + count; start += THOUSAND) {
      await call(create(range(start, Math.min(THOUSAND, first + count - start))));
    }
  },
  operations: () => ({
    get: { prepare: (number) => ["open_nodes", { names: [`pattern ${number}`] }], call },
    category: { prepare: (number) => ["search_nodes", { query: rows.category(number) }], call },
    store: { prepare: (number) => create([number]), call },
    store_thousand: { prepare: (first) => create(range(first, THOUSAND)), call },
  }),
  idOf: (number) => `pattern ${number}`,
  get: async (name) => (await call(["open_nodes", { names: [name] }])).entities?.[0],
  store: async (number) => {
    await call(create([number]));
    return `pattern ${number}`;
  },
};

const pattern = (number) => {
  const [task_description, task_category, strategy, success_score] = rows.text(number);
  return ["reasoningbank_store_pattern", { task_description, task_category, strategy, success_score }];
};
const ours = {
  async fill(first, count) {
    for (const number of range(first, count)) ids.set(number, await ours.store(number));
  },
  operations: () => ({
    get: { prepare: (number) => ["reasoningbank_get_pattern", { pattern_id: ids.get(number) }], call },
    category: { prepare: (number) => ["reasoningbank_search_by_category", { category: rows.category(number), limit: 10 }], call },
    similar_text_in_category: {
      prepare: (number) => ["reasoningbank_find_similar", { task_description: rows.query(number), category: rows.category(number), top_k: 5 }],
      call,
    },
    store_text: { prepare: pattern, call },
  }),
  idOf: (number) => ids.get(number),
  get: async (pattern_id) => (await call(["reasoningbank_get_pattern", { pattern_id }])).id,
  store: async (number) => (await call(pattern(number))).patternId,
};

const server = which === "ours" ? ours : theirs;
await serve({
  packages: ["@modelcontextprotocol/sdk", ...(which === "ours" ? [] : ["@modelcontextprotocol/server-memory"])],
  open,
  close: () => client.close(),
  pids: () => [transport.pid],
  ...server,
});
