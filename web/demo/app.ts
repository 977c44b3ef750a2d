/** The demo page: a bank in this browser, to add to, search and look at. */

import { defaultEmbedder, ReasoningBankAdapter, ReasoningBankError, type Pattern, type PatternInput, type SimilarPattern } from "../src/index.js";
import { EXAMPLES } from "./examples.js";
import { placesOf } from "./map.js";

const MOST_ON_MAP = 300;
const SHOWN = 12;
/** Below this a pattern is likely about something else. */
const WEAK = 0.25;

const part = <T extends Element = HTMLElement>(id: string): T => document.getElementById(id) as unknown as T;
const bank = new ReasoningBankAdapter(new URLSearchParams(location.search).get("bank") ?? "demo");
const question = part<HTMLInputElement>("question");
let category: string | null = null;
let asked = 0;
let vectors = new Map<string, Int8Array>();

/** Make an element with text in it; nothing that is stored ever becomes markup. */
function element(name: string, text = "", attributes: Record<string, string> = {}): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function colourOf(name: string, names: readonly string[]): string {
  return `var(--c${String(Math.max(0, names.indexOf(name)) % 8)})`;
}

/** Show in a line what came of something, errors with the way out that they name. */
async function told(line: HTMLElement, work: () => Promise<string>): Promise<void> {
  try {
    line.classList.remove("wrong");
    line.textContent = await work();
  } catch (error) {
    line.classList.add("wrong");
    line.textContent = error instanceof ReasoningBankError ? error.message : `That did not work: ${String(error)}`;
  }
}

async function showResults(): Promise<void> {
  const turn = ++asked;
  const text = question.value.trim();
  const stats = await bank.getStats();
  const names = Object.keys(stats.categories).sort();
  let found: (Pattern | SimilarPattern)[];
  const begun = performance.now();
  if (text !== "") found = await bank.findSimilar(text, category, SHOWN, { min_similarity: 0.05 });
  else {
    const wanted = category === null ? names : [category];
    found = (await Promise.all(wanted.map((name) => bank.searchByCategory(name, SHOWN)))).flat().slice(0, SHOWN);
  }
  const took = performance.now() - begun;
  if (turn !== asked) return; // a later question has been asked meanwhile
  part("results").replaceChildren(...found.map((pattern) => resultOf(pattern, names)));
  part("summary").textContent = summaryOf(text, found.length, stats.total_patterns, took);
  for (const dot of part("map").querySelectorAll("circle")) {
    dot.classList.toggle("found", text !== "" && found.slice(0, 3).some(({ id }) => id === dot.dataset["id"]));
  }
}

function summaryOf(text: string, count: number, total: number, took: number): string {
  if (total === 0) return "Nothing is kept yet. Keep a strategy, or add the examples.";
  if (text === "") return "The best of each category; describe a task to search all of them.";
  if (count === 0) return "Nothing here is about that.";
  return `${String(count)} of ${String(total)}, most similar first, in ${took.toFixed(1)} ms`;
}

function resultOf(pattern: Pattern | SimilarPattern, names: readonly string[]): HTMLElement {
  const item = element("li");
  if ("similarity" in pattern && pattern.similarity < WEAK) item.classList.add("weak");
  const facts = element("div", "", { class: "facts" });
  const group = element("span", pattern.task_category);
  group.prepend(element("span", "", { class: "dot", style: `--dot: ${colourOf(pattern.task_category, names)}` }));
  facts.append(group);
  if ("similarity" in pattern) {
    const near = element("span", `${pattern.similarity.toFixed(2)} similar `);
    near.append(element("meter", "", { value: String(Math.max(0, pattern.similarity)), "aria-hidden": "true" }));
    facts.append(near);
  }
  if (pattern.success_score !== null) facts.append(element("span", `scored ${pattern.success_score.toFixed(2)}`));
  if (pattern.uses > 0) facts.append(element("span", `worked ${String(pattern.successes)} of ${String(pattern.uses)}`));
  const last = element("span", "", { class: "last" });
  last.append(
    action("It worked", () => bank.recordOutcome({ pattern: pattern.id, success: true, source: "human" })),
    action("It did not", () => bank.recordOutcome({ pattern: pattern.id, success: false, source: "human" })),
    action("Erase", () => bank.erase(pattern.id)),
  );
  facts.append(last);
  item.append(element("h3", pattern.task_description), element("p", pattern.strategy), facts);
  return item;
}

function action(label: string, work: () => Promise<unknown>): HTMLElement {
  const button = element("button", label, { type: "button", class: "plain" });
  button.addEventListener("click", () => {
    void told(part("summary"), async () => {
      await work();
      await showAll();
      return part("summary").textContent;
    });
  });
  return button;
}

