/** Python and Node on one file, in turns and at once; and files that go between them. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ReasoningBankAdapter } from "../../src/bank/adapter.js";
import { MemoryStorage } from "../../src/storage/memory/storage.js";
import { tablePath } from "../support/embedder.js";
import { newFolder } from "../support/folders.js";
import { hasPython, python, startPython } from "../support/python.js";

const OPTIONS = { tableUrl: tablePath("hybrid") };
const HEAD = `
import json, sys
from reasoningbank import ReasoningBank
def plain(value):
    import msgspec
    return json.loads(msgspec.json.encode(value))
def tell(value):
    print(json.dumps(plain(value)))
`;
const WRITE = `${HEAD}
with ReasoningBank.open(sys.argv[1]) as bank:
    first = bank.store_pattern(task_description="Add login to the API", task_category="backend", strategy="Write the failing test first.", success_score=0.95, duration_seconds=120, tags=["a", "\\U0001F600", "\\uffff".replace("\\uffff", "z")], metadata={"n": 1, "x": 1.5, "é": [None, True], "floats": [1.0, -0.0, 1e16, 1e22, 5e-324, 2.0**53, 0.1]})
    second = bank.store_pattern(task_description="Überprüfe die 図書館 search", task_category="backend", strategy="Öffne den Index.\\nDann suche.")
    bank.store_pattern(task_description="add LOGIN to the api", task_category="backend", strategy="Write the failing test first.", source="test")
    bank.record_outcome(pattern=first, success=True, source="test", evidence={"exit_code": 0})
    tell([str(first), str(second)])
`;
const EXPERIENCE = `
from reasoningbank import Step, TrajectoryInput, Verdict
EXPERIENCE = TrajectoryInput(task_description="Make the tests pass", task_category="debugging", steps=(Step(action='pytest "duration_seconds":2,', observation="1 failed", duration_seconds=2.0), Step(action="edit", started_at="2026-11-21T01:02:03.004Z", duration_seconds=0.5)), verdict=Verdict(kind="success", score=1.0, source="test", evidence={"exit_code": 0}), metadata={"a": "b", "ratio": 1.0, "tiny": 1e-7, "large": 1e16, "deep": [1, -0.0, {"x": 3.0}]})
`;
const READ = `${HEAD}
import io
with ReasoningBank.open(sys.argv[1]) as bank:
    out = io.StringIO()
    bank.export_jsonl(out)
    findings = [f for f in bank.check() if f.level == "error"]
    found = bank.find_similar("adding logins to our APIs")
    tell({"export": out.getvalue(), "findings": findings, "found": [[str(p.id), p.similarity] for p in found]})
`;

interface Told {
  export: string;
  findings: unknown[];
  found: [string, number][];
}

/** Give the records of an export, without when it was made. */
function recordsOf(text: string): unknown[] {
  return text.trimEnd().split("\n").slice(1).map((line) => JSON.parse(line) as unknown);
}

