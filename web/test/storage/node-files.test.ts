/** What Node does with files that are no banks, are held by others, or were made by sql.js. */
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ReasoningBankAdapter } from "../../src/bank/adapter.js";
import { ReasoningBankError } from "../../src/domain/errors.js";
import { isSafeSqlite, sharedFileLibrary, type FileOpener } from "../../src/storage/node/libraries.js";
import { resolveLocation } from "../../src/storage/node/location.js";
import { tablePath } from "../support/embedder.js";
import { newFolder } from "../support/folders.js";

const OPTIONS = {
  tableUrl: tablePath("hybrid"),
  sqljsUrl: new URL("../../node_modules/sql.js/dist/sql-wasm.wasm", import.meta.url),
};
const INPUT = { task_description: "Add login", task_category: "backend", strategy: "Test first." };
let folder: string;
let path: string;
beforeEach(() => {
  folder = newFolder();
  path = join(folder, "bank.db");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return "no error";
  } catch (error) {
    return error instanceof ReasoningBankError ? error.code : String(error);
  }
}

const open = (target: string): Promise<unknown> => {
  const bank = new ReasoningBankAdapter(target, OPTIONS);
  return bank.getStats().finally(() => bank.close());
};

test.each([
  ["an empty file", "", "storage_corrupt"],
  ["a text", "hello ".repeat(100), "storage_corrupt"],
])("%s is refused and left as it is", async (_, content, code) => {
  writeFileSync(path, content);

  expect(await codeOf(() => open(path))).toBe(code);
  expect(readFileSync(path, "utf8")).toBe(content);
});

