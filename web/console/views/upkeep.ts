/** What is quarantined, what a consolidation would do, and what earlier ones did; each can be taken back. */

import { counted, element, keepingFocus } from "../../page/elements.js";
import type { ConsolidationReport, Kept, PatternInfo, Proposal } from "../answers.js";
import { button, hint, namedLink, patternItem, section, timeOf } from "../parts.js";
import type { Context, View } from "./view.js";

const PAGE = 20;
const MOST_STEPS = 50;
const KEPT = 20;
const STEPS: Readonly<Record<string, string>> = {
  duplicate: "put away as a duplicate",
  contradiction: "marked as contradicting another",
  demote: "let expire",
  prune: "quarantined",
  purge: "deleted for good",
};

export function upkeepView(context: Context): View {
  const root = element("div");
  const proposals = element("div");
  const earlier = element("div");
  const quarantine = element("div");
  root.append(proposals, quarantine, earlier);
  let proposed: ConsolidationReport | null = null;

  const drawProposals = (): void => {
    const row = element("div", "", { class: "row" });
    row.append(button("Look for what to tidy up", "propose", () => void context.told(propose)));
    const part = section("Proposals", hint("Looking changes nothing. Steps that are approved can be taken back below, except deletions."), row);
    if (proposed !== null && proposed.proposals.length > 0) {
      row.append(button(`Approve ${counted(proposed.proposals.length, "step")}`, "approve", () => void context.told(approve), ""));
      part.append(stepList(proposed.proposals, "is to be", context));
    } else if (proposed !== null) part.append(hint(`Looked at ${counted(proposed.looked_at, "pattern")}: nothing to do.`));
    keepingFocus(root, () => proposals.replaceChildren(part));
  };
  const propose = async (): Promise<string> => {
    proposed = await context.api.consolidate(true);
    drawProposals();
    return proposed.proposals.length === 0 ? "Nothing to do." : `${counted(proposed.proposals.length, "step")} proposed.`;
  };
  const approve = async (): Promise<string> => {
    const done = await context.api.consolidate(false);
    proposed = null;
    drawProposals();
    await refresh();
    root.querySelector<HTMLElement>("[data-key=propose]")?.focus();
    return `${counted(done.proposals.length, "step")} taken.`;
  };
  const offerAgain = async ({ id, version }: PatternInfo): Promise<string> => {
    await context.api.setState(id, "active", version);
    await refresh();
    return "It is offered again.";
  };
  const undo = async (id: string): Promise<string> => {
    const undone = await context.api.undo(id);
    await refresh();
    return `${counted(undone, "step")} taken back.`;
  };
  const refresh = async (): Promise<void> => {
    const [held, kept] = await Promise.all([context.api.patterns({ state: "quarantined", limit: PAGE }), context.api.consolidations(KEPT)]);
    keepingFocus(root, () => {
      quarantine.replaceChildren(quarantined(held.patterns, held.next, context, offerAgain));
      earlier.replaceChildren(earlierOnes(kept, context, undo));
    });
  };
  drawProposals();
  return { root, refresh };
}

function quarantined(found: readonly PatternInfo[], next: string | null, context: Context, offerAgain: (one: PatternInfo) => Promise<string>): HTMLElement {
  if (found.length === 0) return section("Quarantine", hint("Nothing is quarantined."));
  const list = element("ol");
  const item = (one: PatternInfo): HTMLElement => patternItem(one, context.colours, button("Offer it again", `again ${one.id}`, () => void context.told(() => offerAgain(one))));
  list.append(...found.map(item));
  const made = section("Quarantine", hint("Kept, and offered to nobody."), list);
  if (next !== null) made.append(moreOf(next, list, context, item));
  return made;
}

function moreOf(next: string, list: HTMLElement, context: Context, item: (one: PatternInfo) => HTMLElement): HTMLElement {
  let after: string | null = next;
  const more = button("Show more", "more quarantined", () => void context.told(async () => {
    const page = await context.api.patterns({ state: "quarantined", limit: PAGE, after: after ?? undefined });
    list.append(...page.patterns.map(item));
    after = page.next;
    more.hidden = after === null;
    return "";
  })); // prettier-ignore
  return more;
}

function earlierOnes(kept: readonly Kept[], context: Context, undo: (id: string) => Promise<string>): HTMLElement {
  if (kept.length === 0) return section("Earlier consolidations", hint("None ran yet."));
  const list = element("ol");
  for (const { report, actor, at, undone_at } of kept) {
    const item = element("li");
    const line = element("p");
    line.append(timeOf(at), `, ${counted(report.proposals.length, "step")}, by `, element("bdi", actor));
    item.append(line);
    if (undone_at !== null) item.append(hint("Taken back."));
    else if (report.id !== null && report.proposals.some(({ kind }) => kind !== "purge")) {
      const { id } = report;
      item.append(button("Take it back", `undo ${id}`, () => void context.told(() => undo(id))));
    }
    if (report.proposals.length > 0) {
      const steps = element("details");
      steps.append(element("summary", "Its steps"));
      steps.addEventListener("toggle", () => {
        if (steps.childElementCount === 1) steps.append(stepList(report.proposals, "was", context));
      });
      item.append(steps);
    }
    list.append(item);
  }
  return section("Earlier consolidations", list);
}

function stepList(steps: readonly Proposal[], verb: string, { api }: Context): HTMLElement {
  const list = element("ul", "", { class: "lines" });
  for (const { kind, pattern_id, other_id, reason } of steps.slice(0, MOST_STEPS)) {
    const item = element("li");
    const line = element("span");
    line.append(namedLink(pattern_id, api), ` ${verb} ${STEPS[kind] ?? kind}`);
    if (other_id !== null) line.append(kind === "duplicate" ? ", keeping " : ": ", namedLink(other_id, api));
    item.append(line, element("span", reason, { class: "hint", dir: "auto" }));
    list.append(item);
  }
  if (steps.length > MOST_STEPS) list.append(element("li", `and ${counted(steps.length - MOST_STEPS, "other step")}`));
  return list;
}
