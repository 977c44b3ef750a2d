/** The console in each engine, over a real bank; with REASONINGBANK_SCREENSHOTS set to a folder, pictures of it are left there. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { foundPython, hasPython, pythonEnvironment } from "../support/python.js";
import { BANK_TOOL, serveConsole, type ConsoleServer } from "./support/console-server.js";
import { ENGINES, isInstalled, launch, type Engine, type Tab } from "./support/engines.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PICTURES = process.env["REASONINGBANK_SCREENSHOTS"];
const GIVEN_BANK = process.env["REASONINGBANK_CONSOLE_BANK"];
const VIEWS = ["overview", "find", "patterns", "map", "upkeep", "metrics", "moving"] as const;
const HOSTILE = "<img src=x onerror='window.broken = true'>\u202Edesrever\u2066 <script>window.broken = true</script>";
const AXE = readFileSync(here("../../node_modules/axe-core/axe.min.js"), "utf8");
const BROKEN_RULES = `(() => { if (!window.axe) { ${AXE} } return axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ target }) => target).join(", "))); })()`;

const settled = (condition: string): string =>
  `new Promise((done, fail) => { const end = Date.now() + 30000; const wait = () => (${condition}) ? done(1) : Date.now() > end ? fail(new Error("waited in vain for ${condition.replace(/["\\`]/g, "'")}")) : setTimeout(wait, 30); wait(); })`;
const ready = (view: string): string => settled(`document.documentElement.dataset.ready === "${view}"`);
const TEXT = (id: string): string => `document.getElementById("${id}").textContent`;

let folder: string;
let server: ConsoleServer;
beforeAll(async () => {
  if (!hasPython) return;
  if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true });
  folder = mkdtempSync(join(tmpdir(), "reasoningbank-console-"));
  const bank = GIVEN_BANK ?? join(folder, "bank.db");
  if (GIVEN_BANK === undefined) execFileSync(foundPython!, [BANK_TOOL, bank, "1000"], { env: pythonEnvironment() });
  server = await serveConsole(bank);
}, 300_000);
afterAll(async () => {
  if (!hasPython) return;
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function open(tab: Tab, view: string, argument = ""): Promise<void> {
  // An address that is there already is no change of it.
  await tab.evaluate(
    `(() => { const to = "#/${view}${argument}"; delete document.documentElement.dataset.ready; if (location.hash === to) dispatchEvent(new HashChangeEvent("hashchange")); else location.hash = to; })()`,
  );
  await tab.evaluate(ready(view));
}

async function type(tab: Tab, id: string, text: string): Promise<void> {
  await tab.evaluate(
    `(() => { const input = document.getElementById("${id}"); input.value = ${JSON.stringify(text)}; input.dispatchEvent(new Event("input", { bubbles: true })); })()`,
  );
}

/** Press the button of this key. */
const press = (key: string): string => `document.querySelector('[data-key="${key}"]').click()`;

async function takePictures(tab: Tab, name: string): Promise<void> {
  for (const [width, height] of [[1280, 900], [390, 844]] as const) {
    await tab.look(width, height);
    await new Promise((next) => setTimeout(next, 300));
    const [wide, inner] = await tab.evaluate<[number, number]>(`[document.documentElement.scrollWidth, innerWidth]`);
    expect(wide, `${name} at ${String(width)}`).toBeLessThanOrEqual(inner);
    if (PICTURES !== undefined) await tab.screenshot(join(PICTURES, `console-${name}-${String(width)}.png`));
  } // prettier-ignore
  await tab.look(1280, 900);
}