test("a database of another program is named, refused and left as it is", async () => {
  const other = new DatabaseSync(path);
  other.exec("CREATE TABLE patterns (id TEXT, type TEXT, pattern_data TEXT, confidence REAL)");
  other.close();
  const before = readFileSync(path);
  const bank = new ReasoningBankAdapter(path, OPTIONS);

  await expect(bank.storePattern(INPUT)).rejects.toMatchObject({ code: "foreign_database", schema: "agentic-flow", path });
  const image = new ReasoningBankAdapter(`sqljs:${path}`, OPTIONS);
  await expect(image.getStats()).rejects.toMatchObject({ code: "foreign_database", schema: "agentic-flow" });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("the command that takes another program's database over is one to copy, whatever the path holds", async () => {
  const awkward = join(folder, "Ann's bank $HOME.db");
  const other = new DatabaseSync(awkward);
  other.exec("CREATE TABLE patterns (id TEXT, type TEXT, pattern_data TEXT, confidence REAL)");
  other.close();
  const told = await new ReasoningBankAdapter(awkward, OPTIONS).getStats().catch((error: unknown) => error);

  const command = /`(.*)`/.exec((told as ReasoningBankError).hint ?? "")?.[1] ?? "";
  const words = execFileSync("sh", ["-c", `printf '%s\\n' ${command}`], { encoding: "utf8" }).trimEnd().split("\n");
  expect(words).toEqual(["reasoningbank", "migrate", awkward]);
});

test.each([
  ["", 99, "schema_too_new"],
  ["sqljs:", 99, "schema_too_new"],
  ["", 0, "storage_corrupt"],
])("a bank opened by %j of schema %i is refused as %s, and left as it is", async (scheme, version, code) => {
  await open(path);
  const file = new DatabaseSync(path);
  file.exec(`PRAGMA user_version=${String(version)}; PRAGMA wal_checkpoint(TRUNCATE)`);
  file.close();
  const before = readFileSync(path);

  expect(await codeOf(() => open(scheme + path))).toBe(code);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("a file that is cut off is refused", async () => {
  await open(path);
  writeFileSync(path, readFileSync(path).subarray(0, 10_000));

  expect(await codeOf(() => open(path))).toBe("storage_corrupt");
});

test("only its owner can read a new bank, and nothing is left over beside it", async () => {
  await open(path);

  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["bank.db"]);
});

test("waiting for another writer ends with Busy, and nothing is stored", async () => {
  const bank = new ReasoningBankAdapter(path, { ...OPTIONS, busyTimeout: 100 });
  await bank.storePattern(INPUT);
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");

  expect(await codeOf(() => bank.storePattern({ ...INPUT, strategy: "Later." }))).toBe("busy");
  other.exec("ROLLBACK");
  other.close();
  expect((await bank.getStats()).total_patterns).toBe(1);
  await bank.close();
});

test.skipIf(process.getuid?.() === 0)("a file that cannot be written is read, and refuses writes", async () => {
  await open(path);
  chmodSync(path, 0o400);
  const bank = new ReasoningBankAdapter(path, OPTIONS);

  expect((await bank.getStats()).read_only).toBe(true);
  expect(await codeOf(() => bank.storePattern(INPUT))).toBe("unavailable");
});

test("sql.js keeps a file of its own for one process at a time", async () => {
  const bank = new ReasoningBankAdapter(`sqljs:${path}`, OPTIONS);
  const id = await bank.storePattern(INPUT);

  expect(await codeOf(() => open(`sqljs:${path}`))).toBe("busy");
  await bank.close();
  const again = new ReasoningBankAdapter(`sqljs:${path}`, OPTIONS);
  expect(await again.getPattern(id)).toMatchObject({ strategy: "Test first." });
  await again.close();
  expect(existsSync(`${path}.lock`)).toBe(false);
});

test("sql.js takes over the lock of a process that has ended, and leaves nothing of it", async () => {
  writeFileSync(`${path}.lock`, "999999999");

  expect(await codeOf(() => open(`sqljs:${path}`))).toBe("no error");
  expect(readdirSync(folder).sort()).toEqual(["bank.db", "bank.db.sqljs"]);
});

test("a bank that cannot be opened by sql.js is not held afterwards", async () => {
  await open(`sqljs:${path}`);
  const whole = readFileSync(path);
  writeFileSync(path, "hello ".repeat(100));

  expect(await codeOf(() => open(`sqljs:${path}`))).toBe("storage_corrupt");
  writeFileSync(path, whole);
  expect(await codeOf(() => open(`sqljs:${path}`))).toBe("no error");
});

test("sql.js only reads a bank that it did not make, and refuses one with a log beside it", async () => {
  const bank = new ReasoningBankAdapter(path, OPTIONS);
  const id = await bank.storePattern(INPUT);

  expect(existsSync(`${path}-wal`)).toBe(true);
  expect(await codeOf(() => open(`sqljs:${path}`))).toBe("unavailable");
  await bank.close();
  const copy = new ReasoningBankAdapter(`sqljs:${path}`, OPTIONS);
  expect(await copy.getPattern(id)).toMatchObject({ strategy: "Test first." });
  expect(await codeOf(() => copy.storePattern({ ...INPUT, strategy: "Other." }))).toBe("unavailable");
  await copy.close();
});

test("several stores at once share a saving of sql.js and are all kept", async () => {
  const bank = new ReasoningBankAdapter(`sqljs:${path}`, OPTIONS);
  await Promise.all(Array.from({ length: 30 }, (_, n) => bank.storePattern({ ...INPUT, strategy: `Way ${String(n)}.` })));
  await bank.close();
  const again = new ReasoningBankAdapter(`sqljs:${path}`, OPTIONS);

  expect((await again.getStats()).total_patterns).toBe(30);
  await again.close();
});

test.each([["3.51.2", true], ["3.51.3", false]])("a library with SQLite %s is passed over: %s", async (version, passedOver) => {
  const opener = (): Promise<FileOpener> =>
    Promise.resolve(() => ({
      engine: "tested",
      all: () => [{ version }],
      run: () => 0,
      exec: () => undefined,
      serialize: () => new Uint8Array(),
      close: () => undefined,
    }));
  const chosen = await sharedFileLibrary({ tested: opener });

  expect("missing" in chosen).toBe(passedOver);
  expect("missing" in chosen ? chosen.missing : "").toBe(passedOver ? "tested has SQLite 3.51.2, and 3.51.3 is needed" : "");
}); // prettier-ignore

test.each([
  ["3.51.3", true],
  ["3.53.4", true],
  ["3.51.2", false],
  ["3.50.9", false],
  ["4.0.0", true],
])("SQLite %s may share files: %s", (version, safe) => {
  expect(isSafeSqlite(version)).toBe(safe);
});

test("the place is that of Python: argument, variable, user directory", () => {
  const environment = { XDG_DATA_HOME: folder };

  expect(resolveLocation("sqlite:///a/b.db", environment, folder).path).toBe("/a/b.db");
  expect(resolveLocation("memory:", environment, folder).kind).toBe("memory");
  expect(resolveLocation(null, { ...environment, REASONINGBANK_URL: path }, folder).path).toBe(path);
  expect(resolveLocation(null, environment, folder).path).toBe(join(folder, "reasoningbank", "bank.db"));
  expect(() => resolveLocation("postgresql://x/y", environment, folder)).toThrow("engine");
});

test("a text that was changed behind the bank is not exported as if it were sound", async () => {
  const bank = new ReasoningBankAdapter(path, OPTIONS);
  const id = await bank.storePattern(INPUT);
  await bank.exportJsonl();
  const other = new DatabaseSync(path);
  other.exec("UPDATE patterns SET strategy = 'Test last.'");
  other.close();

  await expect(bank.exportJsonl()).rejects.toMatchObject({ code: "storage_corrupt", damaged_ids: [id] });
  await bank.close();
});
