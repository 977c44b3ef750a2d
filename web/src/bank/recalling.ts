/** Recall before a task, and telling afterwards what came of it. */

import { InvalidInput } from "../domain/errors.js";
import { idText } from "../domain/identifiers.js";
import { checkedJsonObject, type JsonObject } from "../domain/json.js";
import { LIMITS } from "../domain/limits.js";
import type { Outcome, OutcomeSource, RecordedOutcome } from "../domain/outcome.js";
import type { Redaction } from "../domain/pattern.js";
import type { Recall, RecallEvent } from "../domain/recall.js";
import { redactedObject, redactedText } from "../domain/redaction.js";
import { formatTimestamp } from "../domain/timestamps.js";
import {
  checkedCount,
  checkedLine,
  checkedNumber,
  checkedOutcome,
  checkedQuery,
  checkedSource,
  checkOptions,
} from "../domain/validation.js";
import { thresholdFor } from "../retrieval/abstention.js";
import { choose, NEIGHBOURS } from "../retrieval/recalling.js";
import { record, recallEvent, settleRecall } from "../storage/outcomes.js";
import { hidden, withOutcomes } from "../storage/reading.js";
import type { BankCore } from "./core.js";

const SMALLEST_BUDGET = 100;
const LARGEST_BUDGET = 100_000;
const MOST_ITEMS = 50;

/** What `recall` may be told beside the task. */
export interface RecallOptions {
  /** Items at most, 1 to 50; by default 3. */
  readonly k?: number | undefined;
  /** Groups at most, by default 1; further ones are chosen to differ. */
  readonly experiences?: number | undefined;
  /** Bound of the prompt block, in tokens of at least three bytes; by default 1,000. */
  readonly token_budget?: number | undefined;
  /** Show nothing below this, -1 to 1; left out, the embedder's own threshold. */
  readonly min_similarity?: number | null | undefined;
}

/** What `recordOutcome` is told. */
export interface OutcomeTold {
  /** True, false, or null when it is not known. */
  readonly success?: boolean | null | undefined;
  /** Instead of `success`, how well it went, 0 to 1. */
  readonly score?: number | null | undefined;
  /** Who says so; by default `caller`. */
  readonly source?: OutcomeSource | undefined;
  /** What shows it, such as `{ exit_code: 0 }`; at most 64 kB of JSON. */
  readonly evidence?: JsonObject | null | undefined;
}

/** An outcome of one pattern. */
export interface PatternOutcome extends OutcomeTold {
  readonly pattern: string;
}

/** An outcome of what a recall had shown. */
export interface RecallOutcome extends OutcomeTold {
  readonly recall: string;
  /** Those of the shown patterns that were used; left out, all shown as advice share the outcome. */
  readonly used?: readonly string[] | null | undefined;
}

/** Give a category or null, checked. */
export function checkedCategory(category: unknown): string | null {
  if (category === null || category === undefined) return null;
  return checkedLine(category, "category", LIMITS.category_bytes);
}

/** Give a bound of similarity or null, checked. */
export function checkedSimilarity(value: unknown): number | null {
  return value === null || value === undefined ? null : checkedNumber(value, "min_similarity", -1, 1);
}

/** Give the few patterns to show an agent before a task, why these, and a prompt block. */
export async function recall(
  core: BankCore, task: string, categoryGiven: string | null | undefined, options: RecallOptions,
): Promise<Recall> {
  checkOptions(options, ["k", "experiences", "token_budget", "min_similarity"]);
  checkedQuery(task);
  const { k = 3, experiences = 1, token_budget = 1_000 } = options;
  checkedCount(k, "k", 1, MOST_ITEMS);
  checkedCount(experiences, "experiences", 1, MOST_ITEMS);
  checkedCount(token_budget, "token_budget", SMALLEST_BUDGET, LARGEST_BUDGET);
  const category = checkedCategory(categoryGiven);
  const least = checkedSimilarity(options.min_similarity);
  const now_ms = core.clock();
  const storage = await core.storage();
  const model = await core.vectors.model();
  const query = await core.vectors.ofQuery(task);
  const wanted = { k: NEIGHBOURS, category, min_similarity: null, now_ms };
  const near = await core.search(query, model, wanted, async (tables, found) => ({
    hidden: await hidden(tables, core.namespace, category, formatTimestamp(now_ms)),
    neighbours: await withOutcomes(tables, core.namespace, experiences > 1 ? model : null, found),
  }));
  const threshold = least ?? thresholdFor(model.name);
  const choice = choose(near.neighbours, { k, experiences, threshold, token_budget, now_ms });
  const event: RecallEvent = {
    id: core.newId(now_ms),
    task_description: redactedText(task, "task_description", []),
    category,
    advice: choice.shown.filter(({ pitfall }) => !pitfall).map(({ pattern }) => pattern.id),
    pitfalls: choice.shown.filter(({ pitfall }) => pitfall).map(({ pattern }) => pattern.id),
    actor: core.actor,
    at: formatTimestamp(now_ms),
  };
  if (!storage.readOnly) core.addRecall(event);
  return {
    id: event.id,
    task_description: task,
    patterns: choice.shown,
    prompt: choice.prompt,
    why: choice.shown.map(({ why }) => why),
    left_out: choice.left_out,
    hidden: near.hidden,
    abstained: choice.shown.length === 0,
    recorded: !storage.readOnly,
    namespace: core.namespace,
  };
} // prettier-ignore

