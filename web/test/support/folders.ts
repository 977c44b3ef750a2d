/** Folders for files of tests; in memory where that is there, since each new bank is flushed to disk several times. */
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Give a new empty folder. */
export function newFolder(): string {
  return mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "reasoningbank-"));
}
