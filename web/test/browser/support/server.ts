/** Serves the harness page, the built package and the files of `spec/` on loopback. */

import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WEB_ALIASES } from "../../../scripts/browsers.mjs";
import { SCENARIOS } from "../../support/scenarios.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ROOTS = new Map([
  ["dist", here("../../../dist")],
  ["spec", here("../../../../spec")],
]);
const TYPES = new Map([
  [".html", "text/html"], [".js", "text/javascript"], [".json", "application/json"], [".wasm", "application/wasm"],
  [".css", "text/css"], [".svg", "image/svg+xml"], [".webmanifest", "application/manifest+json"],
]); // prettier-ignore

/** Takes things away that old browsers lack, before any of our code runs. */
const WITHOUT = `
const validate = WebAssembly.validate;
WebAssembly.validate = (bytes) => bytes.length > 40 && validate(bytes);
delete window.BroadcastChannel;
Object.defineProperty(navigator, "locks", { value: undefined });
Object.defineProperty(Crypto.prototype, "subtle", { value: undefined });
Object.defineProperty(Crypto.prototype, "randomUUID", { value: undefined });`;

/** Uses the built package as a page without a bundler does. */
const SHIPPED = `
import { ReasoningBankAdapter, hasSimd } from "/dist/web/index.js";
async function run(kernel) {
  const bank = new ReasoningBankAdapter("shipped", { kernel });
  const id = await bank.storePattern({ task_description: "add login to the API", task_category: "c", strategy: "s" });
  const [found] = await bank.findSimilar("adding logins to our APIs");
  await bank.close();
  return { same: found.id === id, similarity: found.similarity };
}
Promise.all([run(), run("/dist/wasm/kernel.wasm").catch((error) => ({ error: error.name }))])
  .then(([inline, byUrl]) => ({ inline, byUrl, simd: hasSimd() }), (error) => ({ error: String(error) }))
  .then((outcome) => { window.outcome = outcome; });`;

/** A server and what pages told it. */
export interface TestServer {
  readonly url: string;
  /** Ids that a page told of. */
  readonly acknowledged: string[];
  close(): Promise<void>;
}

/** Start a server on a free port; `/page` is the harness, `/page?without` the same without newer features. */
export async function startServer(): Promise<TestServer> {
  const bundled = await build({
    entryPoints: [here("../page/harness.ts")],
    bundle: true,
    format: "esm",
    write: false,
    platform: "browser",
    target: ["chrome90", "firefox88", "safari14"],
    supported: { destructuring: true },
    absWorkingDir: here("../../.."),
    alias: WEB_ALIASES,
    external: ["fs", "path", "crypto"],
  });
  const script = bundled.outputFiles[0]!.contents;
  const acknowledged: string[] = [];
  const server: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://localhost");
    const send = (type: string, body: string | Uint8Array): void => {
      response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(body);
    };
    if (pathname === "/page") {
      const before = searchParams.has("without") ? `<script>${WITHOUT}</script>` : "";
      send("text/html", `<!doctype html><title>test</title>${before}<script type="module" src="/harness.js"></script>`);
    } else if (pathname === "/harness.js") send("text/javascript", script);
    else if (pathname === "/shipped") {
      const wasm = searchParams.has("wasm") ? " 'wasm-unsafe-eval'" : "";
      const policy = `default-src 'none'; script-src 'self'${wasm}; connect-src 'self'`;
      response.writeHead(200, { "content-type": "text/html", "content-security-policy": policy });
      response.end(`<!doctype html><title>shipped</title><script type="module" src="/shipped.js"></script>`);
    } else if (pathname === "/shipped.js") send("text/javascript", SHIPPED);
    else if (pathname === "/scenarios.json") send("application/json", JSON.stringify(SCENARIOS));
    else if (pathname === "/acknowledged") {
      acknowledged.push(searchParams.get("id")!);
      send("text/plain", "");
    } else {
      const [, root, ...rest] = normalize(decodeURIComponent(pathname)).split("/");
      const folder = ROOTS.get(root!);
      const name = rest.join("/") || "index.html";
      readFile(`${folder ?? "/nonexistent"}/${name}`).then(
        (content) => send(TYPES.get(extname(name)) ?? "application/octet-stream", content),
        () => response.writeHead(404).end(),
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    acknowledged,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
