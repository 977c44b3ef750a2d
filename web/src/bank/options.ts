/** How a bank is opened. */

import type { Clock, RandomBytes } from "../domain/identifiers.js";
import type { KernelSource } from "../kernel/kernel.js";
import type { EmbedderChoice } from "./text-vectors.js";

/** `relaxed` survives a closed or crashed page, `strict` a power loss as well. */
export type Durability = "relaxed" | "strict";

/** How a bank is opened; everything may be left out. */
export interface BankOptions {
  /** The tenant every call stays within, at most 256 bytes. */
  readonly namespace?: string | undefined;
  /** Who is noted in histories. */
  readonly actor?: string | undefined;
  /** Turns task descriptions into vectors: the built-in one whole or in its small mode, or any other. */
  readonly embedder?: EmbedderChoice | undefined;
  readonly durability?: Durability | undefined;
  /** Milliseconds to wait for other writers before `Busy` is thrown. */
  readonly busyTimeout?: number | undefined;
  /** Ask the browser, on the first write, to keep the data when space runs out. */
  readonly persist?: boolean | undefined;
  /** Where the embedder's table is fetched from; left out, the file that comes with the package. */
  readonly tableUrl?: string | URL | undefined;
  /** Where the WebAssembly comes from: a URL, a compiled module, or false for JavaScript alone. */
  readonly kernel?: KernelSource | undefined;
  /** Where the WebAssembly of sql.js comes from, should it be needed. */
  readonly sqljsUrl?: string | URL | undefined;
  /** Gives milliseconds since 1970-01-01 UTC. */
  readonly clock?: Clock | undefined;
  /** Gives random bytes for ids. */
  readonly randomBytes?: RandomBytes | undefined;
}

/** The names of the options. */
export const BANK_OPTIONS: readonly (keyof BankOptions)[] = [
  "namespace",
  "actor",
  "embedder",
  "durability",
  "busyTimeout",
  "persist",
  "tableUrl",
  "kernel",
  "sqljsUrl",
  "clock",
  "randomBytes",
];
