/** What the bank knows, how it grew, and whether it helps. */

import { counted, element } from "../../page/elements.js";
import type { Progress } from "../answers.js";
import { lineChart } from "../charts.js";
import { everyDay, growth, shares, successLines } from "../days.js";
import { bytesText, facts, hint, number, percent, section, timeOf } from "../parts.js";
import type { Context, View } from "./view.js";

const MOST_CATEGORIES = 12;

export function overviewView(context: Context): View {
  const root = element("div");
  const refresh = async (): Promise<void> => {
    const progress = await context.api.progress();
    root.replaceChildren(tiles(context, progress), growthPart(progress), successPart(context, progress), curvePart(progress), categoriesPart(context), recallsPart(context), placePart(context));
  };
  return { root, refresh };
}

function tiles(context: Context, progress: Progress): HTMLElement {
  const { stats, withheld, today } = context.overview();
  const told = progress.days.reduce((sum, { outcomes }) => sum + outcomes, 0);
  const score = progress.days.reduce((sum, day) => sum + day.score, 0);
  const calls = today.operations.reduce((sum, one) => sum + one.calls, 0);
  const errors = today.operations.reduce((sum, one) => sum + Object.values(one.errors).reduce((all, count) => all + count, 0), 0);
  const made = element("dl", "", { class: "tiles" });
  const tile = (term: string, value: string, more: string): void => {
    const one = element("div");
    one.append(element("dt", term), element("dd", value), element("dd", more, { class: "more" }));
    made.append(one);
  };
  tile("Patterns", number(stats.total_patterns), withheld === 0 ? "all offered" : `${number(withheld)} held back`);
  tile("Categories", number(Object.keys(stats.categories).length), `in ${stats.namespace}`);
  tile("Success", told === 0 ? "–" : percent(score / told), told === 0 ? "no outcome told yet" : `of ${counted(told, "outcome")}`);
  tile("Recalls today", number(today.recalls.recalls), `${number(today.recalls.abstained)} gave nothing`);
  tile("Calls today", number(calls), errors === 0 ? "no error" : counted(errors, "error"));
  return made;
}

function growthPart({ days }: Progress): HTMLElement {
  const shown = everyDay(days);
  if (shown.length === 0) return section("Growth", hint("Nothing is kept yet. Import a file, or let an agent store what worked."));
  const values = growth(shown, days);
  const most = niceTop(values[values.length - 1]!);
  return section("Growth", lineChart("Patterns kept, by day", shown, [{ name: "Patterns", colour: "var(--c0)", values }], most, (value) => number(Math.round(value))));
}

function successPart(context: Context, { days }: Progress): HTMLElement {
  const told = days.filter(({ outcomes }) => outcomes > 0);
  if (told.length === 0) return section("Success by category", hint("No outcome has been told yet."));
  const shown = everyDay(told);
  return section(
    "Success by category",
    hint("Mean score of the outcomes of each day and the 13 before it, where there are five or more."),
    lineChart("Success by category, by day", shown, successLines(shown, told, context.colours), 1, percent),
  );
}

function curvePart({ recalled }: Progress): HTMLElement {
  if (recalled.length === 0) return section("Learning curve", hint("It begins when the end of a task is told for which patterns were recalled."));
  const days = everyDay(recalled);
  const values = shares(days, recalled.map(({ day, tasks, score }) => ({ day, count: tasks, score })));
  const tasks = recalled.reduce((sum, one) => sum + one.tasks, 0);
  return section(
    "Learning curve",
    hint(`Mean score of ${counted(tasks, "task")} that patterns were recalled for, each day with the 13 before it.`),
    lineChart("Success of tasks with recall, by day", days, [{ name: "Success", colour: "var(--c0)", values }], 1, percent),
  );
} // prettier-ignore

function categoriesPart(context: Context): HTMLElement {
  const { categories } = context.overview().stats;
  const bySize = Object.entries(categories).sort(([one, few], [other, many]) => many - few || (one < other ? -1 : 1));
  const most = bySize[0]?.[1] ?? 1;
  const list = element("ul", "", { class: "bars" });
  for (const [name, count] of bySize.slice(0, MOST_CATEGORIES)) {
    const item = element("li");
    const link = element("a", "", { href: `#/patterns/${encodeURIComponent(name)}` });
    link.append(element("bdi", name));
    const bar = element("span", "", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", String(count / most));
    bar.style.setProperty("--dot", context.colours.of(name));
    item.append(link, bar, element("span", number(count), { class: "count" }));
    list.append(item);
  }
  const left = bySize.length - MOST_CATEGORIES;
  return section("Largest categories", list, ...(left > 0 ? [hint(`and ${counted(left, "other category", "other categories")}`)] : []));
}

function recallsPart(context: Context): HTMLElement {
  const { recalls } = context.overview();
  if (recalls.length === 0) return section("Newest recalls", hint("Nothing was recalled yet."));
  const list = element("ul", "", { class: "lines" });
  for (const { task_description, advice, pitfalls, actor, at } of recalls) {
    const item = element("li");
    const shown = advice.length + pitfalls.length;
    const said = element("span", "", { class: "hint" });
    said.append(timeOf(at), shown === 0 ? ", nothing shown, by " : `, ${counted(shown, "pattern")} shown, by `, element("bdi", actor));
    item.append(element("span", task_description, { dir: "auto", class: "clipped" }), said);
    list.append(item);
  }
  return section("Newest recalls", list);
}

function placePart(context: Context): HTMLElement {
  const { stats } = context.overview();
  return section(
    "Where it is",
    facts([
      ["Engine", stats.engine],
      ["Size", stats.persistent ? bytesText(stats.size_bytes) : "in memory, gone when the server ends"],
      ["Embedder", stats.embedding_model ?? "none yet"],
      ["Writing", stats.read_only ? "refused: read-only" : "possible"],
    ]),
  );
}

/** Give four times a round number at or above a value, so that marks fall on whole counts. */
function niceTop(value: number): number {
  const mark = Math.max(1, value / 4);
  const step = 10 ** Math.floor(Math.log10(mark));
  return 4 * ([1, 2, 3, 4, 5, 6, 8].find((times) => times * step >= mark) ?? 10) * step;
}
