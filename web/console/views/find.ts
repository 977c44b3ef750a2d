/** Search as one types, and recall as an agent would, with the reasons of each result. */

import { counted, element, keepingFocus } from "../../page/elements.js";
import type { Recall, Why } from "../answers.js";
import { facts, hint, messageOf, namedLink, patternItem, percent } from "../parts.js";
import type { Context, View } from "./view.js";

const SHOWN = 12;
const RECALLED = 3;
const PAUSE_MS = 120;
const MOST_OFFERED = 500;

const LEFT_OUT: Readonly<Record<string, string>> = {
  below_threshold: "not similar enough",
  unreliable: "worked too rarely",
  other_group: "from the same experience as another",
  too_alike: "too like another",
  over_k: "others were better",
  over_budget: "no room in the prompt",
};

export function findView(context: Context): View {
  const root = element("div");
  const form = element("form", "", { class: "search", role: "search" });
  const question = element("input", "", { id: "question", type: "search", dir: "auto", maxlength: "4000", autocomplete: "off", placeholder: "Describe a task", "aria-label": "Describe a task", "aria-describedby": "find-hint" }) as HTMLInputElement;
  const category = element("input", "", { id: "category", dir: "auto", maxlength: "256", list: "known", placeholder: "any category", "aria-label": "Category" }) as HTMLInputElement;
  const known = element("datalist", "", { id: "known" });
  const recall = element("button", "Recall and say why", { type: "submit" });
  const row = element("div", "", { class: "row" });
  row.append(category, recall);
  form.append(question, row, known);
  const summary = element("p", "", { class: "hint", role: "status", id: "found", tabindex: "-1" });
  const results = element("div", "", { id: "results" });
  root.append(form, hint("Searched as you type, by meaning. A recall chooses as it does for an agent, says why, and is kept as a recall."), summary, results);
  root.querySelector(".hint")!.id = "find-hint";

  let turn = 0;
  let pause = 0;
  const say = (error: unknown): void => {
    summary.classList.add("wrong");
    summary.textContent = messageOf(error);
  };
  /** Ask something and draw the answer, unless a later question was asked meanwhile. */
  const ask = async <T>(work: Promise<T>, draw: (answer: T, took: number) => Node[], summarise: (answer: T, took: number) => string): Promise<void> => {
    const own = ++turn;
    const begun = performance.now();
    const answer = await work;
    const took = performance.now() - begun;
    if (own !== turn) return;
    summary.classList.remove("wrong");
    summary.textContent = summarise(answer, took);
    keepingFocus(summary, () => results.replaceChildren(...draw(answer, took)));
  };
  const chosen = (): string | null => category.value.trim() || null;
  const search = async (): Promise<void> => {
    const text = question.value.trim();
    if (text === "") {
      turn++;
      summary.textContent = "";
      results.replaceChildren();
      return;
    }
    const draw = (list: HTMLElement): Node[] => (list.childElementCount === 0 ? [] : [list]);
    await ask(
      context.api.similar(text, chosen(), SHOWN),
      (found) => {
        const list = element("ol");
        list.append(...found.map((one) => patternItem(one, context.colours)));
        return draw(list);
      },
      (found, took) => (found.length === 0 ? "Nothing here is close to that." : `${counted(found.length, "pattern")}, most similar first, in ${took.toFixed(0)} ms`),
    );
  };
  const typed = (): void => {
    clearTimeout(pause);
    pause = window.setTimeout(() => void search().catch(say), PAUSE_MS);
  };
  question.addEventListener("input", typed);
  category.addEventListener("input", typed);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(pause);
    const text = question.value.trim();
    if (text === "") {
      question.focus();
      return;
    }
    void ask(
      context.api.recall(text, chosen(), RECALLED),
      (answer) => drawnRecall(answer, context),
      (answer, took) => `${answer.abstained ? "It abstains: nothing is similar and reliable enough" : `${counted(answer.patterns.length, "pattern")} recalled`}, in ${took.toFixed(0)} ms`,
    ).catch(say);
  });
  const refresh = (): Promise<void> => {
    const names = Object.keys(context.overview().stats.categories).sort().slice(0, MOST_OFFERED);
    known.replaceChildren(...names.map((name) => element("option", "", { value: name })));
    return Promise.resolve();
  };
  return { root, refresh };
}

function drawnRecall(recall: Recall, context: Context): Node[] {
  const list = element("ol", "", { class: "recalled" });
  for (const { pattern, why, pitfall } of recall.patterns) {
    const kind = element("p", pitfall ? "A pitfall to avoid" : "Advice to follow", { class: pitfall ? "kind wrong" : "kind" });
    list.append(patternItem(pattern, context.colours, kind, drawnWhy(why, true)));
  }
  const made: Node[] = recall.patterns.length === 0 ? [] : [list];
  if (recall.prompt !== "") {
    const prompt = element("details");
    prompt.append(element("summary", "What the agent is given"), element("pre", recall.prompt, { dir: "auto", tabindex: "0" }));
    made.push(prompt);
  }
  if (recall.left_out.length > 0) made.push(drawnLeftOut(recall, context));
  const { quarantined, expired, other_categories } = recall.hidden;
  const hidden = [
    [quarantined, "quarantined"],
    [expired, "expired"],
    [other_categories, "of other categories"],
  ].filter(([count]) => count !== 0) as [number, string][];
  if (hidden.length > 0) made.push(hint(`Not looked at: ${hidden.map(([count, what]) => `${count.toLocaleString("en")} ${what}`).join(", ")}.`));
  return made;
}

function drawnLeftOut(recall: Recall, context: Context): HTMLElement {
  const left = element("details", "", { class: "left-out" });
  const list = element("ol");
  left.addEventListener("toggle", () => {
    if (list.childElementCount > 0) return; // made when it is first asked for
    for (const { pattern_id, reason, why } of recall.left_out) {
      const item = element("li");
      const heading = element("p");
      heading.append(namedLink(pattern_id, context.api));
      item.append(heading, hint(`Left out: ${LEFT_OUT[reason] ?? reason}.`), drawnWhy(why, false));
      list.append(item);
    }
  });
  left.append(element("summary", `${counted(recall.left_out.length, "candidate")} left out`), list);
  return left;
}

/** Give the parts of a score: what they are made of in words, and each as a bar. */
function drawnWhy(why: Why, open: boolean): HTMLElement {
  const made = element("div", "", { class: "why" });
  made.append(element("p", why.reason, { class: "reason", dir: "auto" }));
  const bars = element("div", "", { class: "row" });
  for (const [name, value] of [["Similar", why.similarity], ["Reliable", why.reliability], ["Recent", why.recency]] as const) {
    const one = element("span", `${name} ${percent(value)} `, { class: "part" });
    one.append(element("meter", "", { value: String(Math.max(0, value)), "aria-hidden": "true" }));
    bars.append(one);
  } // prettier-ignore
  made.append(bars);
  if (open) {
    const more = element("details");
    more.append(
      element("summary", `Score ${why.score.toFixed(3)}`),
      facts([
        ["Experiences near", String(why.neighbours)],
        ["Their successes", `${why.weighted_successes.toFixed(2)}, weighted by who told them and how near they are`],
        ["Their failures", `${why.weighted_failures.toFixed(2)}, weighted alike`],
      ]),
    );
    made.append(more);
  }
  return made;
}
