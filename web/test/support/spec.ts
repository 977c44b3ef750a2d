/** The files of `spec/`, which hold every implementation to the same behaviour. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SPEC = fileURLToPath(new URL("../../../spec/", import.meta.url));

/** Give the JSON value of a file. */
export function specJson<T>(name: string): T {
  return JSON.parse(readFileSync(SPEC + name, "utf8")) as T;
}

/** Give the JSON values of a file's lines. */
export function specLines<T>(name: string): T[] {
  return readFileSync(SPEC + name, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}

/** Give the names of the files of a folder. */
export function specFolder(name: string): string[] {
  return readdirSync(SPEC + name).sort();
}

/** Give where a file or folder lies. */
export function specPath(name: string): string {
  return SPEC + name;
}
