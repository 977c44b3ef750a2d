/** A file with something in every table, in the hands of Python and of each of Node's libraries by turns. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ReasoningBankAdapter } from "../../src/bank/adapter.js";
import { openFile } from "../../src/storage/node/file.js";
import { tablePath } from "../support/embedder.js";
import { FILE_ENGINES } from "../support/file-engines.js";
import { newFolder } from "../support/folders.js";
import { makeOldBank } from "../support/old-banks.js";
import { hasPython, python, startPython } from "../support/python.js";
import { specJson } from "../support/spec.js";

const HEAD = `
import io, json, pathlib, sys, time
import apsw
from reasoningbank import PatternInput, ReasoningBank, Step, TrajectoryInput, Verdict
path = sys.argv[1]
def dump():
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    rows = {name: sorted(repr(row) for row in connection.execute(f"SELECT * FROM {name}")) for name in names}
    sound = [connection.execute("PRAGMA integrity_check").fetchall(), connection.execute("PRAGMA foreign_key_check").fetchall()]
    connection.close()
    return {"rows": rows, "sound": sound}
def errors(bank):
    return [f.check for f in bank.check() if f.level == "error"]
def exported(bank):
    out = io.StringIO()
    bank.export_jsonl(out)
    bank.export_trajectories_jsonl(out)
    return [line for line in out.getvalue().splitlines() if "exported_at" not in line]
`;
/** Patterns, outcomes, duplicates put away, experiences in every state, answers, recalls settled and not. */
const FILL = `${HEAD}
with ReasoningBank.open(path) as bank:
    for step in json.loads(sys.argv[2]):
        lines = io.StringIO("".join(json.dumps(line) + "\\n" for line in step["lines"]))
        getattr(bank, step["call"])(lines)
    for n in range(3):
        bank.store_pattern(task_description="Add login to the API", task_category="backend", strategy="Write the failing test first" + "." * n)
    bank.put(PatternInput(task_description="Kept under a key", task_category="b", strategy="s"), idempotency_key="once")
    bank.store_pattern(task_description="kept under a KEY", task_category="b", strategy="S", tags=["seen again"])
    bank.learn(TrajectoryInput(task_description="Make the tests pass", task_category="debugging", steps=(Step(action="pytest", observation="1 failed"),), verdict=Verdict(kind="success", score=1.0, source="test", evidence={"exit_code": 0})))
    settled = bank.recall("Add login to the API", min_similarity=0.0)
    bank.record_outcome(recall=settled.id, success=True, source="test")
    bank.recall("Make the tests pass", min_similarity=0.0)
    report = bank.consolidate()
print(json.dumps({"report": str(report.id), "proposals": len(report.proposals), **dump()}))
`;

interface Dump {
  rows: Record<string, string[]>;
  sound: unknown[];
}

const SOUND = [[["ok"]], []];
const restoring = (): string => {
  const { scenarios } = specJson<{ scenarios: { steps: { call: string; args: { lines?: unknown[] } }[] }[] }>("scenarios/learning-records.json");
  const steps = scenarios[0]!.steps.filter(({ args }) => args.lines !== undefined).slice(0, 2);
  return JSON.stringify(steps.map(({ call, args }) => ({ call, lines: args.lines })));
};

