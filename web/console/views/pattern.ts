/** One pattern's life: what it says, where it came from, what came of it, and who said so. */

import { counted, element } from "../../page/elements.js";
import type { Life, Link, Outcome, Step, Trajectory } from "../answers.js";
import { button, facts, hint, nameOf, patternLink, percent, section, table, timeOf } from "../parts.js";
import type { Context, View } from "./view.js";

const SHOWN = 50;
const CONFIRMING = new Set(["test", "environment", "human"]);
const LINKS: Readonly<Record<string, readonly [string, string]>> = {
  derived_from: ["derived from the experience", "the experience behind"],
  supersedes: ["supersedes", "superseded by"],
  contradicts: ["contradicts", "contradicted by"],
  duplicate_of: ["a duplicate of", "kept instead of"],
};

export function patternView(context: Context, id: string): View {
  const root = element("div");
  const refresh = async (): Promise<void> => {
    const life = await context.api.life(decodeURIComponent(id));
    root.replaceChildren(...drawn(life, decodeURIComponent(id), context, refresh));
  };
  return { root, refresh };
}

function drawn(life: Life, id: string, context: Context, refresh: () => Promise<void>): HTMLElement[] {
  return [
    life.pattern === null ? section("Deleted", hint("This pattern is deleted; what is kept of it is below.")) : pattern(life, context, refresh),
    ...(life.pattern === null ? [] : [confirmed(life)]),
    ...life.trajectories.map(trajectory),
    outcomes(life.outcomes),
    ...(life.links.length === 0 ? [] : [links(life.links, id)]),
    historyOf(life),
  ];
}

function pattern(life: Life, context: Context, refresh: () => Promise<void>): HTMLElement {
  const one = life.pattern!;
  const act = (label: string, key: string, work: () => Promise<unknown>, done: string): HTMLElement =>
    button(label, key, () => void context.told(async () => {
      await work();
      await refresh();
      root.querySelector<HTMLElement>(`[data-key="${key}"]`)?.focus();
      return done;
    })); // prettier-ignore
  const row = element("div", "", { class: "row" });
  const quarantined = one.state === "quarantined";
  row.append(
    act("It worked", "worked", () => context.api.tellOutcome(one.id, true), "Noted that it worked."),
    act("It did not", "failed", () => context.api.tellOutcome(one.id, false), "Noted that it did not work."),
    quarantined
      ? act("Offer it again", "state", () => context.api.setState(one.id, "active", one.version), "It is offered again.")
      : act("Quarantine it", "state", () => context.api.setState(one.id, "quarantined", one.version), "It is quarantined: nothing offers it."),
  );
  const root = section(nameOf(one));
  root.firstElementChild!.setAttribute("dir", "auto");
  if (one.title !== null) root.append(element("p", one.task_description, { class: "task", dir: "auto" }));
  root.append(
    element("p", one.strategy, { class: "strategy", dir: "auto" }),
    facts([
      ["Category", one.task_category],
      ["State", quarantined ? "quarantined" : "offered"],
      ["Trust", one.trust],
      ...(one.success_score === null ? [] : [["Scored", one.success_score.toFixed(2)] as const]),
      ["Used", one.uses === 0 ? "not yet" : `${counted(one.uses, "time")}, worked ${String(one.successes)}, failed ${String(one.failures)}`],
      ["Made", timeOf(one.created_at)],
      ...(one.last_used_at === null ? [] : [["Last used", timeOf(one.last_used_at)] as const]),
      ...(one.expires_at === null ? [] : [["Expires", timeOf(one.expires_at)] as const]),
      ...(one.tags.length === 0 ? [] : [["Tags", one.tags.join(", ")] as const]),
      ["Id", one.id],
    ]),
    row,
  );
  return root;
}

