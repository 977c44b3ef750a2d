/** What every library that opens SQLite files must do alike: older and newer files, erased bytes, other writers. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ReasoningBankAdapter } from "../../src/bank/adapter.js";
import { openStorage } from "../../src/platform/node.js";
import { openFile } from "../../src/storage/node/file.js";
import { isSafeSqlite } from "../../src/storage/node/libraries.js";
import { SCHEMA, SCHEMA_VERSION } from "../../src/storage/sql/schema-text.js";
import type { Storage } from "../../src/storage/tables.js";
import { letters } from "../scenarios/runner.js";
import { FILE_ENGINES } from "../support/file-engines.js";
import { newFolder } from "../support/folders.js";
import { OLD_ID } from "../support/first-layout.js";
import { makeOldBank, stepsTo } from "../support/old-banks.js";

const INPUT = { task_description: "Add login", task_category: "backend", strategy: "Test first." };
const SQLJS = { sqljsUrl: new URL("../../node_modules/sql.js/dist/sql-wasm.wasm", import.meta.url) };
const ENGINES: readonly (readonly [name: string, open: (path: string) => Promise<Storage>])[] = [
  ...FILE_ENGINES.map(({ name, open }) => [name, (path: string) => openFile(path, "tested", open, { busyTimeout: 2_000 })] as const),
  ["sql.js", (path) => openStorage(`sqljs:${path}`, SQLJS)],
];
let folder: string;
let path: string;
beforeEach(() => {
  folder = newFolder();
  path = join(folder, "bank.db");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function versionOf(file: string): number {
  return readFileSync(file).readUInt32BE(60);
}

test("the steps from an empty file lead to the schema of a new bank", () => {
  const statements = (sql: string): unknown[] => {
    const database = new DatabaseSync(":memory:");
    database.exec(sql);
    const rows = database.prepare("SELECT type, name, tbl_name FROM sqlite_schema ORDER BY name").all();
    const columns = database.prepare("SELECT m.name, c.* FROM sqlite_schema m, pragma_table_info(m.name) c ORDER BY m.name, c.cid").all();
    database.close();
    return [rows, columns];
  };

  expect(statements(stepsTo(SCHEMA_VERSION))).toEqual(statements(SCHEMA));
});

describe.each(ENGINES)("%s", (name, open) => {
  const bankAt = async (file = path): Promise<ReasoningBankAdapter> => new ReasoningBankAdapter(await open(file), { embedder: letters });
  /** sql.js writes only what it made. */
  const own = (): void => {
    if (name === "sql.js") writeFileSync(`${path}.sqljs`, "");
  };

  test("says which library and which SQLite it is, a safe one", async () => {
    const bank = await bankAt();
    const { engine } = await bank.getStats();
    await bank.close();

    expect(engine).toContain(`(${name})`);
    expect(isSafeSqlite(/\d+\.\d+\.\d+/.exec(engine)![0])).toBe(true);
  });

  test("a bank of the first schema is brought up to date, and nothing is lost", async () => {
    makeOldBank(path, 1);
    own();
    const before = readFileSync(path);
    const bank = await bankAt();
    const found = await bank.findSimilar("Add login");
    await bank.recordOutcome({ pattern: OLD_ID, success: true, source: "test" });
    const outcomes = await bank.outcomes(OLD_ID);
    const findings = await bank.check();
    await bank.close();

    expect(found).toMatchObject([{ id: OLD_ID, strategy: "Test first.", uses: 1 }]);
    expect(outcomes.map(({ weight, recall_id }) => [weight, recall_id])).toEqual([[1, null], [1, null]]);
    expect(findings.filter(({ level }) => level === "error")).toEqual([]);
    expect(versionOf(path)).toBe(SCHEMA_VERSION);
    const backup = `${path}.backup-schema-1`;
    expect(versionOf(backup)).toBe(1);
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    if (name === "sql.js") expect(readFileSync(backup).equals(before)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["bank.db", "bank.db.backup-schema-1", ...(name === "sql.js" ? ["bank.db.sqljs"] : [])]);
  }); // prettier-ignore

  test("a backup that is there is never written over", async () => {
    makeOldBank(path, 1);
    own();
    writeFileSync(`${path}.backup-schema-1`, "somebody's");
    await (await bankAt()).close();

    expect(readFileSync(`${path}.backup-schema-1`, "utf8")).toBe("somebody's");
    expect(versionOf(`${path}.backup-schema-1-2`)).toBe(1);
  });

  test("several that open an old bank at once bring it up to date once", async ({ skip }) => {
    skip(name === "sql.js", "one process at a time has an image");
    makeOldBank(path, 1);
    const banks = await Promise.all([bankAt(), bankAt(), bankAt()]);
    await Promise.all(banks.map((bank, n) => bank.storePattern({ ...INPUT, strategy: `Way ${String(n)}.` })));

    expect((await banks[0].getStats()).total_patterns).toBe(4);
    await Promise.all(banks.map((bank) => bank.close()));
    expect(versionOf(path)).toBe(SCHEMA_VERSION);
  });

  test("a step that fails leaves the old schema and every row", async () => {
    makeOldBank(path, 1, "CREATE TABLE consolidations (in_the_way TEXT)");
    own();

    await expect(bankAt()).rejects.toMatchObject({ code: "unavailable" });
    expect(versionOf(path)).toBe(1);
    const file = new DatabaseSync(path);
    expect(file.prepare("SELECT id FROM patterns").all()).toEqual([{ id: OLD_ID }]);
    expect(file.prepare("SELECT name FROM sqlite_schema WHERE name = 'trajectories'").all()).toEqual([]);
    file.close();
  });

  test("erased text and vectors are gone from every file, and so many bytes were searched", async () => {
    const bank = await bankAt();
    const secret = "An unmistakable sentence about flibbertigibbets, said once.";
    await bank.storePattern({ ...INPUT, strategy: "One that stays." });
    const id = await bank.storePattern({ ...INPUT, strategy: secret, metadata: { again: secret } });
    await bank.updatePattern(id, { strategy: "Another one." });
    await bank.recordOutcome({ pattern: id, success: false, source: "human", evidence: { said: secret } });
    const before = readdirSync(folder).some((file) => readFileSync(join(folder, file)).includes(secret));
    const erasure = await bank.erase(id);

    expect(before).toBe(true);
    expect(erasure.unproved).toEqual(name === "sql.js" ? expect.stringContaining("image before") : null);
    expect(erasure).toMatchObject({ rows: { patterns: 1, outcomes: 1 } });
    expect(erasure.bytes_checked).toBe(statSync(path).size);
    for (const file of readdirSync(folder)) expect(readFileSync(join(folder, file)).includes(secret)).toBe(false);
    await bank.close();
  });

  test("what a recall was asked for stays when a pattern of the same words is erased", async () => {
    const bank = await bankAt();
    const task = "Add login with sessions and cookies to the public API";
    const id = await bank.storePattern({ ...INPUT, task_description: task });
    const recall = await bank.recall(task, null, { min_similarity: -1 });
    await bank.storePattern({ ...INPUT, strategy: "Written after the recall." });
    await bank.close();
    const again = await bankAt();

    expect((await again.erase(id)).bytes_checked).toBeGreaterThan(0);
    expect(await again.recordOutcome({ recall: recall.id, success: true, source: "test" })).toEqual([]);
    await again.close();
  });
});