describe.each(ENGINES)("the console in %s", (name) => {
  if (!isInstalled(name) || !hasPython) {
    test.skip(`${name} and Python are needed`, () => undefined);
    return;
  }
  let engine: Engine;
  let tab: Tab;
  beforeAll(async () => {
    engine = await launch(name);
    tab = await engine.tab();
    await tab.look(1280, 900);
  }, 120_000);
  afterAll(async () => {
    await engine.close();
  });

  test("without a token it says how to get one, and asks for nothing", async () => {
    await tab.goto(server.url);
    await tab.evaluate(ready("no-token"));
    expect(await tab.evaluate(TEXT("said"))).toContain("Run reasoningbank console");
    expect(await tab.evaluate(`performance.getEntriesByType("resource").filter(({ name }) => name.includes("/v1/")).length`)).toBe(0);
  });

  test("with a wrong token it says so", async () => {
    await tab.goto(`${server.url}/?wrong#token=not-the-right-token-at-all`);
    await tab.evaluate(settled(`${TEXT("live")}.startsWith("The server does not know")`));
  });

  test("the token leaves the address, and the overview is drawn", async () => {
    await tab.goto(server.address.replace("/#", "/?right#"));
    await tab.evaluate(ready("overview"));

    expect(await tab.evaluate(`location.href`)).not.toContain("token");
    expect(await tab.evaluate(`document.querySelectorAll(".tiles > div").length`)).toBe(5);
    expect(await tab.evaluate(`document.querySelectorAll(".chart svg").length`)).toBe(3);
    expect(await tab.evaluate(TEXT("live"))).toBe("Live");
  });

  test("every view fits a screen and a telephone", { timeout: 120_000 }, async () => {
    for (const view of VIEWS) {
      await open(tab, view);
      await takePictures(tab, `${name}-light-${view}`);
    }
  });

  test("it asks no other place than its own server", async () => {
    const asked = await tab.evaluate<string[]>(`[...new Set(performance.getEntriesByType("resource").map(({ name }) => new URL(name).origin))]`);
    expect(asked).toEqual([server.url]);
  });

  test("what is typed is searched, and a recall says why", async () => {
    await open(tab, "find");
    await type(tab, "question", "the query for the monthly report has become slow");
    await tab.evaluate(settled(`document.querySelectorAll("#results > ol > li").length === 12`));
    await tab.evaluate(`document.querySelector("form").requestSubmit()`);
    await tab.evaluate(settled(`document.querySelectorAll("#results .why").length > 0`));

    expect(await tab.evaluate(TEXT("found"))).toMatch(/recalled, in|It abstains/);
    expect(await tab.evaluate(`document.querySelector("#results .why .reason").textContent.length > 10`)).toBe(true);
    await takePictures(tab, `${name}-light-recall`);
  });

  test("a pattern shows its life, an outcome told there, and can be quarantined and offered again", async () => {
    await open(tab, "patterns");
    await tab.evaluate(`document.querySelector("main ol h3 a").click()`);
    await tab.evaluate(ready("pattern"));
    await tab.evaluate(press("worked"));
    await tab.evaluate(settled(`${TEXT("said")} === "Noted that it worked."`));
    expect(await tab.evaluate(`document.getElementById("view").textContent`)).toContain("human 1 time");
    await tab.evaluate(press("state"));
    await tab.evaluate(settled(`${TEXT("said")}.startsWith("It is quarantined")`));
    await tab.evaluate(press("state"));
    await tab.evaluate(settled(`${TEXT("said")} === "It is offered again."`));
    await takePictures(tab, `${name}-light-pattern`);
  });

  test("a learned pattern shows the steps of its experience", async () => {
    await open(tab, "patterns");
    const id = await tab.evaluate<string>(
      `fetch("/v1/trajectories?state=learned&limit=1", { headers: { authorization: "Bearer " + sessionStorage.getItem("reasoningbank-token") } }).then((answer) => answer.json()).then(({ trajectories }) => fetch("/v1/patterns/" + trajectories[0].id + "/links", { headers: { authorization: "Bearer " + sessionStorage.getItem("reasoningbank-token") } })).then((answer) => answer.json()).then((links) => links[0].source_id)`,
    );
    await open(tab, "pattern", `/${id}`);
    expect(await tab.evaluate(`document.querySelectorAll(".steps > li").length`)).toBeGreaterThanOrEqual(10);
    await takePictures(tab, `${name}-light-learned`);
  });

  test("what is stored never becomes markup, and cannot turn the text around it", async () => {
    await tab.evaluate(
      `fetch("/v1/patterns", { method: "POST", headers: { authorization: "Bearer " + sessionStorage.getItem("reasoningbank-token"), "content-type": "application/json" }, body: ${JSON.stringify(JSON.stringify({ task_description: `${HOSTILE} ${name}`, task_category: HOSTILE.slice(0, 80), strategy: HOSTILE }))} }).then(({ status }) => status)`,
    );
    await open(tab, "patterns");
    await tab.evaluate(settled(`document.querySelector("main ol h3").textContent.startsWith("<img")`));
    await tab.evaluate(`document.querySelector("main ol h3 a").click()`);
    await tab.evaluate(ready("pattern"));

    expect(await tab.evaluate(`[window.broken ?? null, document.querySelectorAll("main img, main script").length]`)).toEqual([null, 0]);
    const isolated = `[...document.querySelectorAll("main [dir=auto], main bdi")].every((one) => /isolate|plaintext/.test(getComputedStyle(one).unicodeBidi) || getComputedStyle(one).display !== "inline")`;
    expect(await tab.evaluate(isolated)).toBe(true);
  });

  test("a point of the map is reached by keys and says what it is", async () => {
    await open(tab, "map");
    await tab.evaluate(
      `(() => { const map = document.querySelector("canvas"); map.focus(); for (const key of ["ArrowRight", "ArrowRight", "ArrowDown"]) map.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })); })()`,
    );
    await tab.evaluate(settled(`document.querySelector("#map-said a") !== null`));
    await takePictures(tab, `${name}-light-chosen`);
  });

  test("the map is the same when it is loaded again", async () => {
    const picture = `document.querySelector("canvas").toDataURL()`;
    await open(tab, "map");
    const first = await tab.evaluate(picture);
    await open(tab, "map");
    expect(await tab.evaluate(picture)).toBe(first);
  });

  test("steps are proposed, approved and taken back", async () => {
    const twins = ["Rotate the signing keys of the gateway every month", "Rotate the signing keys of the gateway every month!"];
    for (const task of twins) {
      await tab.evaluate(
        `fetch("/v1/patterns", { method: "POST", headers: { authorization: "Bearer " + sessionStorage.getItem("reasoningbank-token"), "content-type": "application/json" }, body: ${JSON.stringify(JSON.stringify({ task_description: `${task} ${name}`, task_category: "security", strategy: `Add the new key, wait for the caches, then drop the old one. ${task.length.toString()}` }))} }).then(({ status }) => status)`,
      );
    }
    await open(tab, "upkeep");
    await tab.evaluate(press("propose"));
    await tab.evaluate(settled(`/proposed|Nothing to do/.test(${TEXT("said")})`));
    expect(await tab.evaluate(TEXT("said"))).toContain("proposed");
    await takePictures(tab, `${name}-light-proposed`);
    await tab.evaluate(press("approve"));
    await tab.evaluate(settled(`${TEXT("said")}.endsWith("taken.")`));
    await tab.evaluate(`document.querySelector('[data-key^="undo "]').click()`);
    await tab.evaluate(settled(`${TEXT("said")}.endsWith("taken back.")`));
  });

  test("a file is taken in as far as it is sound, and everything is given out", async () => {
    await open(tab, "moving");
    const line = JSON.stringify({ task_description: `Name the seeds of ${name}`, task_category: "garden", strategy: "Write it on the tray." });
    await tab.evaluate(
      `(() => { const input = document.getElementById("import"); const files = new DataTransfer(); files.items.add(new File([${JSON.stringify(`${line}\n{"task_description":"x"}\n`)}], "seeds.jsonl")); input.files = files.files; input.dispatchEvent(new Event("change", { bubbles: true })); })()`,
    );
    await tab.evaluate(settled(`${TEXT("said")}.startsWith("Imported 1 new")`));
    expect(await tab.evaluate(TEXT("view"))).toContain("Line 2: ");

    const text = await tab.evaluate<number>(`new Promise((done) => {
      const kept = URL.createObjectURL;
      URL.createObjectURL = (blob) => { blob.text().then((text) => done(text.trimEnd().split("\\n").length)); URL.createObjectURL = kept; return kept.call(URL, blob); };
      ${press("export")};
    })`);
    expect(text).toBeGreaterThan(900);
    await tab.evaluate(settled(`${TEXT("said")}.startsWith("Exported")`));
  });

  test("what another program stores is shown without being asked for", async () => {
    await open(tab, "overview");
    const before = await tab.evaluate(TEXT("where"));
    execFileSync(foundPython!, ["-c", "import json, sys, urllib.request as u; u.urlopen(u.Request(sys.argv[1] + '/v1/patterns', json.dumps(dict(task_description='Live ' + sys.argv[3], task_category='c', strategy='s')).encode(), {'authorization': 'Bearer ' + sys.argv[2], 'content-type': 'application/json'}))", server.url, server.address.split("token=")[1]!, name]);
    await tab.evaluate(settled(`${TEXT("where")} !== ${JSON.stringify(before)}`));
  });

  test("it says when the server is away, and goes on when it is back", { timeout: 120_000 }, async () => {
    await server.stop();
    await tab.evaluate(settled(`${TEXT("live")}.startsWith("The server is away")`));
    await server.start();
    await tab.evaluate(settled(`${TEXT("live")} === "Live"`));
    await open(tab, "metrics");
    expect(await tab.evaluate(`document.querySelectorAll("table").length`)).toBeGreaterThan(0);
  });

  test.skipIf(name !== "chromium")("it is used with the keyboard alone", async () => {
    await open(tab, "overview");
    await tab.evaluate(`document.activeElement.blur()`);
    await tab.page!.keyboard.press("/");
    await tab.evaluate(settled(`document.activeElement.id === "question"`));
    await tab.page!.keyboard.type("slow query");
    await tab.evaluate(settled(`document.querySelectorAll("#results li").length > 0`));
    const reached: string[] = [];
    for (let step = 0; step < 3; step++) {
      await tab.page!.keyboard.press("Tab");
      reached.push(await tab.evaluate(`document.activeElement.id || document.activeElement.textContent`));
    }
    expect(reached.slice(0, 2)).toEqual(["category", "Recall and say why"]);
    await tab.page!.keyboard.press("Enter");
    await tab.evaluate(ready("pattern"));
    expect(await tab.evaluate(`document.activeElement.id`)).toBe("title");
  });

  test("it breaks no rule of accessibility that axe knows, in light and in dark", { timeout: 240_000 }, async () => {
    for (const view of VIEWS) {
      await open(tab, view);
      expect(await tab.evaluate(BROKEN_RULES), view).toEqual([]);
    }
    await engine.close();
    engine = await launch(name, undefined, "dark");
    tab = await engine.tab();
    await tab.look(1280, 900);
    await tab.goto(server.address);
    await tab.evaluate(ready("overview"));
    for (const view of VIEWS) {
      await open(tab, view);
      expect(await tab.evaluate(BROKEN_RULES), view).toEqual([]);
      await takePictures(tab, `${name}-dark-${view}`);
    }
    await open(tab, "patterns");
    await tab.evaluate(`document.querySelector("main ol h3 a").click()`);
    await tab.evaluate(ready("pattern"));
    expect(await tab.evaluate(BROKEN_RULES)).toEqual([]);
  });
});