function confirmed({ outcomes, reliability, observations }: Life): HTMLElement {
  const by = new Map<string, number>();
  for (const { source } of outcomes) by.set(source, (by.get(source) ?? 0) + 1);
  const said = [...by].map(([source, count]) => `${source} ${counted(count, "time")}`).join(", ");
  const strong = outcomes.filter(({ source }) => CONFIRMING.has(source));
  const actors = [...new Set(strong.map(({ actor }) => actor))];
  return section(
    "Who confirmed it",
    facts([
      ["Told by", said === "" ? "nobody yet" : said],
      ["Confirmed by", strong.length === 0 ? "no test, environment or person" : `${counted(strong.length, "outcome")} of a test, the environment or a person, noted by ${actors.join(", ")}`],
      ...(reliability === null ? [] : [["Works", `${percent(reliability.posterior_mean)} expected, from ${counted(reliability.outcomes, "outcome")}`] as const]),
      ...(observations.length === 0 ? [] : [["Stored again", counted(observations.length, "time")] as const]),
    ]),
  );
}

function trajectory(one: Trajectory): HTMLElement {
  const made = section("The experience it came from", element("p", one.task_description, { class: "task", dir: "auto" }));
  const steps = element("ol", "", { class: "steps" });
  steps.append(...one.steps.map(step));
  const ended = one.verdict === null ? "not judged yet" : `${one.verdict.kind}, says ${one.verdict.source}`;
  made.append(steps, facts([
    ["Ended", ended],
    ...(one.verdict === null || one.verdict.reasons.length === 0 ? [] : [["Because", one.verdict.reasons.join(" ")] as const]),
    ["State", one.state],
    ["Kept by", one.actor],
    ["Kept", timeOf(one.created_at)],
  ])); // prettier-ignore
  return made;
}

function step({ thought, action, observation, error, duration_seconds }: Step): HTMLElement {
  const item = element("li");
  if (thought !== null) item.append(element("p", thought, { class: "task", dir: "auto" }));
  item.append(element("pre", action, { dir: "auto", tabindex: "0" }));
  if (observation !== null) item.append(element("pre", observation, { class: "observed", dir: "auto", tabindex: "0" }));
  if (error !== null) item.append(element("pre", error, { class: "observed wrong", dir: "auto", tabindex: "0" }));
  if (duration_seconds !== null) item.append(hint(`${duration_seconds.toFixed(1)} s`));
  return item;
}

function outcomes(all: readonly Outcome[]): HTMLElement {
  if (all.length === 0) return section("Outcomes", hint("None was told yet."));
  const newest = [...all].reverse();
  const rows = newest.slice(0, SHOWN).map(({ at, kind, score, source, actor, evidence, recall_id }) => [
    timeOf(at),
    score === null ? kind : `${kind} (${score.toFixed(2)})`,
    source,
    actor,
    [recall_id === null ? "" : "after a recall", Object.keys(evidence).length === 0 ? "" : JSON.stringify(evidence)].filter((text) => text !== "").join("; "),
  ]);
  const left = all.length - SHOWN;
  return section("Outcomes", table("Outcomes, newest first", ["When", "How it ended", "Who says so", "Noted by", "Shown by"], rows), ...(left > 0 ? [hint(`and ${counted(left, "older one")}`)] : []));
}

function links(all: readonly Link[], id: string): HTMLElement {
  const list = element("ul", "", { class: "lines" });
  for (const { source_id, target_id, kind, actor, at } of all.slice(0, SHOWN)) {
    const outward = source_id === id;
    const other = outward ? target_id : source_id;
    const item = element("li");
    const words = LINKS[kind]?.[outward ? 0 : 1] ?? kind;
    const said = element("span", "", { class: "hint" });
    said.append(timeOf(at), ", by ", element("bdi", actor));
    const line = element("span", `${words} `);
    line.append(kind === "derived_from" ? element("code", other) : patternLink(other, other));
    item.append(line, said);
    list.append(item);
  }
  return section("Links", list);
}

function historyOf({ history }: Life): HTMLElement {
  const newest = [...history].reverse();
  const rows = newest.slice(0, SHOWN).map(({ at, kind, actor, before }) => [timeOf(at), kind, actor, before === null || Object.keys(before).length === 0 ? "" : changedText(before)]);
  return section("History", table("Changes, newest first", ["When", "What", "By", "It was before"], rows));
}

const LONG = 160;

function changedText(before: Readonly<Record<string, unknown>>): string {
  return Object.entries(before)
    .map(([name, value]) => `${name}: ${clipped(typeof value === "string" ? value : JSON.stringify(value))}`)
    .join("\n");
}

function clipped(text: string): string {
  return text.length > LONG ? `${text.slice(0, LONG)} …` : text;
}
