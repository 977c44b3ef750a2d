/** Taking a file of patterns in, and giving everything out. */

import { counted, element } from "../../page/elements.js";
import { bytesText, button, hint, section } from "../parts.js";
import type { Context, View } from "./view.js";

const KEPT_MS = 10_000;
const ORIGIN_CHARACTERS = 200;

export function movingView(context: Context): View {
  const root = element("div");
  const skipped = element("ul", "", { class: "lines" });
  const choose = element("label", "Import a file", { class: "plain button" });
  const input = element("input", "", { type: "file", id: "import", accept: ".jsonl,application/jsonl,application/x-ndjson" }) as HTMLInputElement;
  choose.append(input);
  input.addEventListener("change", () => void context.told(async () => {
    const file = input.files?.[0];
    if (file === undefined) return "";
    try {
      const { created, merged, skipped: left } = await context.api.imported(file, file.name.slice(0, ORIGIN_CHARACTERS));
      skipped.replaceChildren(...left.slice(0, 20).map(({ line, message }) => element("li", `Line ${String(line)}: ${message}`, { dir: "auto" })));
      if (created + merged === 0 && left.length > 0) throw new Error("nothing could be taken");
      return `Imported ${created.toLocaleString("en")} new, ${merged.toLocaleString("en")} known.${left.length === 0 ? "" : ` ${counted(left.length, "line")} left out.`}`;
    } finally {
      input.value = ""; // so that the same file can be chosen again
    }
  })); // prettier-ignore
  const save = button("Export a file", "export", () => void context.told(async () => {
    const blob = await context.api.exported();
    const link = element("a", "", { download: "reasoningbank.jsonl" }) as HTMLAnchorElement;
    link.href = URL.createObjectURL(blob);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
    return `Exported ${bytesText(blob.size)}.`;
  })); // prettier-ignore
  root.append(
    section("Import", hint("A pattern on each line, as JSON. What is imported is trusted least until something confirms it."), choose, skipped),
    section("Export", hint("Every pattern with its history, outcomes and links, and every experience: what reasoningbank restore takes."), save),
  );
  return { root, refresh: () => Promise.resolve() };
}
