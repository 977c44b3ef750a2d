/**
 * Take over a bank of agentic-flow, claude-flow or agentdb: `npm run migrate:reasoningbank -- SOURCE --to TARGET`.
 *
 * The Python package does it; this calls its command, or says how to get it.
 */
import { spawnSync } from "node:child_process";

const words = process.argv.slice(2);
if (words.length === 0) {
  console.error("Usage: npm run migrate:reasoningbank -- .swarm/memory.db --to bank.db");
  process.exit(2);
}
const { error, status } = spawnSync("reasoningbank", ["migrate", ...words], { stdio: "inherit" });
if (error === undefined) process.exit(status ?? 1);
console.error(`The command reasoningbank is not there (${error.code}). It comes with the Python package:

    pip install agent-reasoningbank
    reasoningbank migrate ${words.join(" ")}

It makes a backup first and says how to go back. The bank it writes is opened by this package as it is.`);
process.exit(1);
