/** A bank on disk and a `reasoningbank console` over it, as a person starts it. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { foundPython, pythonEnvironment } from "../../support/python.js";

const CLI = "import sys; from reasoningbank.cli import main; sys.exit(main())";
const TOKEN = "the-token-of-these-tests-0123456789";

export const BANK_TOOL = fileURLToPath(new URL("../../../../tools/console_bank.py", import.meta.url));

export interface ConsoleServer {
  /** The address with the token, as the program says it to a person. */
  readonly address: string;
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Start a console on a free port; stopped and started again it has the same address. */
export async function serveConsole(bank: string): Promise<ConsoleServer> {
  const port = await freePort();
  let child: ChildProcess | null = null;
  const url = `http://127.0.0.1:${String(port)}`;
  const server: ConsoleServer = {
    url,
    address: `${url}/#token=${TOKEN}`,
    start: async () => {
      child = spawn(foundPython!, ["-c", CLI, "console", "--db", bank, "--port", String(port), "--no-browser"], {
        env: { ...pythonEnvironment(), REASONINGBANK_HTTP_TOKEN: TOKEN },
        stdio: ["ignore", "ignore", "inherit"],
      });
      for (let tries = 0; tries < 300; tries++) {
        if (child.exitCode !== null) throw new Error(`the console ended with ${String(child.exitCode)}`);
        if (await fetch(`${url}/healthz`).then(({ ok }) => ok, () => false)) return; // prettier-ignore
        await new Promise((next) => setTimeout(next, 100));
      }
      throw new Error("the console did not come up");
    },
    stop: async () => {
      if (child?.exitCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
  await server.start();
  return server;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
