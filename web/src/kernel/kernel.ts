/** The numeric work of the bank: one set of functions, in WebAssembly where SIMD is there, else in JavaScript. */

import { InvalidInput } from "../domain/errors.js";
import { PlainRegion } from "./plain.js";

/** Where the arrays of one search lie in a region, in bytes. */
export interface Layout {
  readonly rows: number;
  readonly stride: number;
  readonly squares: number;
  readonly categories: number;
  readonly expiries: number;
  readonly ids: number;
  readonly query: number;
  readonly found: number;
  readonly values: number;
}

/** What a search looks for. */
export interface Search {
  /** How many rows there are. */
  readonly count: number;
  readonly querySquares: number;
  readonly k: number;
  /** Number of the only category wanted, 0 for any. */
  readonly category: number;
  /** Rows that expire now or before are passed over, in milliseconds. */
  readonly now: number;
  readonly least: number;
}

/** Some memory, and the work that can be done on it. */
export interface Region {
  readonly buffer: ArrayBuffer;
  /** Fill the heap at `layout.found` and `layout.values` with the nearest rows; give how many. */
  topK(layout: Layout, search: Search): number;
  /** Add up scale times row of a table of 4-bit values into 256 int32 at `sums`. */
  sumRows(table: number, scales: number, pieces: number, count: number, sums: number): void;
}

/** Makes regions, and says how their work is done. */
export interface Kernel {
  readonly kind: "wasm" | "javascript";
  region(bytes: number): Region;
}

/** Where the kernel's WebAssembly comes from: a URL, a compiled module, or false for none. */
export type KernelSource = string | URL | WebAssembly.Module | false;

interface KernelExports {
  topK: (...words: number[]) => number;
  sumRows: (...words: number[]) => void;
}

const PAGE = 65_536;
/** The first bytes of a region stay free: position 0 is not an address to the compiler. */
export const REGION_START = 1_024;

/** A function of one SIMD instruction, by which engines tell whether they know it. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

/** Give whether this engine runs WebAssembly with SIMD128. */
export function hasSimd(): boolean {
  return typeof WebAssembly === "object" && WebAssembly.validate(SIMD_PROBE);
}

export const plainKernel: Kernel = { kind: "javascript", region: (bytes) => new PlainRegion(bytes) };

function wasmKernel(module: WebAssembly.Module): Kernel {
  return {
    kind: "wasm",
    region(bytes) {
      let memory: WebAssembly.Memory;
      try {
        memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
      } catch {
        // Engines set gigabytes of addresses aside for each memory, and run out of them before of memory itself:
        // Chromium after some hundred, Firefox after a thousand. What they throw then need not even be an error.
        return new PlainRegion(bytes);
      }
      const { exports } = new WebAssembly.Instance(module, { env: { memory } });
      const { topK, sumRows } = exports as unknown as KernelExports;
      return {
        buffer: memory.buffer,
        topK: (at, { count, querySquares, k, category, now, least }) =>
          topK(
            at.rows, at.stride, count, at.squares, at.categories, at.expiries, at.ids, at.query, querySquares,
            k, category, now, least, at.found, at.values,
          ), // prettier-ignore
        sumRows,
      };
    },
  };
}

/** The variable by which Node programs choose WebAssembly for the numeric work: `true`, or `false`, which is the default. */
export const USE_WASM_VARIABLE = "REASONINGBANK_USE_WASM";

const USE_WASM_DEFAULT = "false";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Give where the kernel comes from: what the caller asks for, else what the environment of a Node program says.
 *
 * A page has no environment: it takes WebAssembly where it can. Results are the same with either.
 *
 * @throws InvalidInput for a value of the variable that is neither yes nor no.
 */
export function chosenKernel(given: KernelSource | undefined, environment = nodeEnvironment()): KernelSource | undefined {
  if (given !== undefined || environment === null) return given;
  const asked = (environment[USE_WASM_VARIABLE] ?? USE_WASM_DEFAULT).trim().toLowerCase();
  if (["", "false", "0", "no", "off"].includes(asked)) return false;
  if (["true", "1", "yes", "on"].includes(asked)) return undefined;
  throw new InvalidInput(`must be true or false, not ${JSON.stringify(asked)}`, { field: USE_WASM_VARIABLE });
}

function nodeEnvironment(): Environment | null {
  const { process } = globalThis as { process?: { env?: Environment; versions?: { node?: string } } };
  return process?.versions?.node === undefined ? null : (process.env ?? null);
}

const loading = new Map<KernelSource | undefined, Promise<Kernel>>();

/**
 * Give the kernel, compiled once for all banks of a page; callers at the same time share one compilation.
 *
 * Without SIMD, or where a Content Security Policy forbids WebAssembly, it is the one in JavaScript.
 *
 * @param source Where the module comes from; left out, it is the one inside this package.
 */
export function loadKernel(source?: KernelSource): Promise<Kernel> {
  const key = source instanceof URL ? source.href : source;
  let promise = loading.get(key);
  if (promise === undefined) {
    promise = compiled(key);
    loading.set(key, promise);
    // A request that failed may succeed the next time.
    promise.catch(() => loading.delete(key));
  }
  return promise;
}

async function compiled(source: KernelSource | undefined): Promise<Kernel> {
  if (source === false || !hasSimd()) return plainKernel;
  if (source instanceof WebAssembly.Module) return tried(source);
  let bytes: BufferSource;
  if (source === undefined) {
    const { KERNEL } = await import("./inline.js");
    bytes = Uint8Array.from(atob(KERNEL), (byte) => byte.charCodeAt(0));
  } else {
    const { readAsset } = await import("#platform");
    bytes = await readAsset(source);
  }
  try {
    return tried(await WebAssembly.compile(bytes));
  } catch (error) {
    // The bytes inside are sound, so it is a policy that forbids them; engines differ in the error they make of it.
    if (source === undefined) return plainKernel;
    throw error;
  }
}

/** Give the kernel of a module that can be used: WebKit compiles what a policy forbids, and refuses it only then. */
function tried(module: WebAssembly.Module): Kernel {
  const kernel = wasmKernel(module);
  kernel.region(1);
  return kernel;
}
