/** The bank's embedder, asked for stored vectors. */

import { InvalidInput } from "../domain/errors.js";
import { typeName } from "../domain/json.js";
import type { EmbeddingModel } from "../domain/records.js";
import { TABLES } from "../embedding/assets.js";
import { defaultEmbedder, type DefaultEmbedderOptions } from "../embedding/default.js";
import type { Embedder } from "../embedding/protocol.js";
import { toInt8 } from "../embedding/vectors.js";

/** Which embedder a bank uses: the built-in one in one of its modes, or any other. */
export type EmbedderChoice = "hybrid" | "lexical" | Embedder;

/** Gives int8 vectors of texts, loading the built-in embedder when first needed. */
export class TextVectors {
  readonly #given: Embedder | null;
  readonly #builtIn: DefaultEmbedderOptions;

  constructor(choice: EmbedderChoice, builtIn: DefaultEmbedderOptions) {
    if (typeof choice === "string" ? !(choice in TABLES) : typeof (choice as Embedder | null)?.embedQuery !== "function") {
      throw new InvalidInput(`must be an Embedder, "hybrid" or "lexical", not ${typeName(choice)}`, { field: "embedder" });
    }
    this.#given = typeof choice === "string" ? null : choice;
    this.#builtIn = { ...builtIn, mode: typeof choice === "string" ? choice : undefined };
  }

  /** Give the identity of the embedder, as it is stored with each vector. */
  async model(): Promise<EmbeddingModel> {
    const { name, dimension, version = "1" } = await this.#ready();
    return { name, dimension, version };
  }

  /** Give the vector to search with. */
  async ofQuery(text: string): Promise<Int8Array> {
    const embedder = await this.#ready();
    return toInt8(await embedder.embedQuery(text), embedder.dimension);
  }

  /** Give the vectors of texts to be found. */
  async ofDocuments(texts: readonly string[]): Promise<Int8Array[]> {
    const embedder = await this.#ready();
    const vectors = await embedder.embedDocuments(texts);
    if (vectors.length !== texts.length) {
      throw new InvalidInput(`has ${String(vectors.length)} rows for ${String(texts.length)} patterns`, { field: "vectors" });
    }
    return vectors.map((vector) => toInt8(vector, embedder.dimension));
  }

  #ready(): Promise<Embedder> | Embedder {
    return this.#given ?? defaultEmbedder(this.#builtIn);
  }
}
