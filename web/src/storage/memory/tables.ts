/** The rows of a bank in memory: notes, recalls and learning, over all the rest. */

import type { RecallEvent } from "../../domain/recall.js";
import type { PatternLink, TrajectoryRecord } from "../../domain/trajectory.js";
import { byId } from "../order.js";
import type { HistoryRow, ObservationRow, OutcomeRow } from "../rows.js";
import type { Tables } from "../tables.js";
import { MemoryPatterns } from "./patterns.js";
import { key, Shelf } from "./shelf.js";

/** Every table, as maps. */
export class MemoryTables extends MemoryPatterns implements Tables {
  readonly #history = new Shelf<readonly HistoryRow[]>(this.undo);
  readonly #observations = new Shelf<readonly ObservationRow[]>(this.undo);
  readonly #outcomes = new Shelf<readonly OutcomeRow[]>(this.undo);
  readonly #outcomeIds = new Shelf<true>(this.undo);
  readonly #answers = new Shelf<{ namespace: string; key: string; fingerprint: string; pattern_id: string }>(this.undo);
  readonly #recalls = new Shelf<{ event: RecallEvent; settled_at: string | null }>(this.undo);
  readonly #links = new Shelf<PatternLink & { namespace: string }>(this.undo);
  readonly #trajectories = new Shelf<{ record: TrajectoryRecord; fingerprint: string }>(this.undo);

  addHistory(row: HistoryRow): void {
    this.#history.set(key(row.namespace, row.pattern_id), [...this.history(row.namespace, row.pattern_id), row]);
  }

  history(namespace: string, id: string): readonly HistoryRow[] {
    return this.#history.get(key(namespace, id)) ?? [];
  }

  addObservation(row: ObservationRow): void {
    const before = this.observations(row.namespace, row.pattern_id);
    this.#observations.set(key(row.namespace, row.pattern_id), [...before, row]);
  }

  observations(namespace: string, id: string): readonly ObservationRow[] {
    return this.#observations.get(key(namespace, id)) ?? [];
  }

  insertOutcome(row: OutcomeRow): boolean {
    const id = key(row.namespace, row.id);
    if (this.#outcomeIds.get(id) !== undefined) return false;
    this.#outcomeIds.set(id, true);
    this.#outcomes.set(key(row.namespace, row.pattern_id), [...this.outcomes(row.namespace, row.pattern_id), row]);
    return true;
  }

  outcomes(namespace: string, id: string): readonly OutcomeRow[] {
    return this.#outcomes.get(key(namespace, id)) ?? [];
  }

  outcomesOfRecall(namespace: string, recallId: string): OutcomeRow[] {
    return this.#outcomes
      .values()
      .flat()
      .filter((row) => row.namespace === namespace && row.recall_id === recallId)
      .sort(byId);
  }

  removeNotes(namespace: string, id: string): Record<string, number> {
    const name = key(namespace, id);
    const removed = {
      pattern_history: this.history(namespace, id).length,
      observations: this.observations(namespace, id).length,
      outcomes: this.outcomes(namespace, id).length,
    };
    for (const outcome of this.outcomes(namespace, id)) this.#outcomeIds.delete(key(namespace, outcome.id));
    this.#history.delete(name);
    this.#observations.delete(name);
    this.#outcomes.delete(name);
    return removed;
  }

  removeTraces(namespace: string, id: string): Record<string, number> {
    const answers = this.#answers.values().filter((one) => one.namespace === namespace && one.pattern_id === id);
    for (const one of answers) this.#answers.delete(key(namespace, one.key));
    const links = this.links(namespace, id);
    for (const one of links) this.#links.delete(key(namespace, one.source_id, one.kind, one.target_id));
    return { idempotency_keys: answers.length, pattern_links: links.length };
  }

  answer(namespace: string, name: string): { fingerprint: string; pattern_id: string } | undefined {
    return this.#answers.get(key(namespace, name));
  }

  keepAnswer(namespace: string, name: string, fingerprint: string, id: string): void {
    this.#answers.set(key(namespace, name), { namespace, key: name, fingerprint, pattern_id: id });
  }

  addRecall(namespace: string, event: RecallEvent): void {
    this.#recalls.set(key(namespace, event.id), { event, settled_at: null });
  }

  recall(namespace: string, id: string): { event: RecallEvent; settled_at: string | null } | undefined {
    return this.#recalls.get(key(namespace, id));
  }

  settleRecall(namespace: string, id: string, at: string): void {
    this.#recalls.set(key(namespace, id), { ...this.recall(namespace, id)!, settled_at: at });
  }

  groupsOf(namespace: string, ids: readonly string[]): Map<string, string> {
    const groups = new Map<string, string>();
    const wanted = new Set(ids);
    for (const { namespace: of, kind, source_id, target_id } of this.#links.values()) {
      if (of !== namespace || kind !== "derived_from" || !wanted.has(source_id)) continue;
      if (target_id > (groups.get(source_id) ?? "")) groups.set(source_id, target_id);
    }
    return groups;
  }

  /** Withdrawing and consolidating are Python's, on files: there is nothing of them here. */
  dropWithdrawals(): void {
    return undefined;
  }

  putAwayFor(): readonly (readonly [string, string])[] {
    return [];
  }

  addLink(namespace: string, link: PatternLink): void {
    const name = key(namespace, link.source_id, link.kind, link.target_id);
    if (this.#links.get(name) === undefined) this.#links.set(name, { ...link, namespace });
  }

  links(namespace: string, eitherId: string): PatternLink[] {
    return this.#links
      .values()
      .filter((one) => one.namespace === namespace && (one.source_id === eitherId || one.target_id === eitherId))
      .map(({ source_id, target_id, kind, actor, at }) => ({ source_id, target_id, kind, actor, at }));
  }

  trajectory(namespace: string, id: string): TrajectoryRecord | undefined {
    return this.#trajectories.get(key(namespace, id))?.record;
  }

  trajectoriesAfter(namespace: string, id: string, limit: number): TrajectoryRecord[] {
    return this.#trajectories
      .values()
      .map(({ record }) => record)
      .filter(({ trajectory }) => trajectory.namespace === namespace && trajectory.id > id)
      .sort((one, other) => byId(one.trajectory, other.trajectory))
      .slice(0, limit);
  }

  insertTrajectory(record: TrajectoryRecord, fingerprint: string): string | undefined {
    const { namespace, id } = record.trajectory;
    const equal = this.#trajectories
      .values()
      .find((one) => one.record.trajectory.namespace === namespace && one.fingerprint === fingerprint);
    if (equal !== undefined) return equal.record.trajectory.id;
    this.#trajectories.set(key(namespace, id), { record, fingerprint });
    for (const link of record.links) this.addLink(namespace, link);
    return undefined;
  }

  /** Give every record, with the name of its store. */
  *records(): Generator<readonly [store: string, record: unknown]> {
    yield* this.patternRecords();
    const shelves = {
      pattern_history: this.#history,
      observations: this.#observations,
      outcomes: this.#outcomes,
      idempotency_keys: this.#answers,
      recalls: this.#recalls,
      pattern_links: this.#links,
      trajectories: this.#trajectories,
    };
    for (const [store, shelf] of Object.entries(shelves)) {
      for (const kept of shelf.values()) {
        for (const record of Array.isArray(kept) ? (kept as readonly unknown[]) : [kept]) yield [store, record];
      }
    }
  }
}
