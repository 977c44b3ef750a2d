/** The orders of the bank, for engines that sort by hand. */

import type { PatternRow } from "./rows.js";

/** Give whether a pattern is offered at a time. */
export function isOffered(row: Pick<PatternRow, "state" | "expires_at">, now: string): boolean {
  return row.state === "active" && (row.expires_at === null || row.expires_at > now);
}

/** Compare by success score descending, nulls last, then newest, then id. */
export function byCategoryOrder(first: PatternRow, second: PatternRow): number {
  if (first.success_score !== second.success_score) return (second.success_score ?? -1) - (first.success_score ?? -1);
  if (first.created_at !== second.created_at) return first.created_at > second.created_at ? -1 : 1;
  return first.id < second.id ? -1 : 1;
}

/** Compare by id. */
export function byId(first: { readonly id: string }, second: { readonly id: string }): number {
  return first.id < second.id ? -1 : first.id > second.id ? 1 : 0;
}