/** Keep what came of a task and give the standing of the patterns that had a part in it. */
export async function recordOutcome(
  core: BankCore, told: PatternOutcome | RecallOutcome, report: (redacted: readonly Redaction[]) => void,
): Promise<RecordedOutcome | RecordedOutcome[]> {
  checkOptions(told, ["pattern", "recall", "used", "success", "score", "source", "evidence"]);
  const { kind, score } = checkedOutcome(told.success, told.score);
  const redacted: Redaction[] = [];
  const evidence = checkedEvidence(told.evidence, redacted);
  const { source = "caller" } = told;
  checkedSource(source);
  report(redacted);
  const nowMs = core.clock();
  const at = formatTimestamp(nowMs);
  const outcome = { kind, score, source, evidence, actor: core.actor, at };
  if ("recall" in told && told.recall !== undefined && told.recall !== null) {
    if ("pattern" in told && told.pattern !== undefined && told.pattern !== null) {
      throw new InvalidInput("must not be given beside recall", { field: "pattern" });
    }
    return settle(core, idText(told.recall, "recall"), told.used, outcome);
  }
  if ("used" in told && told.used !== undefined && told.used !== null) {
    throw new InvalidInput("goes with recall", { field: "used" });
  }
  const pattern_id = idText((told as PatternOutcome).pattern, "pattern");
  const whole: Outcome = { id: core.newId(nowMs), pattern_id, ...outcome, weight: 1, recall_id: null };
  return core.write((tables) => record(tables, core.namespace, whole));
} // prettier-ignore

/** Count the outcome of a recall for the patterns that had a part in it. */
async function settle(
  core: BankCore, recallId: string, usedGiven: readonly string[] | null | undefined,
  outcome: Omit<Outcome, "id" | "pattern_id" | "weight" | "recall_id">,
): Promise<RecordedOutcome[]> {
  await core.flushRecalls();
  return core.write(async (tables) => {
    const { event } = await recallEvent(tables, core.namespace, recallId);
    const used = usedGiven ?? null;
    const credited = used === null ? event.advice : checkedUsed(used, event);
    const weight = used === null ? 1 / credited.length : 1;
    const told = credited.map((pattern_id) => ({
      id: core.newId(core.clock()),
      pattern_id,
      ...outcome,
      weight,
      recall_id: event.id,
    }));
    return settleRecall(tables, core.namespace, recallId, told, outcome.at);
  });
} // prettier-ignore

function checkedUsed(used: readonly string[], event: RecallEvent): string[] {
  const shown = new Set([...event.advice, ...event.pitfalls]);
  const ids = new Set(Array.from(used, (id, at) => idText(id, `used[${String(at)}]`)));
  [...ids].forEach((id, at) => {
    if (!shown.has(id)) throw new InvalidInput(`is ${id}, which this recall did not show`, { field: `used[${String(at)}]` });
  });
  return [...ids];
}

/** Give the evidence of an outcome without the secrets in it, which go to `found`. */
function checkedEvidence(given: unknown, found: Redaction[]): JsonObject {
  if (given === null || given === undefined) return {};
  const shown = redactedObject(checkedJsonObject(given, "evidence", LIMITS.evidence_bytes), "evidence", found);
  // What stands in for a secret may be longer than it.
  return found.length > 0 ? checkedJsonObject(shown, "evidence", LIMITS.evidence_bytes) : shown;
}
