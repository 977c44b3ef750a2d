/** How fast each operation is, and what went wrong. */

import { counted, element, keepingFocus } from "../../page/elements.js";
import type { Metrics } from "../answers.js";
import { bytesText, facts, hint, number, secondsText, section, table, timeOf } from "../parts.js";
import type { Context, View } from "./view.js";

const SPANS = [
  ["15 minutes", 900],
  ["a day", 86_400],
  ["a week", 604_800],
  ["90 days", 7_776_000],
] as const;

export function metricsView(context: Context): View {
  const root = element("div");
  const answer = element("div");
  let seconds: number = SPANS[1][1];
  const chips = element("div", "", { class: "chips", role: "group", "aria-label": "How far back" });
  for (const [name, span] of SPANS) {
    const chip = element("button", name, { type: "button", "aria-pressed": String(span === seconds) });
    chip.addEventListener("click", () => {
      seconds = span;
      for (const one of chips.children) one.setAttribute("aria-pressed", String(one === chip));
      void context.told(async () => {
        await refresh();
        return "";
      });
    });
    chips.append(chip);
  }
  root.append(chips, answer);
  const refresh = async (): Promise<void> => {
    const metrics = await context.api.metrics(seconds);
    keepingFocus(root, () => answer.replaceChildren(...drawn(metrics)));
  };
  return { root, refresh };
}

function drawn(metrics: Metrics): HTMLElement[] {
  const { operations, storage, recalls } = metrics;
  const rows = [...operations]
    .sort((one, other) => other.calls - one.calls)
    .map((one) => [one.name, number(one.calls), secondsText(one.p50), secondsText(one.p95), secondsText(one.p99), number(one.rows), bytesText(one.bytes), number(errorsOf(one.errors))]);
  const since = hint("Of all programs that use this bank, since ");
  since.append(timeOf(metrics.since), ".");
  const errors = operations.flatMap(({ name, errors }) => Object.entries(errors).map(([code, count]) => [name, code, number(count)]));
  return [
    section("Latency", since, operations.length === 0 ? hint("Nothing was asked.") : table("Operations, most called first", ["Operation", "Calls", "p50", "p95", "p99", "Rows", "Bytes", "Errors"], rows)),
    section("Errors", errors.length === 0 ? hint("None.") : table("Errors by operation and code", ["Operation", "Code", "How often"], errors)),
    section("Recall", facts([
      ["Recalls", number(recalls.recalls)],
      ["Gave nothing", number(recalls.abstained)],
      ["Patterns shown", number(recalls.items)],
      ["Prompt", bytesText(recalls.prompt_bytes)],
    ])),
    section("This server", facts([
      ["Connections", `${String(storage.connections)} open of ${String(storage.limit)}, ${String(storage.idle)} idle`],
      ["Vectors in memory", `${number(storage.indexed_vectors)}, ${bytesText(storage.index_bytes)}`],
      ["Index", storage.index_behind === 0 ? "shows everything" : `${counted(storage.index_behind, "change")} behind; the next search takes them in`],
    ])),
  ]; // prettier-ignore
}

function errorsOf(errors: Readonly<Record<string, number>>): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0);
}
