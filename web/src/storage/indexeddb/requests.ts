/** IndexedDB requests as promises, and what their errors mean. */

import { Busy, ReasoningBankError, Unavailable } from "../../domain/errors.js";

/** Give the result of a request. */
export function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error!);
    };
  });
}

/** Wait until a transaction has been committed. */
export function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve();
    };
    transaction.onabort = () => {
      reject(transaction.error ?? new DOMException("the transaction was aborted", "AbortError"));
    };
  });
}

/** Give the range of keys that begin with these parts. */
export function beginningWith(...parts: readonly IDBValidKey[]): IDBKeyRange {
  return IDBKeyRange.bound([...parts], [...parts, []]); // an array sorts after everything else
}

/** Give the bank's error for one of the engine's. */
export function translatedError(error: unknown, path: string): ReasoningBankError {
  if (error instanceof ReasoningBankError) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  const details = { path, cause: error };
  switch (name) {
    case "QuotaExceededError":
      return new Unavailable("has no space left; nothing of this call was stored", {
        ...details,
        hint: "Free some space, or ask the browser for more with persist: true.",
      });
    case "InvalidStateError":
      return new Unavailable("was closed by the browser", { ...details, hint: "Call again." });
    case "TimeoutError":
      return new Busy("is held by another tab", { ...details, hint: "Close other tabs of this page and try again." });
    default:
      return new Unavailable(`cannot be used: ${String(error)}`, details);
  }
}
