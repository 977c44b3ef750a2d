/** The demo page: a bank in this browser, to add to, search and look at. */

import {
  defaultEmbedder,
  ReasoningBankAdapter,
  ReasoningBankError,
  type Pattern,
  type PatternInput,
  type SimilarPattern,
  type TransferReport,
} from "../src/index.js";
import { counted, element, keepingFocus, part } from "./elements.js";
import { drawMap } from "./map.js";
import { keepForOffline } from "./offline.js";
import { cardOf } from "./results.js";

const MOST_ON_MAP = 400;
const SHOWN = 12;
const CHIPS = 8;
/** Below this a pattern is likely about something else. */
const WEAK = 0.25;
const COLOURS = 7;

const bank = new ReasoningBankAdapter(new URLSearchParams(location.search).get("bank") ?? "demo");
const question = part<HTMLInputElement>("question");
const summary = part("summary");
let category: string | null = null;
let allChips = false;
let asked = 0;
let tableIsHere = false;
/** The categories, those of most patterns first. */
let categories: readonly string[] = [];
let vectors = new Map<string, Int8Array>();

/** Give the colour of a category: the largest have one each, the rest share a grey. */
function colourOf(name: string): string {
  const at = categories.indexOf(name);
  return `var(--c${String(at < 0 || at >= COLOURS ? COLOURS : at)})`;
}

