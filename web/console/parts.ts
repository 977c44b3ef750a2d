/** Parts that several views are made of. */

import { categoryOf, scoreOf, similarityOf, strategyOf } from "../page/cards.js";
import { counted, element } from "../page/elements.js";
import type { PatternInfo, Similar } from "./answers.js";
import { Away, Refused, type Api } from "./api.js";

const COLOURS = 7;

/** Give the colour of a category: the largest have one each, the rest share a grey. */
export class Colours {
  #largest: readonly string[] = [];

  /** The largest categories, those of most patterns first. */
  get largest(): readonly string[] {
    return this.#largest;
  }

  learn(categories: Readonly<Record<string, number>>): void {
    const bySize = Object.entries(categories).sort(([one, few], [other, many]) => many - few || (one < other ? -1 : 1));
    this.#largest = bySize.slice(0, COLOURS).map(([name]) => name);
  }

  of(name: string | null): string {
    const at = name === null ? -1 : this.#largest.indexOf(name);
    return `var(--c${String(at < 0 ? COLOURS : at)})`;
  }
}

/** Give a section with a heading. */
export function section(title: string, ...children: readonly (Node | string)[]): HTMLElement {
  const made = element("section");
  made.append(element("h3", title), ...children);
  return made;
}

/** Give a paragraph of small text. */
export function hint(text: string): HTMLElement {
  return element("p", text, { class: "hint", dir: "auto" });
}

/** Give a button that does something; it can be found again by its key when the view is drawn anew. */
export function button(label: string, key: string, work: () => void, look = "plain"): HTMLButtonElement {
  const made = element("button", label, { type: "button", class: look, "data-key": key }) as HTMLButtonElement;
  made.addEventListener("click", work);
  return made;
}

/** Give terms and what is said of each. */
export function facts(pairs: readonly (readonly [string, string | Node])[]): HTMLElement {
  const made = element("dl");
  for (const [term, value] of pairs) {
    const said = element("dd", "", { dir: "auto" });
    said.append(value);
    made.append(element("dt", term), said);
  }
  return made;
}

/** Give a link to the life of a pattern. */
export function patternLink(id: string, text: string): HTMLElement {
  return element("a", text, { href: `#/pattern/${encodeURIComponent(id)}`, dir: "auto", "data-key": `pattern ${id}` });
}

/** Give a link to the life of a pattern, that gets its name when the server has given it. */
export function namedLink(id: string, api: Api): HTMLElement {
  const link = patternLink(id, id);
  api.pattern(id).then(
    (pattern) => (link.textContent = nameOf(pattern)),
    () => link.setAttribute("title", "There is no such pattern any more."), // its id stays
  );
  return link;
}

/** Give a pattern as an item of a list, with more said below it. */
export function patternItem(pattern: PatternInfo | Similar, colours: Colours, ...more: readonly Node[]): HTMLElement {
  const item = element("li", "", { dir: "auto" });
  const heading = element("h3");
  heading.append(patternLink(pattern.id, nameOf(pattern)));
  item.append(heading);
  if (pattern.title !== null) item.append(element("p", pattern.task_description, { class: "task", dir: "auto" }));
  item.append(strategyOf(pattern.strategy), factsOf(pattern, colours), ...more);
  return item;
}

function factsOf(pattern: PatternInfo | Similar, colours: Colours): HTMLElement {
  const line = element("div", "", { class: "facts", dir: "ltr" });
  line.append(categoryOf(pattern.task_category, colours.of(pattern.task_category)));
  if ("similarity" in pattern) line.append(similarityOf(pattern.similarity));
  if (pattern.success_score !== null) line.append(scoreOf(pattern.success_score));
  if (pattern.uses > 0) line.append(element("span", `worked ${String(pattern.successes)} of ${String(pattern.uses)}`));
  line.append(element("span", pattern.trust));
  if (pattern.state === "quarantined") line.append(element("span", "quarantined", { class: "wrong" }));
  return line;
}

/** Give what a person calls a pattern. */
export function nameOf(pattern: PatternInfo): string {
  return pattern.title ?? pattern.task_description;
}

/** Give a time as a person reads it, exact when hovered over. */
export function timeOf(at: string): HTMLElement {
  const when = new Date(at);
  const shown = when.toLocaleString("en", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
  return element("time", shown, { datetime: at, title: at });
}

/** Give a table; the first column names the row. */
export function table(caption: string, head: readonly string[], rows: readonly (readonly (string | Node)[])[]): HTMLElement {
  const made = element("table");
  const body = element("tbody");
  const top = element("tr");
  top.append(...head.map((text) => element("th", text, { scope: "col" })));
  for (const cells of rows) {
    const row = element("tr");
    cells.forEach((cell, at) => {
      const made = element(at === 0 ? "th" : "td", "", { dir: "auto", ...(at === 0 ? { scope: "row" } : {}) });
      made.append(cell);
      row.append(made);
    });
    body.append(row);
  }
  const header = element("thead");
  header.append(top);
  made.append(element("caption", caption, { class: "hidden" }), header, body);
  const frame = element("div", "", { class: "wide", tabindex: "0", role: "group", "aria-label": caption });
  frame.append(made);
  return frame;
}

/** Give seconds as a person reads them. */
export function secondsText(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds < 0.001) return `${(seconds * 1e6).toFixed(0)} µs`;
  return seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`;
}

/** Give bytes as a person reads them. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return counted(bytes, "byte");
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Give a number with its thousands set apart. */
export function number(value: number): string {
  return value.toLocaleString("en");
}

/** Give a share as per cent. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** Give what an error says to a person. */
export function messageOf(error: unknown): string {
  if (error instanceof Refused && error.status === 401) return "The server does not know this page's token. Start reasoningbank console again and open the address it shows.";
  if (error instanceof Refused) return error.hint === null || error.message.includes(error.hint) ? error.message : `${error.message}. ${error.hint}`;
  if (error instanceof Away) return "The server does not answer. This page goes on when it is back.";
  return `That did not work: ${error instanceof Error ? error.message : String(error)}`;
}
