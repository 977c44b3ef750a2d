/** Looking a bank over: content against checksums, counters against rows. */

import { vectorChecksum } from "../domain/checksum.js";
import type { Finding } from "../domain/pattern.js";
import { isSound } from "./rows.js";
import type { Tables } from "./tables.js";

const PAGE = 500;
const IDS_SHOWN = 1_000;

/** Give what was found in a namespace, healthy things too; `full` also recomputes every checksum. */
export async function check(tables: Tables, namespace: string, full: boolean): Promise<Finding[]> {
  const model = await tables.currentModel(namespace);
  const damaged: string[] = [];
  const unsound: string[] = [];
  const lacking: string[] = [];
  const counts = new Map<string, { patterns: number; quarantined: number }>();
  for (let last = ""; ; ) {
    const rows = await tables.rowsAfter(namespace, last, PAGE);
    for (const row of rows) {
      if (full && !isSound(row)) damaged.push(row.id);
      const kept = model === null ? undefined : await tables.vector(namespace, row.id, model);
      if (kept === undefined) lacking.push(row.id);
      else if (full && vectorChecksum(kept.vector) !== kept.checksum) unsound.push(row.id);
      const before = counts.get(row.task_category) ?? { patterns: 0, quarantined: 0 };
      counts.set(row.task_category, {
        patterns: before.patterns + 1,
        quarantined: before.quarantined + (row.state === "quarantined" ? 1 : 0),
      });
    }
    if (rows.length < PAGE) break;
    last = rows[rows.length - 1]!.id;
  }
  const findings = [
    finding("vectors", lacking, "every pattern has its vector", "patterns lack their vector", "Call reembed."),
    await counters(tables, namespace, counts),
  ];
  if (!full) return findings;
  return [
    ...findings,
    finding(
      "patterns", damaged, "the patterns match their checksums", "patterns fail their checksums",
      "Restore these patterns from an export, or erase them.",
    ),
    finding(
      "vector contents", unsound, "the vectors match their checksums", "vectors fail their checksums", "Call reembed.",
    ),
  ]; // prettier-ignore
}

function finding(name: string, ids: readonly string[], healthy: string, wrong: string, hint: string): Finding {
  if (ids.length === 0) return { check: name, level: "ok", message: healthy, hint: null, ids: [] };
  const message = `${String(ids.length)} ${wrong}`;
  return { check: name, level: "error", message, hint, ids: ids.slice(0, IDS_SHOWN) };
}

async function counters(
  tables: Tables, namespace: string, found: ReadonlyMap<string, { patterns: number; quarantined: number }>,
): Promise<Finding> {
  const kept = new Map((await tables.counts(namespace)).map((one) => [one.task_category, one]));
  const names = new Set([...kept.keys(), ...found.keys()]);
  const wrong = [...names].filter((name) => {
    const [one, other] = [kept.get(name), found.get(name)];
    return one?.patterns !== other?.patterns || one?.quarantined !== other?.quarantined;
  });
  if (wrong.length === 0) {
    return { check: "counters", level: "ok", message: "the counts agree with the rows", hint: null, ids: [] };
  }
  return {
    check: "counters",
    level: "error",
    message: `the counts of ${wrong.slice(0, 5).join(", ")} do not agree with the rows`,
    hint: "Export the bank and restore it into a new one.",
    ids: [],
  };
} // prettier-ignore