/** Show in a line what came of something, errors with the way out that they name. */
async function told(line: HTMLElement, work: () => Promise<string>): Promise<void> {
  try {
    const text = await work();
    line.classList.remove("wrong");
    line.textContent = text;
  } catch (error) {
    line.classList.add("wrong");
    line.textContent = error instanceof ReasoningBankError ? messageOf(error) : `That did not work: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function messageOf({ message, hint }: ReasoningBankError): string {
  return hint === null || message.includes(hint) ? message : `${message}. ${hint}`;
}

/** Search for what is asked and show it; a later question makes an earlier one void. */
async function showResults(): Promise<void> {
  const turn = ++asked;
  const text = question.value.trim();
  const { total_patterns } = await bank.getStats();
  if (text !== "" && !tableIsHere && total_patterns > 0) summary.textContent = "Fetching the table of words, once, 4 MB …";
  const begun = performance.now();
  const found = text === "" ? await bestOfEach() : await bank.findSimilar(text, category, SHOWN, { min_similarity: 0.05 });
  const took = performance.now() - begun;
  if (turn !== asked) return;
  const isNear = (pattern: Pattern | SimilarPattern): boolean => !("similarity" in pattern) || pattern.similarity >= WEAK;
  const near = found.filter(isNear);
  const far = found.filter((pattern) => !isNear(pattern));
  keepingFocus(summary, () => {
    part("results").replaceChildren(...near.map(card));
    part("weaker").querySelector("ol")!.replaceChildren(...far.map(card));
  });
  part("weaker").hidden = far.length === 0;
  part("weaker").querySelector("summary")!.textContent = `${String(far.length)} less alike`;
  summary.classList.remove("wrong");
  summary.textContent = summaryOf(text, near.length, total_patterns, took);
  if (text !== "") tableIsHere = true;
  markOnMap(text === "" ? [] : near.slice(0, 3).map(({ id }) => id));
}

function markOnMap(ids: readonly string[]): void {
  for (const point of part("map").querySelectorAll("circle")) {
    const isFound = ids.includes(point.dataset["id"]!);
    point.classList.toggle("found", isFound);
    if (isFound) point.parentElement!.append(point); // above the others
  }
}

async function bestOfEach(): Promise<Pattern[]> {
  const wanted = category === null ? categories : [category];
  const each = category === null ? 1 : SHOWN;
  return (await Promise.all(wanted.map((name) => bank.searchByCategory(name, each)))).flat().slice(0, SHOWN);
}

function summaryOf(text: string, near: number, total: number, took: number): string {
  if (total === 0) return "Nothing is kept yet. Keep a strategy of your own, or begin with the examples.";
  if (text === "") return category === null ? "The best of the largest categories." : `The best of ${category}.`;
  if (near === 0) return "Nothing here is close to that.";
  return `${counted(near, "pattern")} of ${total.toLocaleString("en")}, most similar first, in ${took.toFixed(1)} ms`;
}

function card(pattern: Pattern | SimilarPattern): HTMLElement {
  return cardOf(pattern, colourOf(pattern.task_category), {
    tell: ({ id }, success) =>
      void told(summary, async () => {
        await bank.recordOutcome({ pattern: id, success, source: "human" });
        await showAll();
        return success ? "Noted that it worked." : "Noted that it did not work.";
      }),
    erase: ({ id }) =>
      void told(summary, async () => {
        await bank.erase(id);
        await showAll();
        return "Erased, with its history.";
      }),
  });
}

async function showBank(): Promise<void> {
  const stats = await bank.getStats();
  const bySize = Object.entries(stats.categories).sort(([one, few], [other, many]) => many - few || (one < other ? -1 : 1));
  categories = bySize.map(([name]) => name);
  if (category !== null && !categories.includes(category)) category = null;
  const lasting = stats.persistent ? "kept in this browser" : "in memory: gone when this page is closed";
  part("where").textContent = `${counted(stats.total_patterns, "pattern")}, ${lasting}`;
  part("examples").hidden = stats.total_patterns > 0;
  keepingFocus(question, () => part("categories").replaceChildren(...chips()));
  part("known").replaceChildren(...categories.map((name) => element("option", "", { value: name })));
  part("stats").replaceChildren(
    ...[
      ["Patterns", `${String(stats.total_patterns)} (${String(stats.active_patterns)} offered)`],
      ["Categories", String(categories.length)],
      ["Kept in", stats.path ?? "memory"],
      ["Engine", stats.engine],
      ["Because", stats.reason],
      ["Embedder", stats.embedding_model ?? "none yet"],
    ].flatMap(([term, value]) => [element("dt", term), element("dd", value)]),
  );
  await showMap();
}

/** Give the buttons that filter: the largest categories, the chosen one, and one for the rest. */
function chips(): HTMLElement[] {
  if (categories.length === 0) return [];
  const shown = allChips ? categories : categories.filter((name, at) => at < CHIPS || name === category);
  const made = [null, ...shown].map((name) => {
    const chip = element("button", name ?? "All", { type: "button", dir: "auto", "data-key": `category ${name ?? ""}` });
    chip.setAttribute("aria-pressed", String(name === category));
    chip.addEventListener("click", () => {
      category = name;
      void told(summary, async () => {
        keepingFocus(question, () => part("categories").replaceChildren(...chips()));
        await showResults();
        return summary.textContent;
      });
    });
    return chip;
  });
  if (categories.length > shown.length || allChips) {
    const left = categories.length - shown.length;
    const more = element("button", allChips ? "Fewer" : `${String(left)} more`, { type: "button", class: "more", "data-key": "more" });
    more.setAttribute("aria-expanded", String(allChips));
    more.addEventListener("click", () => {
      allChips = !allChips;
      keepingFocus(question, () => part("categories").replaceChildren(...chips()));
    });
    made.push(more);
  }
  return made;
}

async function showMap(): Promise<void> {
  const each = Math.ceil(MOST_ON_MAP / Math.max(1, categories.length));
  const patterns = (await Promise.all(categories.map((name) => bank.searchByCategory(name, each)))).flat().slice(0, MOST_ON_MAP);
  if (patterns.length > 0) {
    const embedder = await defaultEmbedder();
    tableIsHere = true;
    const known = vectors;
    vectors = new Map();
    for (const { id, task_description } of patterns) {
      vectors.set(id, known.get(id) ?? ((await embedder.embedQuery(task_description)) as Int8Array));
    }
  }
  drawMap(part<SVGSVGElement>("map"), patterns, vectors, colourOf, ({ task_description }) => {
    question.value = task_description;
    ask();
  });
  const { total_patterns } = await bank.getStats();
  const some = total_patterns > patterns.length ? `${String(patterns.length)} of ${total_patterns.toLocaleString("en")} are shown. ` : "";
  part("map").classList.toggle("empty", patterns.length === 0);
  part("legend").textContent =
    patterns.length === 0
      ? "A map appears when there are patterns."
      : `${some}Near points are about like tasks; larger ones scored better.`;
}

async function showAll(): Promise<void> {
  await showBank();
  await showResults();
}

function ask(): void {
  void told(summary, async () => {
    await showResults();
    return summary.textContent;
  });
}

function importedText({ created, merged, skipped }: TransferReport): string {
  const left = skipped.length === 0 ? "" : ` ${counted(skipped.length, "line")} left out, the first: ${skipped[0]!.message}`;
  return `Imported ${created.toLocaleString("en")} new, ${merged.toLocaleString("en")} known.${left}`;
}

/** Take a file in; one of which nothing could be taken is an error that says why. */
async function importFrom(file: Blob, origin: string): Promise<string> {
  const line = part("moved");
  const report = await bank.importJsonl(file, {
    origin,
    on_invalid: "skip",
    progress: (read) => (line.textContent = `Read ${counted(read, "pattern")} …`),
  });
  await showAll();
  const [first] = report.skipped;
  if (first !== undefined && report.created + report.merged === 0) throw new Error(`nothing could be taken. ${first.message}`);
  return importedText(report);
}

part<HTMLFormElement>("add").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  const fields = Object.fromEntries(new FormData(form)) as Record<string, string>;
  void told(part("kept"), async () => {
    const stored = await bank.put({ ...(fields as unknown as PatternInput), success_score: Number(fields["success_score"]) });
    form.reset();
    showScore();
    form.querySelector("input")!.focus({ preventScroll: true });
    await showAll();
    const hidden = stored.redacted.length > 0 ? " A secret in it was taken out." : "";
    return (stored.status === "merged" ? "Kept: it was there already, so the two are one." : "Kept.") + hidden;
  });
});

function showScore(): void {
  const range = document.querySelector<HTMLInputElement>("[name=success_score]")!;
  (range.nextElementSibling as HTMLOutputElement).value = Number(range.value).toFixed(2);
}

document.querySelector("[name=success_score]")!.addEventListener("input", showScore);
question.addEventListener("input", ask);
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "")) return;
  event.preventDefault();
  question.focus();
});
part("export").addEventListener("click", () => void told(part("moved"), async () => {
  const parts: Blob[] = [];
  const count = await bank.exportJsonl((text) => parts.push(new Blob([text])));
  const link = element("a", "", { download: "reasoningbank.jsonl" }) as HTMLAnchorElement;
  link.href = URL.createObjectURL(new Blob(parts, { type: "application/jsonl" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  return `Exported ${counted(count, "pattern")}.`;
}));
part<HTMLInputElement>("import").addEventListener("change", (event) => void told(part("moved"), async () => {
  const input = event.currentTarget as HTMLInputElement;
  const file = input.files?.[0];
  if (file === undefined) return "";
  try {
    return await importFrom(file, file.name.slice(0, 200));
  } finally {
    input.value = ""; // so that the same file can be chosen again
  }
}));
part("examples").addEventListener("click", () => void told(part("moved"), async () => {
  summary.textContent = "Fetching the examples and the table of words, 4 MB in all …";
  const response = await fetch("examples.jsonl");
  if (!response.ok) throw new Error(`the examples could not be fetched (${String(response.status)})`);
  const outcome = await importFrom(await response.blob(), "the examples of ReasoningBank");
  question.focus({ preventScroll: true });
  return outcome;
}));
// Another tab may have changed the bank meanwhile.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void told(summary, () => showAll().then(() => summary.textContent));
});

void told(part("where"), async () => {
  await showAll();
  document.documentElement.dataset["ready"] = "true";
  return part("where").textContent;
});
keepForOffline(part("update")).catch((error: unknown) => {
  console.warn("reasoningbank: this page will not open offline", error);
});
