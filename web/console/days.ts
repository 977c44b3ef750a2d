/** From what the server counted by day to lines over time. */

import type { ProgressDay } from "./answers.js";
import type { Line } from "./charts.js";
import type { Colours } from "./parts.js";

const DAY_MS = 86_400_000;
/** More days than this are not drawn one by one; the first ones are put together. */
const MOST_DAYS = 366;

/** Give every day from the first to the last, also those on which nothing was. */
export function everyDay(days: readonly { readonly day: string }[]): string[] {
  if (days.length === 0) return [];
  const times = days.map(({ day }) => Date.parse(day));
  const last = Math.max(...times);
  const first = Math.max(Math.min(...times), last - (MOST_DAYS - 1) * DAY_MS);
  return Array.from({ length: Math.round((last - first) / DAY_MS) + 1 }, (_, at) => new Date(first + at * DAY_MS).toISOString().slice(0, 10));
}

/** Give how many patterns had been made by the end of each day. */
export function growth(days: readonly string[], counted: readonly ProgressDay[]): number[] {
  const made = new Map<string, number>();
  let before = 0;
  for (const { day, created } of counted) {
    if (day < days[0]!) before += created;
    else made.set(day, (made.get(day) ?? 0) + created);
  }
  return days.map((day) => (before += made.get(day) ?? 0));
}

/** Give the share of success by day and category, over this day and the 13 before it. */
export function successLines(days: readonly string[], counted: readonly ProgressDay[], colours: Colours): Line[] {
  const groups = new Map<string | null, ProgressDay[]>();
  for (const one of counted) if (one.outcomes > 0) groups.set(one.category, [...(groups.get(one.category) ?? []), one]);
  const order = [...colours.largest, null].filter((name) => groups.has(name));
  return order.map((name) => ({
    name: name ?? "the rest",
    colour: colours.of(name),
    values: shares(days, groups.get(name)!.map(({ day, outcomes, score }) => ({ day, count: outcomes, score }))),
  })); // prettier-ignore
}

/** So many days are looked at together, and so many outcomes are enough to speak of a share. */
const SPAN = 14;
const ENOUGH = 5;

/** Give for each day the mean score of it and the 13 days before it; null where too little was told. */
export function shares(days: readonly string[], told: readonly { readonly day: string; readonly count: number; readonly score: number }[]): (number | null)[] {
  const counts = days.map(() => 0);
  const scores = days.map(() => 0);
  const place = new Map(days.map((day, at) => [day, at]));
  for (const { day, count, score } of told) {
    const at = place.get(day);
    if (at === undefined) continue;
    counts[at]! += count;
    scores[at]! += score;
  }
  return days.map((_, at) => {
    const from = Math.max(0, at - SPAN + 1);
    const count = counts.slice(from, at + 1).reduce((sum, one) => sum + one, 0);
    const score = scores.slice(from, at + 1).reduce((sum, one) => sum + one, 0);
    return count < ENOUGH ? null : score / count;
  });
}
