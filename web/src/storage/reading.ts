/** Questions that need more than one look-up. */

import type { JsonObject } from "../domain/json.js";
import { SOURCES } from "../domain/outcome.js";
import type { PatternChange, SimilarPattern, StorageStats } from "../domain/pattern.js";
import type { Hidden, Neighbour } from "../domain/recall.js";
import type { EmbeddingModel } from "../domain/records.js";
import { changeOf, outcomeOf } from "./rows.js";
import type { Description, Tables } from "./tables.js";

/** Give a pattern's whole history, its creation first; also of a pattern that was deleted. */
export async function fullHistory(tables: Tables, namespace: string, id: string): Promise<PatternChange[]> {
  const changes = (await tables.history(namespace, id)).map(changeOf);
  const row = await tables.row(namespace, id);
  const last = changes[changes.length - 1];
  let born: { actor: string; at: string } | null = null;
  if (row !== undefined) born = { actor: row.created_by, at: row.created_at };
  else if (last?.kind === "deleted") {
    const { created_by, pattern } = last.before as { created_by: string; pattern: JsonObject };
    born = { actor: created_by, at: pattern["created_at"] as string };
  }
  if (born === null) return changes;
  return [{ pattern_id: id, version: 0, kind: "created", ...born, before: {} }, ...changes];
}

/** Count a namespace and describe the engine. */
export async function stats(
  tables: Tables, namespace: string, now: string, readOnly: boolean, description: Description,
): Promise<StorageStats> {
  const counts = await tables.counts(namespace);
  const model = await tables.currentModel(namespace);
  const total = counts.reduce((sum, { patterns }) => sum + patterns, 0);
  const quarantined = counts.reduce((sum, one) => sum + one.quarantined, 0);
  return {
    total_patterns: total,
    active_patterns: total - quarantined - (await tables.countExpired(namespace, now, null)),
    categories: Object.fromEntries(counts.map(({ task_category, patterns }) => [task_category, patterns])),
    namespace,
    backend: description.backend,
    path: description.path,
    persistent: description.persistent,
    read_only: readOnly,
    reason: description.reason,
    size_bytes: description.size_bytes,
    embedding_model: model?.name ?? null,
    schema_version: description.schema_version,
    engine: description.engine,
  };
} // prettier-ignore

/** Count the patterns that the filters keep from being candidates. */
export async function hidden(tables: Tables, namespace: string, category: string | null, now: string): Promise<Hidden> {
  let quarantined = 0;
  let others = 0;
  for (const one of await tables.counts(namespace)) {
    if (category === null || one.task_category === category) quarantined += one.quarantined;
    else others += one.patterns;
  }
  return { quarantined, expired: await tables.countExpired(namespace, now, category), other_categories: others };
}

/** Give what recall needs to know of patterns found near a task, in their order; with a model, their vectors too. */
export async function withOutcomes(
  tables: Tables, namespace: string, model: EmbeddingModel | null, found: readonly SimilarPattern[],
): Promise<Neighbour[]> {
  const ids = found.map(({ id }) => id);
  const groups = await tables.groupsOf(namespace, ids);
  const vectors = model === null ? null : await tables.vectorsOf(namespace, ids, model);
  const keepers = await keepersOf(tables, namespace, ids);
  const told = await Promise.all(
    [...keepers].map(async ([id, kept]) => [kept, (await tables.outcomes(namespace, id)).map(outcomeOf)] as const),
  );
  return found.map((pattern) => {
    let successes = 0;
    let failures = 0;
    let known = 0;
    for (const [kept, outcomes] of told) {
      for (const { score, source, weight } of kept === pattern.id ? outcomes : []) {
        if (score === null) continue;
        successes += SOURCES[source].weight * weight * score;
        failures += SOURCES[source].weight * weight * (1 - score);
        known++;
      }
    }
    return {
      pattern,
      similarity: pattern.similarity,
      group: groups.get(pattern.id) ?? pattern.id,
      successes,
      failures,
      outcomes: known,
      vector: vectors?.get(pattern.id) ?? null,
    };
  });
} // prettier-ignore

/** Give, for these patterns and the duplicates put away for them, which of these it is. */
async function keepersOf(tables: Tables, namespace: string, ids: readonly string[]): Promise<Map<string, string>> {
  const keepers = new Map(ids.map((id) => [id, id]));
  for (let latest = ids; latest.length > 0; ) {
    // A pattern that was kept may have been put away for another one later.
    const rows = (await tables.putAwayFor(namespace, latest)).filter(([duplicate]) => !keepers.has(duplicate));
    for (const [duplicate, kept] of rows) keepers.set(duplicate, keepers.get(kept)!);
    latest = rows.map(([duplicate]) => duplicate);
  }
  return keepers;
}
