/** The bank: the one way in. */

import { InvalidInput } from "../domain/errors.js";
import { idText } from "../domain/identifiers.js";
import { typeName } from "../domain/json.js";
import { LIMITS } from "../domain/limits.js";
import type { Outcome, RecordedOutcome, Reliability } from "../domain/outcome.js";
import type {
  Erasure,
  Finding,
  Observation,
  OnDuplicate,
  Pattern,
  PatternChange,
  PatternChanges,
  PatternInput,
  Redaction,
  Reembedded,
  SimilarPattern,
  StorageStats,
  Stored,
  TransferReport,
} from "../domain/pattern.js";
import type { Recall } from "../domain/recall.js";
import {
  checkedChanges,
  checkedCount,
  checkedLine,
  checkedOnDuplicate,
  checkedQuery,
  checkOptions,
} from "../domain/validation.js";
import { check } from "../storage/checking.js";
import { erase } from "../storage/erasing.js";
import { reliability } from "../storage/outcomes.js";
import { fullHistory, stats } from "../storage/reading.js";
import { observationOf, outcomeOf, patternOf } from "../storage/rows.js";
import { edit, remove, store, storeAll } from "../storage/storing.js";
import type { Storage } from "../storage/tables.js";
import { BankCore, checkedTarget, type StorageOpener } from "./core.js";
import { fingerprintOf } from "./drafting.js";
import { asText, exportPatterns, exportTrajectories, type LineSink } from "./exporting.js";
import type { LineSource } from "./lines.js";
import type { BankOptions } from "./options.js";
import {
  checkedCategory,
  checkedSimilarity,
  recall,
  recordOutcome,
  type PatternOutcome,
  type RecallOptions,
  type RecallOutcome,
} from "./recalling.js";
import {
  importLines,
  reembed,
  restoreLines,
  restoreTrajectoryLines,
  type ImportOptions,
} from "./transfer.js";

/** How a store treats equals and repeats. */
export interface PutOptions {
  /** For a pattern equal to a stored one: `merge` into that one, `keep` both, or `error`. */
  readonly on_duplicate?: OnDuplicate | undefined;
  /** The same key with the same content gives the first answer again. */
  readonly idempotency_key?: string | null | undefined;
}

/**
 * Store strategies, find those that fit a task, and keep what came of using them.
 *
 * The storage is chosen and opened by the first call that needs it. Whatever a promise resolves with has
 * been committed.
 *
 * @example
 * const bank = new ReasoningBankAdapter();
 * await bank.storePattern({
 *   task_description: "Add login to the API",
 *   task_category: "backend",
 *   strategy: "Write the failing test first.",
 * });
 * const [found] = await bank.findSimilar("adding logins to our APIs");
 */
export class ReasoningBankAdapter {
  readonly #core: BankCore;

  /**
   * @param target A name (in a browser) or path (in Node), `memory:`, or a storage that is open already;
   *   left out, the place this platform calls for.
   */
  constructor(target?: string | Storage | null, options: BankOptions = {}) {
    const open =
      typeof target === "object" && target !== null ? () => Promise.resolve(target) : openerOf(target, options);
    this.#core = new BankCore(open, options);
  }

  /** The tenant every call stays within. */
  get namespace(): string {
    return this.#core.namespace;
  }

  /** Store one pattern and give the id that holds it. */
  async storePattern(pattern: PatternInput, options: PutOptions = {}): Promise<string> {
    return (await this.put(pattern, options)).id;
  }

  /** Store one pattern and say whether it was created, merged or replayed. */
  async put(pattern: PatternInput, options: PutOptions = {}): Promise<Stored> {
    const core = this.#core;
    const onDuplicate = duplicatesOf(options);
    checkOptions(options, ["on_duplicate", "idempotency_key"]);
    const key = options.idempotency_key ?? null;
    if (key !== null) checkedLine(key, "idempotency_key", LIMITS.idempotency_key_bytes);
    const draft = core.drafting.draft(pattern, onDuplicate);
    report(draft.redacted);
    await core.storage();
    const [vector] = await core.vectors.ofDocuments([draft.stored.pattern.task_description]);
    const model = await core.vectors.model();
    const how = {
      on_duplicate: onDuplicate,
      idempotency_key: key,
      fingerprint: key === null ? "" : fingerprintOf(draft, onDuplicate),
    };
    const result = await core.write((tables) => store(tables, { stored: draft.stored, vector: vector! }, model, how));
    return { ...result, redacted: draft.redacted };
  }

