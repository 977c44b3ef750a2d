/** Serves the demo page on loopback, as it is, in a newer version, or not at all. */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES = new Map([
  [".html", "text/html"], [".js", "text/javascript"], [".css", "text/css"], [".svg", "image/svg+xml"],
  [".wasm", "application/wasm"], [".webmanifest", "application/manifest+json"],
]); // prettier-ignore

export interface DemoServer {
  readonly url: string;
  /** What a request meets: `down` ends the connection without an answer. */
  state: "up" | "down" | "new version";
  close(): Promise<void>;
}

export async function serveDemo(folder: string): Promise<DemoServer> {
  const server = createServer((request, response) => {
    if (served.state === "down") {
      request.socket.destroy();
      return;
    }
    const path = normalize(new URL(request.url!, "http://localhost").pathname);
    const name = path === "/" ? "index.html" : path.slice(1);
    readFile(join(folder, name)).then(
      (content) => {
        // As a server may: the browser's own cache keeps what it gets, and must not bring it back after a deployment.
        const headers = { "content-type": TYPES.get(extname(name)) ?? "application/octet-stream", "cache-control": "max-age=600" };
        response.writeHead(200, headers).end(served.state === "new version" ? newer(name, content) : content);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const served: DemoServer = {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`,
    state: "up",
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return served;
}

/** The same page with another title, and the worker that its build would have made. */
function newer(name: string, content: Buffer): Buffer | string {
  const text = content.toString();
  if (name === "index.html") return text.replace("<title>ReasoningBank</title>", "<title>ReasoningBank, newer</title>");
  return name === "sw.js" ? text.replace(/OWN \+ "/, 'OWN + "newer') : content;
}
