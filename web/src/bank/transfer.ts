/** Moving what a file holds into a bank, and a bank from one embedder to another. */

import { InvalidInput } from "../domain/errors.js";
import { sameModel, type EmbeddingModel } from "../domain/records.js";
import { LIMITS } from "../domain/limits.js";
import type { PatternInput, PatternRecord, Reembedded, SkippedLine, TransferReport } from "../domain/pattern.js";
import type { TrajectoryRecord } from "../domain/trajectory.js";
import { checkedChoice, checkedInput, checkedLine, checkOptions } from "../domain/validation.js";
import { storeAll } from "../storage/storing.js";
import { restore, restoreTrajectory } from "../storage/transferring.js";
import { vectorChecksum } from "../domain/checksum.js";
import type { BankCore } from "./core.js";
import { inputFrom, isHeader, recordFrom } from "./export-format.js";
import { AGAIN, atLine, objectsOf, toBeMended, type LineObject, type LineSource, type SoundLine } from "./lines.js";
import {
  isTrajectoryHeader,
  trajectoryFingerprint,
  trajectoryFrom,
} from "./trajectory-format.js";

const BATCH = 256;

/** What `importJsonl` may be told beside the source. */
export interface ImportOptions {
  /** Where the patterns come from, noted in their provenance. */
  readonly origin?: string | undefined;
  /** `raise` at the first line that cannot be taken, or `skip` and report it. */
  readonly on_invalid?: "raise" | "skip" | undefined;
  /** Called with the number of patterns read so far. */
  readonly progress?: ((read: number) => void) | undefined;
}

/** Put the records of an export back, a batch a transaction. */
export async function restoreLines(
  core: BankCore, source: LineSource, progress?: (read: number) => void,
): Promise<TransferReport> {
  const model = await core.vectors.model();
  const counts = { created: 0, unchanged: 0 };
  const read = await inBatches(
    objectsOf(source, LIMITS.restore_line_bytes, isHeader),
    ({ value, longIntegers }) => recordFrom(value, core.namespace, longIntegers),
    async (batch: readonly PatternRecord[]) => {
      const vectors = await core.vectors.ofDocuments(batch.map(({ pattern }) => pattern.task_description));
      const done = await core.write(async (tables) => {
        const statuses: ("created" | "unchanged")[] = [];
        for (const [at, record] of batch.entries()) statuses.push(await restore(tables, record, vectors[at]!, model));
        return statuses;
      });
      for (const status of done) counts[status]++;
      return undefined;
    },
    progress,
  );
  return { read, ...counts, merged: 0, skipped: [] };
} // prettier-ignore

/** Put the experiences of an export back, a batch a transaction. */
export async function restoreTrajectoryLines(core: BankCore, source: LineSource): Promise<TransferReport> {
  const counts = { created: 0, unchanged: 0 };
  const read = await inBatches(
    objectsOf(source, LIMITS.trajectory_line_bytes, isTrajectoryHeader),
    ({ value }) => trajectoryFrom(value, core.namespace),
    async (batch: readonly TrajectoryRecord[]) => {
      const stamp = core.stamp();
      const done = await core.write(async (tables) => {
        const statuses: ("created" | "unchanged")[] = [];
        for (const record of batch) {
          statuses.push(await restoreTrajectory(tables, record, trajectoryFingerprint(record.trajectory), stamp));
        }
        return statuses;
      });
      for (const status of done) counts[status]++;
      return undefined;
    },
  );
  return { read, ...counts, merged: 0, skipped: [] };
}

/** Take the patterns of a file in, a batch a transaction. */
export async function importLines(core: BankCore, source: LineSource, options: ImportOptions): Promise<TransferReport> {
  checkOptions(options, ["origin", "on_invalid", "progress"]);
  const { origin = "import", on_invalid = "raise", progress } = options;
  checkedLine(origin, "origin", LIMITS.actor_bytes);
  checkedChoice(on_invalid, "on_invalid", ["raise", "skip"]);
  const counts = { created: 0, merged: 0 };
  const skipped: SkippedLine[] = [];
  const read = await inBatches(
    objectsOf(source, LIMITS.import_line_bytes, isHeader),
    ({ value, longIntegers }) => {
      const given = inputFrom(value, origin);
      checkedInput(given, longIntegers);
      return given;
    },
    async (batch: readonly PatternInput[], lines: readonly number[]) => {
      const keep = async (some: readonly PatternInput[]): Promise<number> => {
        for (const status of await storeBatch(core, some)) counts[status === "merged" ? "merged" : "created"]++;
        return some.length;
      };
      try {
        return await keep(batch);
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
        // Each is sound, but merged with what is stored one would pass a limit. One by one it can be named.
        return keepOneByOne(batch, lines, keep, on_invalid === "skip" ? skipped : null);
      }
    },
    progress,
    on_invalid === "skip" ? skipped : undefined,
  );
  skipped.sort((one, other) => one.line - other.line);
  return { read: read + skipped.length, ...counts, unchanged: 0, skipped };
}

