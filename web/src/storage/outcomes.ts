/** Outcomes of using a pattern: kept one by one, and moving its counters. */

import { NotFound } from "../domain/errors.js";
import {
  higherTrust,
  reliabilityOf,
  SOURCES,
  sumsOf,
  type Outcome,
  type RecordedOutcome,
  type Reliability,
} from "../domain/outcome.js";
import type { Pattern } from "../domain/pattern.js";
import type { RecallEvent } from "../domain/recall.js";
import { outcomeOf, outcomeRow, patternOf } from "./rows.js";
import { existingPattern, writeCounters } from "./storing.js";
import type { Tables } from "./tables.js";

/** Keep an outcome; move the counters, the time of last use and the trust it speaks for. */
export async function record(tables: Tables, namespace: string, outcome: Outcome): Promise<RecordedOutcome> {
  const existing = await existingPattern(tables, namespace, outcome.pattern_id);
  await tables.insertOutcome(outcomeRow(namespace, outcome));
  const { actor, at } = outcome;
  const after = await writeCounters(tables, existing, counted(existing.pattern, outcome), { actor, at });
  return standing(tables, after, outcome);
}

/** Give the pattern after one more use. Only a success can raise its trust. */
function counted(pattern: Pattern, outcome: Outcome): Pattern {
  const succeeded = outcome.kind === "success";
  return {
    ...pattern,
    uses: pattern.uses + 1,
    successes: pattern.successes + (succeeded ? 1 : 0),
    failures: pattern.failures + (outcome.kind === "failure" ? 1 : 0),
    last_used_at: outcome.at,
    trust: succeeded ? higherTrust(pattern.trust, SOURCES[outcome.source].trust) : pattern.trust,
  };
}

async function standing(tables: Tables, pattern: Pattern, outcome: Outcome): Promise<RecordedOutcome> {
  const { uses, successes, failures, trust, namespace, id } = pattern;
  return { outcome, uses, successes, failures, trust, reliability: await reliability(tables, namespace, id) };
}

/** Weigh a pattern's outcomes. */
export async function reliability(tables: Tables, namespace: string, id: string): Promise<Reliability> {
  return reliabilityOf(sumsOf((await tables.outcomes(namespace, id)).map(outcomeOf)));
}

/** Give a recall event and when its outcome was told; throws `NotFound`. */
export async function recallEvent(
  tables: Tables, namespace: string, id: string,
): Promise<{ event: RecallEvent; settled_at: string | null }> {
  const found = await tables.recall(namespace, id);
  if (found === undefined) {
    throw new NotFound(`no recall has the id ${id}`, { hint: "Check the id and the namespace." });
  }
  return found;
} // prettier-ignore

/** Count the outcome of a recall; told before, give what was counted then. Patterns that are gone are passed over. */
export async function settleRecall(
  tables: Tables, namespace: string, recallId: string, told: readonly Outcome[], at: string,
): Promise<RecordedOutcome[]> {
  const { settled_at } = await recallEvent(tables, namespace, recallId);
  const recorded: RecordedOutcome[] = [];
  if (settled_at === null) {
    await tables.settleRecall(namespace, recallId, at);
    for (const outcome of told) {
      if ((await tables.row(namespace, outcome.pattern_id)) === undefined) continue;
      recorded.push(await record(tables, namespace, outcome));
    }
    return recorded;
  }
  for (const row of await tables.outcomesOfRecall(namespace, recallId)) {
    const pattern = await tables.row(namespace, row.pattern_id);
    if (pattern !== undefined) recorded.push(await standing(tables, patternOf(pattern), outcomeOf(row)));
  }
  return recorded;
} // prettier-ignore