async function showBank(): Promise<void> {
  const stats = await bank.getStats();
  const names = Object.keys(stats.categories).sort();
  const lasting = stats.persistent ? "kept in this browser" : "in memory: gone when this page is closed";
  const count = stats.total_patterns === 1 ? "1 pattern" : `${String(stats.total_patterns)} patterns`;
  part("where").textContent = `${count}, ${lasting}`;
  part("categories").replaceChildren(
    ...[null, ...names].map((name) => {
      const chip = element("button", name ?? "All", { type: "button", "aria-pressed": String(name === category) });
      chip.addEventListener("click", () => {
        category = name;
        void showBank().then(showResults);
      });
      return chip;
    }),
  );
  part("known").replaceChildren(...names.map((name) => element("option", "", { value: name })));
  part("stats").replaceChildren(
    ...[
      ["Patterns", `${String(stats.total_patterns)} (${String(stats.active_patterns)} offered)`],
      ["Categories", String(names.length)],
      ["Kept in", stats.path ?? "memory"],
      ["Engine", stats.engine],
      ["Because", stats.reason],
      ["Embedder", stats.embedding_model ?? "none yet"],
    ].flatMap(([term, value]) => [element("dt", term), element("dd", value)]),
  );
  await showMap(names);
}

async function showMap(names: readonly string[]): Promise<void> {
  const patterns = (await Promise.all(names.map((name) => bank.searchByCategory(name, MOST_ON_MAP)))).flat().slice(0, MOST_ON_MAP);
  if (patterns.length > 0) {
    const embedder = await defaultEmbedder();
    const known = vectors;
    vectors = new Map();
    for (const { id, task_description } of patterns) {
      vectors.set(id, known.get(id) ?? ((await embedder.embedQuery(task_description)) as Int8Array));
    }
  }
  const places = placesOf(patterns.map(({ id }) => ({ id, vector: vectors.get(id)! })));
  const map = part<SVGSVGElement>("map");
  map.replaceChildren(
    ...places.map(({ x, y }, at) => {
      const pattern = patterns[at]!;
      const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
      const attributes = { cx: 18 + x * 284, cy: 18 + y * 184, r: 5 + 3 * (pattern.success_score ?? 0.3) };
      for (const [name, value] of Object.entries(attributes)) dot.setAttribute(name, String(value));
      dot.style.fill = colourOf(pattern.task_category, names);
      dot.dataset["id"] = pattern.id;
      const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
      title.textContent = `${pattern.task_description} (${pattern.task_category})`;
      dot.append(title);
      return dot;
    }),
  );
  part("legend").textContent =
    places.length === 0 ? "A map appears when there are patterns." : "Near points are about like tasks; larger ones scored better.";
}

async function showAll(): Promise<void> {
  await showBank();
  await showResults();
}

part<HTMLFormElement>("add").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  const fields = Object.fromEntries(new FormData(form)) as Record<string, string>;
  void told(part("kept"), async () => {
    const stored = await bank.put({ ...(fields as unknown as PatternInput), success_score: Number(fields["success_score"]) });
    form.reset();
    showScore();
    await showAll();
    return stored.status === "merged" ? "Kept: it was there already, so the two are one." : "Kept.";
  });
});

function showScore(): void {
  const range = document.querySelector<HTMLInputElement>("[name=success_score]")!;
  (range.nextElementSibling as HTMLOutputElement).value = Number(range.value).toFixed(2);
}

document.querySelector("[name=success_score]")!.addEventListener("input", showScore);
question.addEventListener("input", () => void told(part("summary"), async () => {
  await showResults();
  return part("summary").textContent;
}));
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || /^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "")) return;
  event.preventDefault();
  question.focus();
});
part("export").addEventListener("click", () => void told(part("moved"), async () => {
  const text = await bank.exportJsonl();
  const link = element("a", "", { download: "reasoningbank.jsonl" }) as HTMLAnchorElement;
  link.href = URL.createObjectURL(new Blob([text], { type: "application/jsonl" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  return `Exported ${String(text.split("\n").length - 2)} patterns.`;
}));
part<HTMLInputElement>("import").addEventListener("change", (event) => void told(part("moved"), async () => {
  const input = event.currentTarget as HTMLInputElement;
  const file = input.files?.[0];
  if (file === undefined) return "";
  const report = await bank.importJsonl(file, { origin: file.name.slice(0, 200), on_invalid: "skip" });
  input.value = "";
  await showAll();
  const skipped = report.skipped.length === 0 ? "" : `, ${String(report.skipped.length)} lines left out`;
  return `Imported ${String(report.created)} new, ${String(report.merged)} known${skipped}.`;
}));
part("examples").addEventListener("click", () => void told(part("moved"), async () => {
  await bank.storePatterns(EXAMPLES);
  await showAll();
  return "Added twelve examples.";
}));

void told(part("where"), async () => {
  await showAll();
  document.documentElement.dataset["ready"] = "true";
  return part("where").textContent;
});
if ("serviceWorker" in navigator && isSecureContext) {
  navigator.serviceWorker.register("sw.js").catch((error: unknown) => {
    console.warn("reasoningbank: this page will not open offline", error);
  });
}