  /** Store many patterns in one transaction, all or none, and give their ids in order. */
  async storePatterns(
    patterns: Iterable<PatternInput>,
    options: Pick<PutOptions, "on_duplicate"> = {},
  ): Promise<string[]> {
    const core = this.#core;
    checkOptions(options, ["on_duplicate"]);
    const onDuplicate = duplicatesOf(options);
    if (typeof patterns !== "object" || patterns === null || !(Symbol.iterator in patterns)) {
      throw new InvalidInput(`must be a list, not ${typeName(patterns)}`, { field: "patterns" });
    }
    const drafts = core.drafting.drafts(Array.from(patterns), onDuplicate);
    await core.storage();
    if (drafts.length === 0) return [];
    for (const draft of drafts) report(draft.redacted);
    const vectors = await core.vectors.ofDocuments(drafts.map(({ stored }) => stored.pattern.task_description));
    const model = await core.vectors.model();
    const items = drafts.map(({ stored }, at) => ({ stored, vector: vectors[at]! }));
    const results = await core.write((tables) => storeAll(tables, items, model, onDuplicate));
    return results.map(({ id }) => id);
  }

  /** Give a pattern by its id, expired and quarantined ones too, or null. */
  async getPattern(id: string): Promise<Pattern | null> {
    const wanted = idText(id);
    const row = await this.#core.read(async (tables) => tables.row(this.#core.namespace, wanted));
    return row === undefined ? null : patternOf(row);
  }

  /** Give the active patterns of a category: best success score first, none last, then the newest. */
  async searchByCategory(category: string, limit = 10): Promise<Pattern[]> {
    const core = this.#core;
    checkedLine(category, "category", LIMITS.category_bytes);
    checkedCount(limit, "limit");
    const rows = await core.read(async (tables) =>
      tables.rowsByCategory(core.namespace, category, limit, core.now()),
    );
    return rows.map(patternOf);
  }

  /** Give the active patterns whose task is most like this one, most similar first. */
  async findSimilar(
    taskDescription: string,
    category?: string | null,
    topK = 5,
    options: { readonly min_similarity?: number | null | undefined } = {},
  ): Promise<SimilarPattern[]> {
    const core = this.#core;
    checkOptions(options, ["min_similarity"]);
    checkedQuery(taskDescription);
    const wanted = {
      k: checkedCount(topK, "top_k"),
      category: checkedCategory(category),
      min_similarity: checkedSimilarity(options.min_similarity),
      now_ms: core.clock(),
    };
    await core.storage();
    const query = await core.vectors.ofQuery(taskDescription);
    return core.search(query, await core.vectors.model(), wanted, (_, found) => Promise.resolve(found));
  }

  /** Count the namespace and say where and how the bank is kept. */
  async getStats(): Promise<StorageStats> {
    const core = this.#core;
    const storage = await core.storage();
    const description = await storage.describe();
    return storage.read((tables) => stats(tables, core.namespace, core.now(), storage.readOnly, description));
  }

