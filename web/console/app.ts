/** The console: views of a bank, behind the part of the address after the hash. */

import { counted, element, part } from "../page/elements.js";
import type { Overview } from "./answers.js";
import { HttpApi, type Api } from "./api.js";
import { listen, substance, type Standing } from "./live.js";
import { Colours, messageOf } from "./parts.js";
import { takeToken } from "./token.js";
import { findView } from "./views/find.js";
import { mapView } from "./views/map.js";
import { metricsView } from "./views/metrics.js";
import { movingView } from "./views/moving.js";
import { overviewView } from "./views/overview.js";
import { patternView } from "./views/pattern.js";
import { patternsView } from "./views/patterns.js";
import { upkeepView } from "./views/upkeep.js";
import type { Context, MakeView, View } from "./views/view.js";

const VIEWS: readonly { readonly path: string; readonly title: string; readonly make: MakeView; readonly listed: boolean }[] = [
  { path: "overview", title: "Overview", make: overviewView, listed: true },
  { path: "find", title: "Search", make: findView, listed: true },
  { path: "patterns", title: "Patterns", make: patternsView, listed: true },
  { path: "map", title: "Map", make: mapView, listed: true },
  { path: "upkeep", title: "Upkeep", make: upkeepView, listed: true },
  { path: "metrics", title: "Metrics", make: metricsView, listed: true },
  { path: "moving", title: "Import and export", make: movingView, listed: true },
  { path: "pattern", title: "One pattern", make: patternView, listed: false },
];
const said = part("said");
const live = part("live");
const title = part("title");

/** Show in a line what came of something, errors with the way out that they name. */
async function told(work: () => Promise<string>): Promise<void> {
  try {
    const text = await work();
    said.classList.remove("wrong");
    said.textContent = text;
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  said.classList.add("wrong");
  said.textContent = messageOf(error);
}

/** A view while it is shown: asked to be drawn while it is being drawn, it is drawn once more after that. */
class Showing {
  #stale = false;
  #running: Promise<void> | null = null;

  constructor(readonly view: View) {}

  refresh(): Promise<void> {
    this.#stale = true;
    this.#running ??= this.#draw().finally(() => (this.#running = null));
    return this.#running;
  }

  async #draw(): Promise<void> {
    while (this.#stale) {
      this.#stale = false;
      await this.view.refresh();
    }
  }
}

function start(api: Api): void {
  const colours = new Colours();
  let overview: Overview | null = null;
  let before = "";
  let shown: Showing | null = null;
  const context: Context = { api, colours, told, overview: () => overview! };

  const take = (newest: Overview): void => {
    overview = newest;
    colours.learn(newest.stats.categories);
    part("where").textContent = `${counted(newest.stats.total_patterns, "pattern")} in ${newest.stats.namespace}`;
  };
  const go = (focus: boolean): void => {
    const [path = "", argument = ""] = location.hash.replace(/^#\//, "").split("/");
    const view = VIEWS.find((one) => one.path === path) ?? VIEWS[0]!;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.getAttribute("href") === `#/${view.path}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    title.textContent = view.title;
    document.title = `${view.title} · ReasoningBank console`;
    said.textContent = "";
    delete document.documentElement.dataset["ready"];
    const made = new Showing(view.make(context, argument));
    shown = made;
    part("view").replaceChildren(made.view.root);
    if (focus) {
      scrollTo(0, 0);
      title.focus({ preventScroll: true });
    }
    made.refresh().then(
      () => {
        if (shown === made) document.documentElement.dataset["ready"] = view.path;
      },
      (error: unknown) => {
        if (shown === made) fail(error); // one that was left says nothing any more
      },
    );
  };
  const stand = (standing: Standing): void => {
    live.classList.toggle("on", standing === "on");
    live.classList.toggle("wrong", standing !== "on");
    const text = standing === "on" ? "Live" : standing === "away" ? "The server is away; trying again" : messageOf(standing);
    if (live.textContent !== text) live.textContent = text;
  };
  const heard = (newest: Overview): void => {
    const first = overview === null;
    take(newest);
    const now = substance(newest);
    if (first) go(false);
    else if (now !== before || said.classList.contains("wrong")) {
      const failed = said.classList.contains("wrong");
      shown?.refresh().then(() => {
        if (failed) said.textContent = "";
      }, fail);
    } // prettier-ignore
    before = now;
  };
  addEventListener("hashchange", () => {
    if (location.hash === "#main") return; // the way past the header
    if (overview !== null) go(true);
  });
  void listen(api, heard, stand);
}

part("live").textContent = "Connecting …";
document.querySelector("nav")!.append(...VIEWS.filter(({ listed }) => listed).map(({ path, title: name }) => element("a", name, { href: `#/${path}` })));
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "")) return;
  event.preventDefault();
  if (!location.hash.startsWith("#/find")) location.hash = "#/find";
  setTimeout(() => document.getElementById("question")?.focus());
});
const token = takeToken();
if (token === null) {
  live.classList.add("wrong");
  live.textContent = "No token";
  title.textContent = "This page needs a token";
  said.textContent = "Run reasoningbank console, and open the address that it shows.";
  document.documentElement.dataset["ready"] = "no-token";
} else start(new HttpApi(token));
