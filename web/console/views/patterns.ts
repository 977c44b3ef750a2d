/** All patterns, newest first, a page at a time; by category or only the quarantined ones. */

import { element, keepingFocus } from "../../page/elements.js";
import type { PatternInfo } from "../answers.js";
import { button, hint, number, patternItem } from "../parts.js";
import type { Context, View } from "./view.js";

const PAGE = 50;
const MOST_OFFERED = 500;

export function patternsView(context: Context, given: string): View {
  const root = element("div");
  let category = given === "" ? undefined : decodeURIComponent(given);
  let shown: PatternInfo[] = [];
  let next: string | null = null;
  const choice = element("select", "", { id: "of-category", "aria-label": "Category" }) as HTMLSelectElement;
  const list = element("ol");
  const said = element("p", "", { class: "hint", role: "status", tabindex: "-1" });
  const more = button("Show more", "more", () => void context.told(async () => {
    await page(next ?? undefined);
    return "";
  })); // prettier-ignore
  root.append(choice, said, list, more);

  const page = async (after?: string): Promise<void> => {
    const answer = await context.api.patterns({ category, after, limit: PAGE });
    const first = after === undefined ? 0 : shown.length;
    shown = after === undefined ? [...answer.patterns] : [...shown, ...answer.patterns];
    next = answer.next;
    const items = shown.slice(first).map((one) => patternItem(one, context.colours));
    if (first === 0) keepingFocus(said, () => list.replaceChildren(...items));
    else list.append(...items);
    if (first > 0) (items[0]?.querySelector("a") ?? more).focus();
    const { stats } = context.overview();
    const all = category === undefined ? stats.total_patterns : (stats.categories[category] ?? 0);
    said.textContent = all === 0 ? "Nothing is kept here yet." : `${number(shown.length)} of ${number(all)}, newest first`;
    more.hidden = next === null;
  };
  choice.addEventListener("change", () => {
    category = choice.value === "" ? undefined : choice.value;
    history.replaceState(null, "", `#/patterns/${encodeURIComponent(choice.value)}`);
    void context.told(async () => {
      await page();
      return "";
    });
  });
  const refresh = async (): Promise<void> => {
    const bySize = Object.entries(context.overview().stats.categories).sort(([one, few], [other, many]) => many - few || (one < other ? -1 : 1));
    const names = bySize.slice(0, MOST_OFFERED).map(([name]) => name);
    if (category !== undefined && !names.includes(category)) names.push(category);
    choice.replaceChildren(element("option", "All categories", { value: "" }), ...names.map((name) => element("option", name, { value: name, dir: "auto" })));
    choice.value = category ?? "";
    if (shown.length <= PAGE) await page(); // a list that was read on is left as it is
  };
  root.append(hint("A name opens the life of a pattern."));
  return { root, refresh };
}
