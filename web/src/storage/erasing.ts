/** Erasing: a pattern and everything said about it. */

import type { Erasure } from "../domain/pattern.js";
import { utf8 } from "../domain/utf8.js";
import { patternOf, type PatternRow } from "./rows.js";
import { count, missing } from "./storing.js";
import type { Storage, Tables } from "./tables.js";

const NEEDLE_BYTES = 24;
const NEEDLES_PER_TEXT = 8;
const DIFFERENT_BYTES = 8;

/** Remove a pattern and all that was kept about it, then have the engine get rid of left-over bytes. */
export async function erase(storage: Storage, namespace: string, id: string): Promise<Erasure> {
  const { rows, texts } = await storage.write(async (tables) => {
    const row = await tables.row(namespace, id);
    const said = await textsOf(tables, namespace, id, row);
    const removed = await removeAll(tables, namespace, id, row);
    const any = Object.keys(removed).length > 0;
    if (!any && !(await tables.wasErased(namespace, id))) throw missing(id);
    if (any) await tables.log(namespace, [id], "erase");
    return { rows: removed, texts: said };
  });
  return { id, rows, ...(await storage.scrub(needlesOf(texts))) };
}

async function textsOf(
  tables: Tables, namespace: string, id: string, row: PatternRow | undefined,
): Promise<string[]> {
  const notes = await Promise.all([
    tables.history(namespace, id),
    tables.observations(namespace, id),
    tables.outcomes(namespace, id),
  ]);
  return [
    ...(row === undefined ? [] : [row.task_description, row.strategy, row.title ?? "", row.data]),
    ...notes[0].map(({ before }) => before),
    ...notes[1].map(({ content }) => content),
    ...notes[2].map(({ evidence }) => evidence),
  ];
} // prettier-ignore

async function removeAll(
  tables: Tables, namespace: string, id: string, row: PatternRow | undefined,
): Promise<Record<string, number>> {
  const removed: Record<string, number> = {};
  if (row !== undefined) {
    removed["pattern_embeddings"] = await tables.deleteRow(namespace, id);
    removed["patterns"] = 1;
    await count(tables, patternOf(row), -1);
  }
  Object.assign(removed, await tables.removeNotes(namespace, id), await tables.removeTraces(namespace, id));
  return Object.fromEntries(Object.entries(removed).filter(([, rows]) => rows > 0));
} // prettier-ignore

/** Give pieces of the erased texts, spread over each, that are unlike enough to prove something. */
function needlesOf(texts: readonly string[]): Uint8Array[] {
  const needles: Uint8Array[] = [];
  for (const text of new Set(texts)) {
    const bytes = utf8(text);
    const last = bytes.length - NEEDLE_BYTES;
    if (last < 0) continue;
    for (let step = 0; step < NEEDLES_PER_TEXT; step++) {
      const start = Math.floor((last * step) / (NEEDLES_PER_TEXT - 1));
      const piece = bytes.slice(start, start + NEEDLE_BYTES);
      if (new Set(piece).size >= DIFFERENT_BYTES) needles.push(piece);
    }
  }
  return needles;
}
