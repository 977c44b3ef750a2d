/** What was found, as cards. */

import type { Pattern, SimilarPattern } from "../src/index.js";
import { element } from "./elements.js";

/** Strategies longer than this are folded. */
const LONG = 320;
/** Below this a strategy is a record of what does not work. */
const RATHER_FAILED = 0.4;

/** What the buttons of a card do. */
export interface CardActions {
  tell(pattern: Pattern, success: boolean): void;
  erase(pattern: Pattern): void;
}

/** Give a pattern as an item of a list; `colour` is that of its category. */
export function cardOf(pattern: Pattern | SimilarPattern, colour: string, actions: CardActions): HTMLElement {
  const item = element("li", "", { dir: "auto" });
  item.append(element("h3", pattern.title ?? pattern.task_description));
  if (pattern.title !== null) item.append(element("p", pattern.task_description, { class: "task", dir: "auto" }));
  item.append(strategyOf(pattern), factsOf(pattern, colour, actions));
  return item;
}

function strategyOf({ strategy }: Pattern): HTMLElement {
  if (strategy.length <= LONG) return element("p", strategy, { class: "strategy", dir: "auto" });
  const folded = element("details", "", { class: "strategy" });
  folded.append(element("summary", strategy, { dir: "auto" }));
  return folded;
}

function factsOf(pattern: Pattern | SimilarPattern, colour: string, actions: CardActions): HTMLElement {
  const facts = element("div", "", { class: "facts", dir: "ltr" });
  const group = element("span", pattern.task_category, { class: "category" });
  const dot = element("span", "", { class: "dot" });
  dot.style.setProperty("--dot", colour);
  group.prepend(dot);
  facts.append(group);
  if ("similarity" in pattern) {
    const near = element("span", `${pattern.similarity.toFixed(2)} similar `);
    near.append(element("meter", "", { value: String(Math.max(0, pattern.similarity)), "aria-hidden": "true" }));
    facts.append(near);
  }
  const score = pattern.success_score;
  if (score !== null) facts.append(element("span", `scored ${score.toFixed(2)}`, score < RATHER_FAILED ? { class: "wrong" } : {}));
  if (pattern.uses > 0) facts.append(element("span", `worked ${String(pattern.successes)} of ${String(pattern.uses)}`));
  const last = element("span", "", { class: "last" });
  last.append(
    button(pattern, "It worked", () => actions.tell(pattern, true)),
    button(pattern, "It did not", () => actions.tell(pattern, false)),
    eraseButton(pattern, actions),
  );
  facts.append(last);
  return facts;
}

function button(pattern: Pattern, label: string, work: () => void): HTMLElement {
  const made = element("button", label, { type: "button", class: "plain", "data-key": `${pattern.id} ${label}` });
  made.setAttribute("aria-label", `${label}: ${pattern.title ?? pattern.task_description}`);
  made.addEventListener("click", work);
  return made;
}

/** Erasing cannot be undone, so the button asks once more, and forgets the question when it is left. */
function eraseButton(pattern: Pattern, actions: CardActions): HTMLElement {
  let sure = false;
  const name = pattern.title ?? pattern.task_description;
  const ask = (now: boolean): void => {
    sure = now;
    made.textContent = sure ? "Erase for good" : "Erase";
    made.setAttribute("aria-label", `${made.textContent}: ${name}`);
    made.classList.toggle("danger", sure);
  };
  const made = button(pattern, "Erase", () => {
    if (sure) actions.erase(pattern);
    else ask(true);
  });
  made.addEventListener("blur", () => ask(false));
  return made;
}
