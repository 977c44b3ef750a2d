// The official TypeScript SDK as a host: it checks what tools give against what they declare.
// Takes the command line of a server as arguments, prints what it saw as JSON.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [command, ...args] = process.argv.slice(2);
const client = new Client({ name: "typescript", version: "1" });
await client.connect(new StdioClientTransport({ command, args, env: process.env }));
const { tools } = await client.listTools();
const call = (name, given = {}) => client.callTool({ name: `reasoningbank_${name}`, arguments: given });

const pattern = {
  task_description: "Implement REST API",
  task_category: "backend_development",
  strategy: "test_driven_development",
  success_score: 0.95,
};
const stored = (await call("store_pattern", pattern)).structuredContent;
const results = {
  store_pattern: stored,
  get_pattern: (await call("get_pattern", { pattern_id: stored.patternId })).structuredContent,
  missing: (await call("get_pattern", { pattern_id: "01a1fba1-c38e-7000-8000-000000000000" })).structuredContent,
  find_similar: (
    await call("find_similar", { task_description: "a REST API", category: "backend_development" })
  ).structuredContent,
  search_by_category: (await call("search_by_category", { category: "backend_development" })).structuredContent,
  recall: (await call("recall", { task_description: "Implement a REST API" })).structuredContent,
  get_stats: (await call("get_stats")).structuredContent,
};
results.record_outcome = (
  await call("record_outcome", { recall_id: results.recall.recall_id, success: true })
).structuredContent;
results.learn = (
  await call("learn", {
    trajectory: {
      task_description: "Make the tests pass",
      task_category: "debugging",
      steps: [{ action: "pytest -q", observation: "3 passed" }],
      verdict: { kind: "success" },
    },
  })
).structuredContent;
const wrong = await call("store_pattern", { ...pattern, strategy: 3 });
const resource = await client.readResource({ uri: `reasoningbank://patterns/${stored.patternId}` });
const prompt = await client.getPrompt({ name: "after_a_task" });
console.log(
  JSON.stringify({
    tools: tools.map((tool) => tool.name),
    results,
    wrong: { isError: wrong.isError, text: wrong.content[0].text },
    resource: JSON.parse(resource.contents[0].text).strategy,
    prompt: prompt.messages.length,
  }),
);
await client.close();
