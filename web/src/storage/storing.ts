/** Changes to patterns, each inside a transaction the caller holds. */

import { dedupeKey, isKept } from "../domain/duplicates.js";
import { Conflict, EmbeddingMismatch, NotFound } from "../domain/errors.js";
import type { JsonObject } from "../domain/json.js";
import { changedFields, mergedPattern } from "../domain/merging.js";
import type { ChangeKind, OnDuplicate, Pattern, StoreStatus } from "../domain/pattern.js";
import {
  sameModel,
  type EmbeddingModel,
  type NewPattern,
  type PatternEdit,
  type Stamp,
  type StoredPattern,
  type StoreOptions,
} from "../domain/records.js";
import { historyRow, observationRow, rowOf, storedOf } from "./rows.js";
import type { Tables } from "./tables.js";

/** What became of a pattern that was given. */
export interface StoreResult {
  readonly id: string;
  readonly status: StoreStatus;
}

/** Store one pattern, or replay the answer its idempotency key had before. */
export async function store(
  tables: Tables, given: NewPattern, model: EmbeddingModel, options: StoreOptions,
): Promise<StoreResult> {
  const { pattern } = given.stored;
  const { idempotency_key: key, fingerprint } = options;
  if (key === null) return (await storeAll(tables, [given], model, options.on_duplicate))[0]!;
  const answer = await tables.answer(pattern.namespace, key);
  if (answer !== undefined) {
    if (answer.fingerprint === fingerprint) return { id: answer.pattern_id, status: "replayed" };
    throw new Conflict(`${JSON.stringify(key)} was used for other content`, {
      existing_id: answer.pattern_id,
      field: "idempotency_key",
      hint: "Use a new key for new content.",
    });
  }
  const [result] = await storeAll(tables, [given], model, options.on_duplicate);
  await tables.keepAnswer(pattern.namespace, key, fingerprint, result!.id, pattern.created_at);
  return result!;
} // prettier-ignore

/** Store patterns of one namespace in the order given. */
export async function storeAll(
  tables: Tables, given: readonly NewPattern[], model: EmbeddingModel, onDuplicate: OnDuplicate,
): Promise<StoreResult[]> {
  const namespace = given[0]!.stored.pattern.namespace;
  const agreeing = useModel(tables, namespace, model, given.map(({ stored }) => stored.pattern.id));
  const results: StoreResult[] = [];
  const created: string[] = [];
  const counts = new Map<string, number>();
  for (const item of given) {
    const { pattern } = item.stored;
    const row = rowOf(item.stored);
    // Asked at once: the answers of IndexedDB come together, and a mismatch undoes the row.
    const [inserted] = await Promise.all([tables.insert(row, model, item.vector), agreeing]);
    if (inserted) {
      created.push(pattern.id);
      counts.set(pattern.task_category, (counts.get(pattern.task_category) ?? 0) + 1);
      results.push({ id: pattern.id, status: "created" });
    } else {
      results.push({ id: await metDuplicate(tables, item, model, onDuplicate), status: "merged" });
    }
  }
  for (const [category, count] of counts) await tables.addCount(namespace, category, count, 0);
  await tables.log(namespace, created, "put");
  return results;
} // prettier-ignore

/**
 * Make sure that a namespace is searched by `model`, making it the namespace's own if that has none.
 *
 * @param own Ids that the caller is about to insert, or has inserted: they do not make it hold anything.
 */
export async function useModel(
  tables: Tables, namespace: string, model: EmbeddingModel, own: readonly string[] = [],
): Promise<void> {
  const current = await tables.currentModel(namespace);
  if (current !== null && sameModel(current, model)) return;
  if (current !== null && !(await isEmpty(tables, namespace, own))) throw mismatch(current, model);
  await tables.setCurrentModel(namespace, model);
} // prettier-ignore

/** Give whether a namespace holds nothing, so that it is as free to take a model as one that never did. */
export async function isEmpty(tables: Tables, namespace: string, own: readonly string[] = []): Promise<boolean> {
  const rows = await tables.rowsAfter(namespace, "", own.length + 1);
  return rows.every(({ id }) => own.includes(id));
}

/** Give the error that names both models. */
export function mismatch(stored: EmbeddingModel, given: EmbeddingModel): EmbeddingMismatch {
  const described = ({ name, dimension, version }: EmbeddingModel): string =>
    `${name} (${String(dimension)} dimensions, version ${version})`;
  return new EmbeddingMismatch(
    `of the bank's vectors is ${described(stored)}, but the embedder in use is ${described(given)}`,
    {
      stored: stored.name,
      given: given.name,
      field: "model",
      hint: "Open the bank with the first one, or move it over with reembed.",
    },
  );
}

/** Merge into the pattern that has the key, or refuse; give its id. */
async function metDuplicate(
  tables: Tables, given: NewPattern, model: EmbeddingModel, onDuplicate: OnDuplicate,
): Promise<string> {
  const incoming = given.stored.pattern;
  const { namespace } = incoming;
  const id = (await tables.idOfKey(namespace, given.stored.key))!;
  if (onDuplicate === "error") {
    throw new Conflict(`an equal pattern exists already: ${id}`, {
      existing_id: id,
      hint: 'Update that one, or store with on_duplicate "merge" or "keep".',
    });
  }
  const existing = await existingPattern(tables, namespace, id);
  const merged = mergedPattern(existing.pattern, incoming);
  const stamp = { actor: given.stored.created_by, at: incoming.created_at };
  await tables.addObservation(
    observationRow(namespace, { pattern_id: id, ...stamp, content: observed(incoming) }),
  );
  if (Object.keys(changedFields(existing.pattern, merged)).length === 0) return id;
  const after = await writeChanged(tables, existing, merged, "merged", stamp);
  if (merged.task_description !== existing.pattern.task_description) {
    await replaceVector(tables, after, model, given.vector);
  }
  return id;
} // prettier-ignore

