/** Images in files of their own, for a Node without a library that shares files safely. */

import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { Busy, Unavailable } from "../../domain/errors.js";
import type { ImageStore } from "../sqljs/saving.js";
import { backupName, flush } from "./creating.js";

/** Beside an image that sql.js made, so that no file of another program is ever replaced. */
const MARK = ".sqljs";
const LOCK = ".lock";

/** Open the place of an image: for writing if sql.js made it or nobody has, else for reading. */
export function imageInFile(path: string): ImageStore {
  const own = !existsSync(path) || existsSync(`${path}${MARK}`);
  if (existsSync(`${path}-wal`)) {
    throw new Unavailable("has a log beside it that sql.js cannot read: rows would be missing", {
      path,
      hint: "Close the program that has it open, or install better-sqlite3, or use Node 24.15 or newer.",
    });
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const held = own ? lock(`${path}${LOCK}`) : null;
  return {
    path,
    refusal: own ? null : new Unavailable("was not made by sql.js, so it is only read", {
      path,
      hint: "Install better-sqlite3, or use Node 24.15 or newer.",
    }),
    load: () => Promise.resolve(existsSync(path) ? new Uint8Array(readFileSync(path)) : null),
    save: (image) => {
      replace(path, image);
      closeSync(openSync(`${path}${MARK}`, "a", 0o600));
      return Promise.resolve();
    },
    release: () => {
      if (held !== null) unlinkSync(held);
      return Promise.resolve();
    },
  };
}

/** Take the lock of a writer; that of a process which has ended is taken over. */
function lock(path: string): string {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const handle = openSync(path, "wx", 0o600);
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = Number(readFileSync(path, "utf8"));
      if (holder === process.pid || isAlive(holder)) break;
      rmSync(path, { force: true });
    }
  }
  throw new Busy("is held by another process", { path, hint: "Close it, or remove the lock file if it has ended." });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Write a file beside the old one and give it its name, so that one of the two is always whole. */
function replace(path: string, content: Uint8Array): void {
  const temporary = `${path}.${String(process.pid)}.saving`;
  const handle = openSync(temporary, "w", 0o600);
  try {
    writeSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, path);
  flush(dirname(path));
}
