/** Parts of a card that shows a pattern. */

import { element } from "./elements.js";

/** Strategies longer than this are folded. */
const LONG = 320;
/** Below this a strategy is a record of what does not work. */
const RATHER_FAILED = 0.4;

/** Give a strategy, folded where it is long. */
export function strategyOf(strategy: string): HTMLElement {
  if (strategy.length <= LONG) return element("p", strategy, { class: "strategy", dir: "auto" });
  const folded = element("details", "", { class: "strategy" });
  folded.append(element("summary", strategy, { dir: "auto" }));
  return folded;
}

/** Give the name of a category behind a dot of its colour. */
export function categoryOf(name: string, colour: string): HTMLElement {
  const group = element("span", "", { class: "category" });
  const dot = element("span", "", { class: "dot" });
  dot.style.setProperty("--dot", colour);
  group.append(dot, element("bdi", name));
  return group;
}

/** Give a similarity as a number and a bar. */
export function similarityOf(similarity: number): HTMLElement {
  const near = element("span", `${similarity.toFixed(2)} similar `);
  near.append(element("meter", "", { value: String(Math.max(0, similarity)), "aria-hidden": "true" }));
  return near;
}

/** Give a score, marked where it tells of failure. */
export function scoreOf(score: number): HTMLElement {
  return element("span", `scored ${score.toFixed(2)}`, score < RATHER_FAILED ? { class: "wrong" } : {});
}
