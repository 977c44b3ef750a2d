/** Where a bank lives: an argument, the environment, a trusted project, or the user's data directory. As in Python. */

import { readFileSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { InvalidInput } from "../../domain/errors.js";
import { checkUnicode } from "../../domain/json.js";

/** A resolved place, and why it was chosen. */
export interface Location {
  readonly kind: "sqlite" | "sqljs" | "memory";
  readonly path: string;
  readonly reason: string;
}

const PROJECT_DIRECTORY = ".reasoningbank";
const BANK_FILE = "bank.db";

type Environment = Readonly<Record<string, string | undefined>>;

/** Give the place that a target names, or the one this user and directory call for. */
export function resolveLocation(
  target: string | null, environment: Environment = process.env, directory = process.cwd(),
): Location {
  if (target !== null) return parsed(target, "given by the caller", "target");
  const given = environment["REASONINGBANK_URL"];
  if (given) return parsed(given, "given by REASONINGBANK_URL", "REASONINGBANK_URL");
  for (let at = directory; ; at = dirname(at)) {
    const marker = join(at, PROJECT_DIRECTORY);
    if (isDirectory(marker) && trustedProjects(environment).includes(realpathSync(marker))) {
      return { kind: "sqlite", path: join(realpathSync(marker), BANK_FILE), reason: `project bank of ${at}` };
    }
    if (dirname(at) === at) break;
  }
  const path = join(userDirectory(environment, "XDG_DATA_HOME", ".local/share", "LOCALAPPDATA"), BANK_FILE);
  return { kind: "sqlite", path, reason: "user data directory: nothing else was named" };
} // prettier-ignore

function parsed(target: string, reason: string, field: string): Location {
  checkUnicode(target, field);
  if (target === "memory:" || target === ":memory:") return { kind: "memory", path: "", reason: `memory, ${reason}` };
  let kind: "sqlite" | "sqljs" = "sqlite";
  let path = target;
  for (const scheme of ["sqlite", "sqljs"] as const) {
    if (!target.startsWith(`${scheme}:`)) continue;
    kind = scheme;
    const rest = target.slice(scheme.length + 1);
    path = rest.startsWith("//") ? decodeURIComponent(rest.slice(2)) : rest;
    if (path === "" || path === ":memory:") return { kind: "memory", path: "", reason: `memory, ${reason}` };
  }
  if (kind === "sqlite" && path === target && /^[a-z][a-z0-9+.-]+:\/\//i.test(target)) {
    throw new InvalidInput(`names the engine ${JSON.stringify(target.split(":")[0])}, which this release does not have`, {
      field,
      hint: "Give a file path, sqlite:PATH or memory:.",
    });
  }
  return { kind, path: withoutLinks(resolve(path.replace(/^~(?=\/|$)/, homedir()))), reason };
}

/** Give the path with links resolved as far as it exists: two names for one file would have two sets of locks. */
function withoutLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(withoutLinks(parent), basename(path));
  }
}

function userDirectory(environment: Environment, variable: string, fallback: string, windows: string): string {
  let base: string;
  const given = environment[variable];
  if (process.platform === "win32") base = environment[windows] ?? homedir();
  else if (process.platform === "darwin" && !given) base = join(homedir(), "Library", "Application Support");
  else base = given?.startsWith("/") ? given : join(homedir(), fallback);
  return join(base, "reasoningbank");
}

/** Give the project directories that `reasoningbank init` recorded for this user. */
function trustedProjects(environment: Environment): readonly string[] {
  const folder = userDirectory(environment, "XDG_CONFIG_HOME", ".config", "APPDATA");
  try {
    const content: unknown = JSON.parse(readFileSync(join(folder, "trusted-projects.json"), "utf8"));
    return Array.isArray(content) ? content.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return []; // no such file, or none that says anything: nothing is trusted
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