describe.skipIf(!hasPython)("with Python", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = newFolder();
    path = join(folder, "bank.db");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test("Python writes a file, Node edits it, Python reads it: equal, and the file checks out", async () => {
    const [first, second] = python<[string, string]>(WRITE, path);
    const bank = new ReasoningBankAdapter(path, OPTIONS);
    expect(recordsOf(await bank.exportJsonl())).toEqual(recordsOf(python<Told>(READ, path).export));

    await bank.updatePattern(first, { strategy: "Write it from Node.", tags: ["from node", "😀"], metadata: { big: 2 ** 53 - 1, small: 1e-7 } });
    await bank.recordOutcome({ pattern: second, score: 0.25, source: "agent" });
    const third = await bank.storePattern({ task_description: "Stored by Node", task_category: "backend", strategy: "Straße, naïve, 한국어" });
    await bank.storePattern({ task_description: "stored by NODE", task_category: "backend", strategy: "straße, naive, 한국어", success_score: 1 / 3 });
    await bank.deletePattern(await bank.storePattern({ task_description: "Gone", task_category: "other", strategy: "Soon." }));
    // While Python has the file open, and after.
    const told = python<Told>(READ, path);
    const here = await bank.findSimilar("adding logins to our APIs");
    const own = recordsOf(await bank.exportJsonl());
    const findings = await bank.check();
    await bank.close();

    expect(told.findings).toEqual([]);
    expect(findings.filter(({ level }) => level === "error")).toEqual([]);
    expect(recordsOf(told.export)).toEqual(own);
    expect(told.found).toEqual(here.map(({ id, similarity }) => [id, similarity]));
    expect(own).toHaveLength(3);
    expect(JSON.stringify(own)).toContain(third);
  });

  test("Node makes a file that Python takes for its own", async () => {
    const bank = new ReasoningBankAdapter(path, OPTIONS);
    await bank.storePattern({ task_description: "Made by Node", task_category: "c", strategy: "s", expires_at: "2099-01-01T00:00:00Z" });
    const recall = await bank.recall("Made by Node");
    await bank.recordOutcome({ recall: recall.id, success: true, source: "test" });
    await bank.close();
    const told = python<Told>(READ, path);

    expect(told.findings).toEqual([]);
    expect(recordsOf(told.export)).toMatchObject([{ pattern: { task_description: "Made by Node", uses: 1 } }]);
  });

  test("a write of either is found by the other's next search", async () => {
    python(WRITE, path);
    const bank = new ReasoningBankAdapter(path, OPTIONS);
    await bank.findSimilar("anything");
    const [id] = python<[string]>(
      `${HEAD}
with ReasoningBank.open(sys.argv[1]) as bank:
    tell([str(bank.store_pattern(task_description="a flibbertigibbet of Python", task_category="c", strategy="s"))])`,
      path,
    );
    const [found] = await bank.findSimilar("flibbertigibbet", null, 1);
    await bank.close();

    expect(found?.id).toBe(id);
  });

  test("an export of either is restored by the other without loss", async () => {
    python(WRITE, path);
    const text = python<Told>(READ, path).export;
    const bank = new ReasoningBankAdapter(new MemoryStorage("tested"), OPTIONS);
    const report = await bank.restoreJsonl(text);
    const back = await bank.exportJsonl();
    writeFileSync(join(folder, "export.jsonl"), back);
    const again = python<{ report: unknown; told: string }>(
      `${HEAD}
import io
with ReasoningBank.open(sys.argv[1]) as bank:
    with open(sys.argv[2], encoding="utf-8") as file:
        report = bank.restore_jsonl(file)
    out = io.StringIO()
    bank.export_jsonl(out)
    tell({"report": report, "told": out.getvalue()})`,
      join(folder, "copy.db"),
      join(folder, "export.jsonl"),
    );

    expect(report).toMatchObject({ read: 2, created: 2 });
    expect(recordsOf(back)).toEqual(recordsOf(text));
    expect(again.report).toMatchObject({ read: 2, created: 2 });
    expect(recordsOf(again.told)).toEqual(recordsOf(text));
  });

  test("experiences of Python go through Node unchanged", async () => {
    const text = python<string>(
      `${HEAD}
import io
${EXPERIENCE}
with ReasoningBank.open(sys.argv[1]) as bank:
    bank.learn(EXPERIENCE)
    out = io.StringIO()
    bank.export_trajectories_jsonl(out)
    tell(out.getvalue())`,
      path,
    );
    const copy = join(folder, "copy.db");
    const bank = new ReasoningBankAdapter(copy, OPTIONS);
    const report = await bank.restoreTrajectoriesJsonl(text);
    const again = await bank.restoreTrajectoriesJsonl(text);
    const own = recordsOf(await bank.exportTrajectoriesJsonl());
    await bank.close();
    const told = python<{ text: string; report: unknown; findings: unknown[] }>(
      `${HEAD}
import io
${EXPERIENCE}
with ReasoningBank.open(sys.argv[1]) as bank:
    bank.learn(EXPERIENCE)  # the same one again
    out = io.StringIO()
    bank.export_trajectories_jsonl(out)
    report = bank.restore_trajectories_jsonl(io.StringIO(json.loads(sys.argv[2])))
    tell({"text": out.getvalue(), "report": report, "findings": [f for f in bank.check() if f.level == "error"]})`,
      copy,
      JSON.stringify(text),
    );

    expect(report).toMatchObject({ read: 1, created: 1 });
    expect(again).toMatchObject({ read: 1, unchanged: 1 });
    expect(own).toEqual(recordsOf(text));
    expect(recordsOf(told.text)).toEqual(recordsOf(text));
    expect(told).toMatchObject({ report: { unchanged: 1 }, findings: [] });
  });

  test("both find and recall the same, to the last bit and word", async () => {
    const tasks = ["speed up the monthly report", "add a login form", "getUserName fails for Ünicode", "検索が遅い", "deploy"];
    const told = python<{ found: [string, number][]; prompt: string; left_out: string[]; patterns: [string, boolean][] }[]>(
      `${HEAD}
verbs = "add fix speed-up remove test document refactor deploy".split()
things = "login report query index parser worker queue cookie session form".split()
with ReasoningBank.open(sys.argv[1]) as bank:
    for n in range(120):
        pid = bank.store_pattern(task_description=f"{verbs[n % 8]} the {things[n % 10]} of part {n}", task_category=f"c{n % 3}", strategy=f"Way {n % 17}: <b>\u200b & \`\`\`code\`\`\` " + "word " * (n % 40), title=f"t{n}" if n % 5 == 0 else None, success_score=(n % 9) / 8)
        for m in range(n % 4):
            bank.record_outcome(pattern=pid, success=(n + m) % 3 > 0, source=["test", "agent", "caller"][m % 3])
    answers = []
    for task in json.loads(sys.argv[2]):
        recall = bank.recall(task, experiences=3, k=5, min_similarity=0.05, token_budget=400)
        answers.append({"found": [[str(p.id), p.similarity] for p in bank.find_similar(task, top_k=20)], "prompt": recall.prompt, "left_out": [f"{item.pattern_id} {item.reason}" for item in recall.left_out], "patterns": [[str(item.pattern.id), item.pitfall] for item in recall.patterns]})
    tell(answers)`,
      path,
      JSON.stringify(tasks),
    );
    const bank = new ReasoningBankAdapter(path, OPTIONS);
    for (const [at, task] of tasks.entries()) {
      const found = await bank.findSimilar(task, null, 20);
      const recall = await bank.recall(task, null, { experiences: 3, k: 5, min_similarity: 0.05, token_budget: 400 });

      expect(found.map(({ id, similarity }) => [id, similarity])).toEqual(told[at]!.found);
      expect(recall.prompt).toBe(told[at]!.prompt);
      expect(recall.patterns.map(({ pattern, pitfall }) => [pattern.id, pitfall])).toEqual(told[at]!.patterns);
      expect(recall.left_out.map(({ pattern_id, reason }) => `${pattern_id} ${reason}`)).toEqual(told[at]!.left_out);
    }
    await bank.close();
  });

  test("both write at once and neither loses a row", { timeout: 60_000 }, async () => {
    python(WRITE, path);
    const bank = new ReasoningBankAdapter(path, OPTIONS);
    const ended = startPython(
      `${HEAD}
with ReasoningBank.open(sys.argv[1]) as bank:
    for n in range(50):
        bank.store_pattern(task_description=f"Python writes {n}", task_category="p", strategy="s")`,
      path,
    );
    for (let n = 0; n < 50; n++) {
      await bank.storePattern({ task_description: `Node writes ${String(n)}`, task_category: "n", strategy: "s" });
    }
    expect(await ended).toBe(0);
    const { total_patterns } = await bank.getStats();
    await bank.close();

    expect(total_patterns).toBe(102);
    expect(python<Told>(READ, path).findings).toEqual([]);
  });
});
