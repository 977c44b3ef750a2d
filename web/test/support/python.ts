/** The Python package beside this one, where it can be run. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const CANDIDATES = [process.env["REASONINGBANK_PYTHON"], `${ROOT}.venv/bin/python`, "python3"];

function works(python: string | undefined): python is string {
  if (python === undefined || (python.includes("/") && !existsSync(python))) return false;
  try {
    execFileSync(python, ["-c", "import apsw, numpy, msgspec, reasoningbank"], { env: pythonEnvironment(), stdio: "ignore" });
    return true;
  } catch {
    return false; // that is what was asked
  }
}

/** What such a Python is started with. */
export function pythonEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PYTHONPATH: `${ROOT}src` };
}

const found = CANDIDATES.find(works);
if (found === undefined) console.warn("SKIPPED: no Python with this project's package was found, so nothing is compared with it");

/** The Python found, if any. */
export const foundPython = found;

/** Whether there is a Python to compare with. */
export const hasPython = found !== undefined;

/** Start a program; the promise gives what it exits with. */
export function startPython(program: string, ...words: string[]): Promise<number | null> {
  const child = spawn(found!, ["-c", program, ...words], { env: pythonEnvironment(), stdio: "inherit" });
  return new Promise((resolve) => child.once("exit", resolve));
}

/** Run a program and give the JSON value that it prints last. */
export function python<T>(program: string, ...words: string[]): T {
  const output = execFileSync(found!, ["-c", program, ...words], { env: pythonEnvironment(), encoding: "utf8", maxBuffer: 1 << 28 });
  return JSON.parse(output.trimEnd().split("\n").at(-1)!) as T;
}