async function keepOneByOne(
  batch: readonly PatternInput[], lines: readonly number[],
  keep: (some: readonly PatternInput[]) => Promise<number>, skipped: SkippedLine[] | null,
): Promise<number> {
  let kept = 0;
  for (const [at, given] of batch.entries()) {
    try {
      kept += await keep([given]);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      const named = error.field?.replace(/^patterns\[0\]\.?/, "") ?? "";
      const placed = atLine(lines[at]!, new InvalidInput(error.reason, { field: named === "" ? null : named, hint: error.hint }));
      if (skipped === null) throw toBeMended(placed);
      skipped.push({ line: lines[at]!, code: placed.code, message: placed.message });
    }
  }
  return kept;
} // prettier-ignore

async function storeBatch(core: BankCore, given: readonly PatternInput[]): Promise<string[]> {
  const drafts = core.drafting.drafts(given, "merge", "ruled out");
  const vectors = await core.vectors.ofDocuments(drafts.map(({ stored }) => stored.pattern.task_description));
  const model = await core.vectors.model();
  const items = drafts.map(({ stored }, at) => ({ stored, vector: vectors[at]! }));
  const results = await core.write((tables) => storeAll(tables, items, model, "merge"));
  return results.map(({ status }) => status);
}

/** Make something of each line and hand it on in batches; give how many. Bad lines end it, or are skipped. */
async function inBatches<Item>(
  lines: AsyncIterable<LineObject>,
  make: (line: SoundLine) => Item,
  store: (batch: readonly Item[], lines: readonly number[]) => Promise<number | undefined>,
  progress?: (read: number) => void,
  skipped?: SkippedLine[],
): Promise<number> {
  let batch: Item[] = [];
  let numbers: number[] = [];
  let read = 0;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const [items, lines] = [batch, numbers];
    [batch, numbers] = [[], []]; // whatever becomes of them, they are not stored again
    read += (await store(items, lines)) ?? items.length;
    progress?.(read);
  };
  try {
    for await (const line of lines) {
      const { number, value } = line;
      try {
        if (value instanceof InvalidInput) throw value;
        batch.push(make({ ...line, value }));
        numbers.push(number);
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
        const placed = error === value ? error : atLine(number, error);
        if (skipped === undefined) throw placed;
        skipped.push({ line: number, code: placed.code, message: placed.message });
      }
      if (batch.length === BATCH) await flush();
    }
  } catch (error) {
    await flush(); // the lines before the bad one are in
    throw error instanceof InvalidInput && !error.hint?.includes(AGAIN) ? toBeMended(error) : error;
  }
  await flush();
  return read;
}

/** Make the vectors a namespace lacks for the embedder in use, then switch to it in one step. */
export async function reembed(core: BankCore, progress?: (done: number, of: number) => void): Promise<Reembedded> {
  const model = await core.vectors.model();
  let made = 0;
  for (;;) {
    const lacking = await core.write(async (tables) => {
      const found: { id: string; text: string }[] = [];
      for (let last = ""; ; ) {
        const rows = await tables.rowsAfter(core.namespace, last, BATCH);
        for (const row of rows) {
          const kept = await tables.vector(core.namespace, row.id, model);
          const sound = kept?.vector.length === model.dimension && vectorChecksum(kept.vector) === kept.checksum;
          if (!sound) found.push({ id: row.id, text: row.task_description });
        }
        if (rows.length < BATCH) break;
        last = rows[rows.length - 1]!.id;
      }
      // Patterns stored since the search began are found here, inside the same transaction.
      if (found.length === 0) await switchModel(core, tables, model);
      return found;
    });
    if (lacking.length === 0) return { model: model.name, vectors: made };
    for (let start = 0; start < lacking.length; start += BATCH) {
      made += await addVectors(core, model, lacking.slice(start, start + BATCH));
      progress?.(Math.min(made, lacking.length), lacking.length);
    }
  }
}

async function switchModel(core: BankCore, tables: Parameters<Parameters<BankCore["write"]>[0]>[0], model: EmbeddingModel): Promise<void> {
  const current = await tables.currentModel(core.namespace);
  if (current === null || !sameModel(current, model)) await tables.setCurrentModel(core.namespace, model);
}

/** Add vectors whose patterns still have the description they were made from. */
async function addVectors(
  core: BankCore, model: EmbeddingModel, wanted: readonly { id: string; text: string }[],
): Promise<number> {
  const vectors = await core.vectors.ofDocuments(wanted.map(({ text }) => text));
  return core.write(async (tables) => {
    const kept: string[] = [];
    for (const [at, { id, text }] of wanted.entries()) {
      const row = await tables.row(core.namespace, id);
      if (row?.task_description !== text) continue;
      await tables.putVector(row, model, vectors[at]!);
      kept.push(id);
    }
    await tables.log(core.namespace, kept, "put");
    return kept.length;
  });
} // prettier-ignore
