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
  const wasmBinary = (await readAsset(url ?? new URL("./assets/sql-wasm.wasm", import.meta.url))).buffer;
  return initSqlJs({ wasmBinary });
}