async function replaceVector(
  tables: Tables, stored: StoredPattern, model: EmbeddingModel, vector: Int8Array,
): Promise<void> {
  await tables.dropVectors(stored.pattern.namespace, stored.pattern.id);
  await tables.putVector(rowOf(stored), model, vector);
} // prettier-ignore

const OBSERVED = [
  "task_description", "task_category", "strategy", "title", "success_score", "duration_seconds", "tags",
  "metadata", "trust", "expires_at",
] as const; // prettier-ignore

/** Give what a store said, without what the bank adds to it. */
function observed(pattern: Pattern): JsonObject {
  const said = OBSERVED.filter((name) => {
    const value = pattern[name];
    return typeof value === "object" ? value !== null && Object.keys(value).length > 0 : true;
  });
  return Object.fromEntries(said.map((name) => [name, pattern[name]]));
}

/** Change a pattern and give it as it stands now; equal values change nothing. */
export async function edit(
  tables: Tables, namespace: string, id: string, change: PatternEdit, model: EmbeddingModel | null,
): Promise<Pattern> {
  const existing = await existingPattern(tables, namespace, id);
  const before = existing.pattern;
  if (change.if_version !== null && change.if_version !== before.version) {
    throw new Conflict(`is ${String(change.if_version)}, but the pattern is at version ${String(before.version)}`, {
      existing_id: id,
      field: "if_version",
      hint: "Read the pattern again and decide anew.",
    });
  }
  const edited = { ...before, ...change.values };
  if (Object.keys(changedFields(before, edited)).length === 0) return before;
  const retold = edited.task_description !== before.task_description && model !== null;
  if (retold) await useModel(tables, namespace, model);
  // Whoever brings a pattern back decides over all that it was quarantined for.
  if (edited.state === "active" && before.state !== "active") await tables.dropWithdrawals(namespace, id);
  const after = await writeChanged(tables, existing, edited, "updated", change.stamp);
  if (retold) await replaceVector(tables, after, model, change.vector!);
  return after.pattern;
} // prettier-ignore

/** Write a changed pattern with its next version, its history and its entry in the log. */
async function writeChanged(
  tables: Tables, existing: StoredPattern, edited: Pattern, kind: ChangeKind, stamp: Stamp,
): Promise<StoredPattern> {
  const before = existing.pattern;
  const key = dedupeKey(edited, isKept(existing) ? edited.id : null);
  if (key !== existing.key) {
    const taken = await tables.idOfKey(before.namespace, key);
    if (taken !== undefined) {
      throw new Conflict(`an equal pattern exists already: ${taken}`, {
        existing_id: taken,
        hint: "Update or delete that one.",
      });
    }
  }
  const after = await writeNextVersion(tables, existing, edited, key, kind, stamp);
  if (before.task_category !== edited.task_category || before.state !== edited.state) {
    await count(tables, before, -1);
    await count(tables, edited, 1);
  }
  await tables.log(before.namespace, [before.id], edited.state === "active" ? "put" : "quarantine");
  return after;
} // prettier-ignore

/** Write a pattern whose counters an outcome moved. */
export async function writeCounters(
  tables: Tables, existing: StoredPattern, after: Pattern, stamp: Stamp,
): Promise<Pattern> {
  const { pattern } = await writeNextVersion(tables, existing, after, existing.key, "outcome", stamp);
  await tables.log(pattern.namespace, [pattern.id], "outcome");
  return pattern;
} // prettier-ignore

async function writeNextVersion(
  tables: Tables, existing: StoredPattern, edited: Pattern, key: string, kind: ChangeKind, stamp: Stamp,
): Promise<StoredPattern> {
  const before = existing.pattern;
  await note(tables, before, kind, stamp, changedFields(before, edited));
  const pattern = { ...edited, version: before.version + 1, updated_at: stamp.at };
  const after = { pattern, created_by: existing.created_by, key };
  await tables.updateRow(rowOf(after));
  return after;
} // prettier-ignore

/** Remove a pattern with its vectors; its history, which ends with all it held, stays. */
export async function remove(tables: Tables, namespace: string, id: string, stamp: Stamp): Promise<void> {
  const existing = await existingPattern(tables, namespace, id);
  const { pattern, created_by } = existing;
  await note(tables, pattern, "deleted", stamp, {
    created_by,
    kept: isKept(existing),
    pattern: pattern as unknown as JsonObject,
  });
  await tables.deleteRow(namespace, id);
  await count(tables, pattern, -1);
  await tables.log(namespace, [id], "delete");
}

/** Give a pattern with what its row keeps beside it; throws `NotFound`. */
export async function existingPattern(tables: Tables, namespace: string, id: string): Promise<StoredPattern> {
  const row = await tables.row(namespace, id);
  if (row === undefined) throw missing(id);
  return storedOf(row);
}

/** Give the error for an id that the namespace does not have. */
export function missing(id: string): NotFound {
  return new NotFound(`no pattern has the id ${id}`, { hint: "Check the id and the namespace." });
}

async function note(
  tables: Tables, pattern: Pattern, kind: ChangeKind, stamp: Stamp, before: JsonObject,
): Promise<void> {
  const { id: pattern_id, version, namespace } = pattern;
  await tables.addHistory(historyRow(namespace, { pattern_id, version, kind, ...stamp, before }));
} // prettier-ignore

/** Move the counters of a pattern's category. */
export async function count(tables: Tables, pattern: Pattern, by: 1 | -1): Promise<void> {
  const quarantined = pattern.state === "quarantined" ? by : 0;
  await tables.addCount(pattern.namespace, pattern.task_category, by, quarantined);
}
