/** Erasing: a pattern and everything said about it. */

import type { Erasure } from "../domain/pattern.js";
import { utf8 } from "../domain/utf8.js";
import { bytesOf } from "./scanning.js";
import { patternOf, type PatternRow } from "./rows.js";
import { count, missing } from "./storing.js";
import type { Storage, Tables } from "./tables.js";

const NEEDLE_BYTES = 24;
const NEEDLES_PER_TEXT = 8;
const DIFFERENT_BYTES = 8;
const ID_OR_TIME = /^[0-9a-f:.TZ-]+$/;

/** Remove a pattern and all that was kept about it, then have the engine get rid of left-over bytes. */
export async function erase(storage: Storage, namespace: string, id: string): Promise<Erasure> {
  const { rows, said } = await storage.write(async (tables) => {
    const row = await tables.row(namespace, id);
    const said = await contentOf(tables, namespace, id, row);
    const rows = await removeAll(tables, namespace, id, row);
    const any = Object.keys(rows).length > 0;
    if (!any && !(await tables.wasErased(namespace, id))) throw missing(id);
    if (any) await tables.log(namespace, [id], "erase");
    return { rows, said: any ? said : null };
  });
  const needles = said === null ? null : needlesOf(said);
  return { id, rows, ...(await storage.scrub({ namespace, id, needles })) };
}

/** Give everything stored about a pattern that must be gone afterwards. */
async function contentOf(
  tables: Tables, namespace: string, id: string, row: PatternRow | undefined,
): Promise<Uint8Array[]> {
  const model = await tables.currentModel(namespace);
  const kept = model === null ? undefined : await tables.vector(namespace, id, model);
  const [changes, observations, outcomes] = await Promise.all([
    tables.history(namespace, id),
    tables.observations(namespace, id),
    tables.outcomes(namespace, id),
  ]);
  const texts = [
    ...(row === undefined ? [] : [row.task_description, row.strategy, row.title ?? "", row.data]),
    ...changes.map(({ before }) => before),
    ...observations.map(({ content }) => content),
    ...outcomes.map(({ evidence }) => evidence),
  ];
  const vectors = kept === undefined ? [] : [bytesOf(kept.vector)];
  return [...[...new Set(texts)].map(utf8), ...vectors];
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

/** Give pieces of what was erased, spread over each part, that are unlike enough to prove something. */
function needlesOf(said: readonly Uint8Array[]): Uint8Array[] {
  const needles: Uint8Array[] = [];
  for (const bytes of said) {
    const last = bytes.length - NEEDLE_BYTES;
    if (last < 0) continue;
    const starts = new Set(Array.from({ length: NEEDLES_PER_TEXT }, (_, step) => Math.floor((last * step) / (NEEDLES_PER_TEXT - 1))));
    for (const start of starts) {
      const piece = bytes.slice(start, start + NEEDLE_BYTES);
      if (new Set(piece).size >= DIFFERENT_BYTES && !ID_OR_TIME.test(String.fromCharCode(...piece))) needles.push(piece);
    }
  }
  return needles;
}
