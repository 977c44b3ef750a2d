/** The rows of a bank inside one IndexedDB transaction: notes, recalls and learning, over all the rest. */

import type { RecallEvent } from "../../domain/recall.js";
import type { PatternLink, TrajectoryRecord } from "../../domain/trajectory.js";
import type { HistoryRow, ObservationRow, OutcomeRow } from "../rows.js";
import type { Tables } from "../tables.js";
import { IndexedDbPatterns } from "./patterns.js";
import { beginningWith, result } from "./requests.js";
import type { StoreName } from "./schema.js";

/** Every store, over one transaction. */
export class IndexedDbTables extends IndexedDbPatterns implements Tables {
  addHistory(row: HistoryRow): void {
    this.store("pattern_history").add(row);
  }

  history(namespace: string, id: string): Promise<HistoryRow[]> {
    return this.all("pattern_history", "pattern", [namespace, id]);
  }

  addObservation(row: ObservationRow): void {
    this.store("observations").add(row);
  }

  observations(namespace: string, id: string): Promise<ObservationRow[]> {
    return this.all("observations", "pattern", [namespace, id]);
  }

  insertOutcome(row: OutcomeRow): Promise<boolean> {
    const kept = row.recall_id === null ? row : { ...row, of_recall: [row.namespace, row.recall_id] };
    return this.added(this.store("outcomes").add(kept));
  }

  outcomes(namespace: string, id: string): Promise<OutcomeRow[]> {
    return this.all("outcomes", "pattern", [namespace, id]);
  }

  async outcomesOfRecall(namespace: string, recallId: string): Promise<OutcomeRow[]> {
    const rows = await this.all<OutcomeRow>("outcomes", "recall", [namespace, recallId]);
    return rows.sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  async removeNotes(namespace: string, id: string): Promise<Record<string, number>> {
    const names = ["pattern_history", "observations", "outcomes"] as const;
    const counts = await Promise.all(names.map((name) => this.#removeAll(name, "pattern", [namespace, id])));
    return Object.fromEntries(names.map((name, at) => [name, counts[at]!]));
  }

  async removeTraces(namespace: string, id: string): Promise<Record<string, number>> {
    const links = this.store("pattern_links");
    const own = beginningWith(namespace, id);
    const [answers, to, from] = await Promise.all([
      this.#removeAll("idempotency_keys", "pattern", [namespace, id]),
      this.#removeAll("pattern_links", "target", [namespace, id]),
      result(links.count(own)),
    ]);
    links.delete(own);
    return { idempotency_keys: answers, pattern_links: to + from };
  }

  async #removeAll(name: StoreName, index: string, key: IDBValidKey): Promise<number> {
    const store = this.store(name);
    const keys = await result(store.index(index).getAllKeys(key));
    for (const primary of keys) store.delete(primary);
    return keys.length;
  }

  answer(namespace: string, key: string): Promise<{ fingerprint: string; pattern_id: string } | undefined> {
    return this.get("idempotency_keys", [namespace, key]);
  }

  keepAnswer(namespace: string, key: string, fingerprint: string, id: string, at: string): void {
    this.store("idempotency_keys").put({ namespace, key, fingerprint, pattern_id: id, at });
  }

  addRecall(namespace: string, event: RecallEvent): void {
    this.store("recalls").put({ namespace, id: event.id, event, settled_at: null });
  }

  recall(namespace: string, id: string): Promise<{ event: RecallEvent; settled_at: string | null } | undefined> {
    return this.get("recalls", [namespace, id]);
  }

  async settleRecall(namespace: string, id: string, at: string): Promise<void> {
    const kept = await this.recall(namespace, id);
    this.store("recalls").put({ ...kept, settled_at: at });
  }

  async groupsOf(namespace: string, ids: readonly string[]): Promise<Map<string, string>> {
    if ((await this.namespace(namespace)).linked !== true) return new Map();
    const store = this.store("pattern_links");
    const keys = await Promise.all(ids.map((id) => result(store.getAllKeys(beginningWith(namespace, id, "derived_from")))));
    const groups = new Map<string, string>();
    ids.forEach((id, at) => {
      const last = keys[at]![keys[at]!.length - 1] as string[] | undefined;
      if (last !== undefined) groups.set(id, last[3]!);
    });
    return groups;
  }

  /** Withdrawing and consolidating are Python's, on files: there is nothing of them here. */
  dropWithdrawals(): void {
    return undefined;
  }

  putAwayFor(): readonly (readonly [string, string])[] {
    return [];
  }

  async addLink(namespace: string, link: PatternLink): Promise<void> {
    this.changed.set(namespace, { ...(await this.namespace(namespace)), linked: true });
    await this.added(this.store("pattern_links").add({ ...link, namespace }));
  }

  async links(namespace: string, eitherId: string): Promise<PatternLink[]> {
    const own = this.store("pattern_links").getAll(beginningWith(namespace, eitherId));
    const [from, to] = await Promise.all([
      result(own as IDBRequest<PatternLink[]>),
      this.all<PatternLink>("pattern_links", "target", [namespace, eitherId]),
    ]);
    return [...from, ...to].map(({ source_id, target_id, kind, actor, at }) => ({ source_id, target_id, kind, actor, at }));
  }

  async trajectory(namespace: string, id: string): Promise<TrajectoryRecord | undefined> {
    const kept = await this.get<{ record: TrajectoryRecord }>("trajectories", [namespace, id]);
    return kept?.record;
  }

  async trajectoriesAfter(namespace: string, id: string, limit: number): Promise<TrajectoryRecord[]> {
    const range = IDBKeyRange.bound([namespace, id], [namespace, []], true);
    const all = this.store("trajectories").getAll(range, limit);
    return (await result(all as IDBRequest<{ record: TrajectoryRecord }[]>)).map(({ record }) => record);
  }

  async insertTrajectory(record: TrajectoryRecord, fingerprint: string): Promise<string | undefined> {
    const { namespace, id } = record.trajectory;
    const store = this.store("trajectories");
    const taken = await result(store.index("fingerprint").getKey([namespace, fingerprint]));
    if (taken !== undefined) return (taken as string[])[1];
    store.put({ namespace, id, fingerprint, record });
    for (const link of record.links) await this.addLink(namespace, link);
    return undefined;
  }
}