  /** Give the few patterns to show an agent before a task, why these, and a prompt block. */
  async recall(taskDescription: string, category?: string | null, options: RecallOptions = {}): Promise<Recall> {
    return recall(this.#core, taskDescription, category, options);
  }

  /** Change fields of a pattern and give it as it stands now; equal values change nothing. */
  async updatePattern(
    id: string,
    changes: PatternChanges,
    options: { readonly if_version?: number | null | undefined } = {},
  ): Promise<Pattern> {
    const core = this.#core;
    const wanted = idText(id);
    checkOptions(options, ["if_version"]);
    const ifVersion = options.if_version ?? null;
    if (ifVersion !== null) checkedCount(ifVersion, "if_version", 1, LIMITS.safe_integer);
    const { values, redacted } = checkedChanges(changes);
    report(redacted);
    await core.storage();
    const text = values.task_description;
    const vector = text === undefined ? null : (await core.vectors.ofDocuments([text]))[0]!;
    const model = vector === null ? null : await core.vectors.model();
    const change = { values, vector, if_version: ifVersion, stamp: core.stamp() };
    return core.write((tables) => edit(tables, core.namespace, wanted, change, model));
  }

  /** Remove a pattern; its history stays until it is erased. */
  async deletePattern(id: string): Promise<void> {
    const wanted = idText(id);
    await this.#core.write((tables) => remove(tables, this.#core.namespace, wanted, this.#core.stamp()));
  }

  /** Remove a pattern and all that was kept about it; also what is left of one that was deleted. */
  async erase(id: string): Promise<Erasure> {
    const wanted = idText(id);
    return erase(await this.#core.storage(), this.#core.namespace, wanted);
  }

  /** Keep what came of using a pattern, or of a task before which a recall was shown. */
  async recordOutcome(told: PatternOutcome): Promise<RecordedOutcome>;
  async recordOutcome(told: RecallOutcome): Promise<RecordedOutcome[]>;
  async recordOutcome(told: PatternOutcome | RecallOutcome): Promise<RecordedOutcome | RecordedOutcome[]> {
    return recordOutcome(this.#core, told, report);
  }

  /** Give how often a pattern works, as far as its outcomes tell. */
  async reliability(id: string): Promise<Reliability> {
    const wanted = idText(id);
    return this.#core.read((tables) => reliability(tables, this.#core.namespace, wanted));
  }

  /** Give the outcomes recorded for a pattern, oldest first. */
  async outcomes(id: string): Promise<Outcome[]> {
    const wanted = idText(id);
    const rows = await this.#core.read(async (tables) => tables.outcomes(this.#core.namespace, wanted));
    return rows.map(outcomeOf);
  }

  /** Give every change of a pattern, its creation first; also after it was deleted. */
  async history(id: string): Promise<PatternChange[]> {
    const wanted = idText(id);
    return this.#core.read((tables) => fullHistory(tables, this.#core.namespace, wanted));
  }

  /** Give the stores that were merged into a pattern, as they were given, oldest first. */
  async observations(id: string): Promise<Observation[]> {
    const wanted = idText(id);
    const rows = await this.#core.read(async (tables) => tables.observations(this.#core.namespace, wanted));
    return rows.map(observationOf);
  }

  /**
   * Give every pattern of the namespace with all that is kept about it, as JSON lines: as one text, or written to
   * a sink a page at a time, which takes little memory however large the bank is. Then it gives how many there were.
   *
   * @example
   * const parts: Blob[] = [];
   * await bank.exportJsonl((text) => parts.push(new Blob([text])));
   */
  async exportJsonl(): Promise<string>;
  async exportJsonl(sink: LineSink): Promise<number>;
  async exportJsonl(sink?: LineSink): Promise<string | number> {
    return sink === undefined ? asText((to) => exportPatterns(this.#core, to)) : exportPatterns(this.#core, sink);
  }

  /** Put an export back, every field as it was; run again, it leaves equal patterns alone. */
  async restoreJsonl(
    source: LineSource,
    options: { readonly progress?: ((read: number) => void) | undefined } = {},
  ): Promise<TransferReport> {
    await this.#core.storage();
    return restoreLines(this.#core, source, options.progress);
  }

  /** Take foreign patterns in; their trust becomes `imported`, what they claim goes to the provenance. */
  async importJsonl(source: LineSource, options: ImportOptions = {}): Promise<TransferReport> {
    return importLines(this.#core, source, options);
  }

  /** Give every experience of the namespace as JSON lines, as they were restored; or write them to a sink. */
  async exportTrajectoriesJsonl(): Promise<string>;
  async exportTrajectoriesJsonl(sink: LineSink): Promise<number>;
  async exportTrajectoriesJsonl(sink?: LineSink): Promise<string | number> {
    return sink === undefined ? asText((to) => exportTrajectories(this.#core, to)) : exportTrajectories(this.#core, sink);
  }

  /** Keep the experiences of an export unchanged, for a bank that can learn from them. */
  async restoreTrajectoriesJsonl(source: LineSource): Promise<TransferReport> {
    return restoreTrajectoryLines(this.#core, source);
  }

  /** Move the namespace to the embedder this bank was opened with. */
  async reembed(
    options: { readonly progress?: ((done: number, of: number) => void) | undefined } = {},
  ): Promise<Reembedded> {
    return reembed(this.#core, options.progress);
  }

  /** Look for damage; `full` (by default) also recomputes every checksum. */
  async check(options: { readonly full?: boolean | undefined } = {}): Promise<Finding[]> {
    return this.#core.read((tables) => check(tables, this.#core.namespace, options.full ?? true));
  }

  /** Let go of the storage and of memory; calling it again does nothing. */
  close(): Promise<void> {
    return this.#core.close();
  }
}

function duplicatesOf({ on_duplicate = "merge" }: PutOptions): OnDuplicate {
  return checkedOnDuplicate(on_duplicate);
}

function openerOf(target: unknown, options: BankOptions): StorageOpener {
  const checked = checkedTarget(target);
  return async () => (await import("#platform")).openStorage(checked, options);
}

/** Tell the console which kinds of secret were taken out of which fields, never the secrets. */
function report(redacted: readonly Redaction[]): void {
  for (const { kind, field } of redacted) console.warn(`reasoningbank: took a ${kind} out of ${field} before storing`);
}
