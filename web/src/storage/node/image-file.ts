/** Images in files of their own, for a Node without a library that shares files safely. */

import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Busy, Unavailable } from "../../domain/errors.js";
import type { ImageStore } from "../sqljs/saving.js";
import { flush, putUnderBackupName, reserve } from "./creating.js";

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
    backUp: (image, version) => {
      const temporary = reserve(path);
      try {
        writeFileSync(temporary, image);
        putUnderBackupName(temporary, path, version);
      } finally {
        rmSync(temporary, { force: true });
      }
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
  const own = reserve(path);
  try {
    writeFileSync(own, String(process.pid));
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        linkSync(own, path); // with its content at once: half a lock names nobody
        return path;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        if (!removeDead(path)) break;
      }
    }
  } finally {
    unlinkSync(own);
  }
  throw new Busy("is held by another process", { path, hint: "Close it, or remove the lock file if it has ended." });
}

/** Remove the lock of a process that has ended; give whether that was so. */
function removeDead(path: string): boolean {
  const holder = readFileSync(path, "utf8");
  if (isAlive(Number(holder))) return false;
  const taken = `${path}.${String(process.pid)}.ended`;
  renameSync(path, taken);
  const ended = readFileSync(taken, "utf8") === holder;
  if (!ended) linkSync(taken, path); // somebody was faster, and this is the new one's
  unlinkSync(taken);
  return ended;
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
    writeFileSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, path);
  flush(dirname(path));
}
