/** sql.js, loaded when it is needed: 300 kB compressed, so never before. */

import type { SqlJsStatic } from "sql.js";

let loading: Promise<SqlJsStatic> | null = null;

/** Give the library, loaded once for all banks of a page. */
export function loadSqlJs(url?: string | URL): Promise<SqlJsStatic> {
  loading ??= load(url);
  loading.catch(() => {
    loading = null; // a request that failed may succeed the next time
  });
  return loading;
}

async function load(url?: string | URL): Promise<SqlJsStatic> {
  const [{ default: initSqlJs }, { readAsset }] = await Promise.all([import("sql.js"), import("#platform")]);
  const wasmBinary = (await readAsset(url ?? new URL("../assets/sql-wasm.wasm", import.meta.url))).buffer;
  return keepingMarks(() => initSqlJs({ wasmBinary }));
}

/**
 * Start sql.js with a decoder that keeps a byte order mark.
 *
 * It makes its own when it starts, one that drops U+FEFF from the beginning of a text: a pattern that
 * begins with it would come back changed, and fail its checksum.
 */
function keepingMarks<T>(start: () => T): T {
  const { TextDecoder: plain } = globalThis;
  globalThis.TextDecoder = class extends plain {
    constructor(label?: string, options?: TextDecoderOptions) {
      super(label, { ...options, ignoreBOM: true });
    }
  };
  try {
    return start();
  } finally {
    globalThis.TextDecoder = plain;
  }
}
