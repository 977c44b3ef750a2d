/** The built-in embedder, its table fetched when the first vector is wanted. */

import { Unavailable } from "../domain/errors.js";
import { chosenKernel, loadKernel, type KernelSource } from "../kernel/kernel.js";
import { TABLES } from "./assets.js";
import type { Embedder } from "./protocol.js";
import { TableEmbedder } from "./static-hybrid.js";
import { Table } from "./table.js";

/** Which of the two tables is wanted, and from where. */
export interface DefaultEmbedderOptions {
  /**
   * `hybrid` (3.9 MB, 2.9 MB compressed) or `lexical` (66 kB): stems and n-grams alone, which finds less
   * by meaning. Vectors of the two are never compared: their names differ.
   */
  readonly mode?: "hybrid" | "lexical" | undefined;
  /** Where the table is fetched from; left out, the file that comes with the package. */
  readonly tableUrl?: string | URL | undefined;
  /** Where the WebAssembly comes from; left out, it is inside the package. */
  readonly kernel?: KernelSource | undefined;
}

const loading = new Map<string, Promise<TableEmbedder>>();
/** Compiled modules have no name of their own. */
const modules: KernelSource[] = [];

/** Give the built-in embedder; callers at the same time share one request. */
export function defaultEmbedder(options: DefaultEmbedderOptions = {}): Promise<Embedder> {
  const { mode = "hybrid" } = options;
  const kernel = chosenKernel(options.kernel);
  const url = String(options.tableUrl ?? TABLES[mode].url());
  const key = `${mode} ${url} ${nameOf(kernel)}`;
  let promise = loading.get(key);
  if (promise === undefined) {
    promise = load(url, mode, kernel);
    loading.set(key, promise);
    promise.catch(() => loading.delete(key));
  }
  return promise;
}

function nameOf(kernel: KernelSource | undefined): string {
  if (typeof kernel !== "object" || kernel instanceof URL) return String(kernel);
  if (!modules.includes(kernel)) modules.push(kernel);
  return `module ${String(modules.indexOf(kernel))}`;
}

async function load(url: string, mode: "hybrid" | "lexical", source: KernelSource | undefined): Promise<TableEmbedder> {
  const { readAsset } = await import("#platform");
  const [kernel, bytes] = await Promise.all([loadKernel(source), readAsset(url)]);
  const table = new Table(bytes, url);
  if (table.header.id !== TABLES[mode].id) {
    throw new Unavailable(`holds ${table.header.id}, not ${TABLES[mode].id}`, {
      path: url,
      hint: "Serve the table of the same release as the code.",
    });
  }
  await table.verify();
  return new TableEmbedder(table, kernel);
}