describe.skipIf(!hasPython).each(FILE_ENGINES)("Python and $name", ({ open }) => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = newFolder();
    path = join(folder, "bank.db");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const bankInNode = async (): Promise<ReasoningBankAdapter> =>
    new ReasoningBankAdapter(await openFile(path, "tested", open), { tableUrl: tablePath("hybrid") });

  test("what one does not know of goes through the other's hands unchanged", { timeout: 60_000 }, async () => {
    const before = python<Dump & { report: string; proposals: number }>(FILL, path, restoring());
    for (const name of Object.keys(before.rows)) {
      if (name !== "performance_metrics") expect([name, before.rows[name]!.length > 0]).toEqual([name, true]);
    }
    expect(before.proposals).toBeGreaterThan(0);

    const bank = await bankInNode();
    const id = await bank.storePattern({ task_description: "Stored by Node", task_category: "node", strategy: "Straße, 한국어" });
    await bank.updatePattern(id, { strategy: "And changed." });
    await bank.recordOutcome({ pattern: id, success: true, source: "test" });
    const findings = await bank.check();
    const own = [await bank.exportJsonl(), await bank.exportTrajectoriesJsonl()].flatMap((text) => text.trimEnd().split("\n").slice(1));
    await bank.erase(id);
    await bank.close();
    const after = python<Dump & { errors: string[]; exported: string[]; undone: number }>(
      `${HEAD}
told = dump()
with ReasoningBank.open(path) as bank:
    print(json.dumps({**told, "errors": errors(bank), "exported": exported(bank), "undone": bank.undo_consolidation(sys.argv[2])}))`,
      path,
      before.report,
    );

    expect(findings.filter(({ level }) => level === "error")).toEqual([]);
    expect(after.errors).toEqual([]);
    expect(after.sound).toEqual(SOUND);
    for (const [name, rows] of Object.entries(before.rows)) {
      if (name === "changes") expect(after.rows[name]).toEqual(expect.arrayContaining(rows));
      else expect([name, after.rows[name]]).toEqual([name, rows]);
    }
    const others = own.filter((line) => !line.includes(id)).map((line) => JSON.parse(line) as unknown);
    expect(others).toEqual(after.exported.map((line) => JSON.parse(line) as unknown));
    expect(after.undone).toBe(before.proposals);
  });

  test("Node edits while Python has the file open, and Python sees it at once", { timeout: 60_000 }, async () => {
    const signal = join(folder, "edited");
    const ready = join(folder, "ready");
    const ended = startPython(
      `${HEAD}
with ReasoningBank.open(path) as bank:
    pid = bank.store_pattern(task_description="Add login to the API", task_category="backend", strategy="Test first.")
    assert len(bank.find_similar("adding logins")) == 1
    pathlib.Path(sys.argv[2]).write_text(str(pid))
    deadline = time.monotonic() + 40
    while not pathlib.Path(sys.argv[3]).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert bank.get_pattern(pid).strategy == "Changed by Node."
    assert [p.task_description for p in bank.find_similar("an unheard-of flibbertigibbet", top_k=1)] == ["A flibbertigibbet"]
    bank.update_pattern(pid, strategy="Changed by Python.")
    assert errors(bank) == []
`,
      path,
      ready,
      signal,
    );
    while (!existsSync(ready) || readFileSync(ready, "utf8").length < 36) await new Promise((next) => setTimeout(next, 20));
    const id = readFileSync(ready, "utf8");
    const bank = await bankInNode();
    await bank.updatePattern(id, { strategy: "Changed by Node." });
    await bank.storePattern({ task_description: "A flibbertigibbet", task_category: "c", strategy: "s" });
    writeFileSync(signal, "");

    expect(await ended).toBe(0);
    expect((await bank.getPattern(id))?.strategy).toBe("Changed by Python.");
    expect((await bank.check()).filter(({ level }) => level === "error")).toEqual([]);
    await bank.close();
    expect(python<Dump>(`${HEAD}\nprint(json.dumps(dump()))`, path).sound).toEqual(SOUND);
  });

  test("a file of the first schema that Node brought up to date is as if Python had", async () => {
    const schema = (file: string): unknown =>
      python<unknown>(
        `import json, sys, apsw\nrows = apsw.Connection(sys.argv[1]).execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()\nprint(json.dumps(rows))`,
        file,
      );
    makeOldBank(path, 1);
    const twin = join(folder, "twin.db");
    makeOldBank(twin, 1);
    await (await bankInNode()).close();
    python<unknown>(`${HEAD}\nReasoningBank.open(path).close()\nprint("1")`, twin);
    const [node, byPython] = [schema(path), schema(twin)] as [[string, string | null][], [string, string | null][]];
    const plain = (rows: [string, string | null][]): unknown[] => rows.map(([name, sql]) => [name, sql?.replace(/\s+/g, " ")]);

    expect(plain(node)).toEqual(plain(byPython));
  });
});
