/** The built-in embedder as tests load it: from the packed tables, with either kernel. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TABLES } from "../../src/embedding/assets.js";
import { TableEmbedder } from "../../src/embedding/static-hybrid.js";
import { Table } from "../../src/embedding/table.js";
import { loadKernel } from "../../src/kernel/kernel.js";

/** Give where a table lies after a build. */
export function tablePath(mode: "hybrid" | "lexical"): string {
  return fileURLToPath(new URL(`../../dist/assets/${TABLES[mode].id}.bin`, import.meta.url));
}

/** Give an embedder whose numeric work is done by WebAssembly or by JavaScript. */
export async function embedderWith(kind: "wasm" | "javascript", mode: "hybrid" | "lexical" = "hybrid"): Promise<TableEmbedder> {
  const kernel = await loadKernel(kind === "wasm" ? undefined : false);
  if (kernel.kind !== kind) throw new Error(`this engine gave the kernel ${kernel.kind}`);
  return new TableEmbedder(new Table(new Uint8Array(readFileSync(tablePath(mode))), mode), kernel);
}
