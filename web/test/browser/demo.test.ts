/** The demo page in each engine; with REASONINGBANK_SCREENSHOTS set to a folder, pictures of it are left there. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveDemo, type DemoServer } from "./support/demo-server.js";
import { ENGINES, isInstalled, launch, type Engine, type Tab } from "./support/engines.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PICTURES = process.env["REASONINGBANK_SCREENSHOTS"];
const READY = `new Promise((done) => { const wait = () => document.documentElement.dataset.ready ? done(1) : setTimeout(wait, 30); wait(); })`;
const QUESTION = "the query for the monthly report has become slow";
const ANSWER = "Read a slow query's plan for bad estimates";
const settled = (condition: string): string =>
  `new Promise((done, fail) => { const end = Date.now() + 20000; const wait = () => (${condition}) ? done(1) : Date.now() > end ? fail(new Error("waited in vain for ${condition.replace(/["\\`]/g, "'")}")) : setTimeout(wait, 30); wait(); })`;
const TEXT = (id: string): string => `document.getElementById("${id}").textContent`;

let server: DemoServer;
beforeAll(async () => {
  execFileSync(process.execPath, [here("../../demo/build.mjs")]);
  if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true });
  server = await serveDemo(here("../../demo/dist"));
});
afterAll(async () => {
  await server.close();
});

async function ask(tab: Tab, text: string): Promise<void> {
  await tab.evaluate(
    `(() => { const input = document.getElementById("question"); input.value = ${JSON.stringify(text)}; input.dispatchEvent(new Event("input", { bubbles: true })); })()`,
  );
}

/** Choose a file as if a person had. */
async function importFile(tab: Tab, name: string, content: string): Promise<void> {
  await tab.evaluate(
    `(() => { const input = document.getElementById("import"); const files = new DataTransfer(); files.items.add(new File([${JSON.stringify(content)}], ${JSON.stringify(name)})); input.files = files.files; input.dispatchEvent(new Event("change", { bubbles: true })); })()`,
  );
}

async function withExamples(tab: Tab): Promise<void> {
  await tab.evaluate(`document.getElementById("examples").click()`);
  await tab.evaluate(settled(`${TEXT("moved")}.startsWith("Imported 238 new")`));
}

async function takePictures(tab: Tab, name: string): Promise<void> {
  for (const [width, height] of [[1280, 900], [390, 844]] as const) {
    await tab.look(width, height);
    await new Promise((next) => setTimeout(next, 400));
    const [wide, inner] = await tab.evaluate<[number, number]>(`[document.documentElement.scrollWidth, innerWidth]`);
    expect(wide).toBeLessThanOrEqual(inner);
    if (PICTURES !== undefined) await tab.screenshot(join(PICTURES, `${name}-${String(width)}.png`));
  } // prettier-ignore
}

describe.each(ENGINES)("the demo page in %s", (name) => {
  if (!isInstalled(name)) {
    test.skip(`${name} is not installed`, () => undefined);
    return;
  }
  let engine: Engine;
  let tab: Tab;
  beforeAll(async () => {
    engine = await launch(name);
    tab = await engine.tab();
    await tab.look(1280, 900);
    await tab.goto(server.url);
    await tab.evaluate(READY);
  }, 120_000);
  afterAll(async () => {
    await engine.close();
  });

  test("an empty bank says how to begin", async () => {
    expect(await tab.evaluate(TEXT("summary"))).toContain("Nothing is kept yet");
    expect(await tab.evaluate(`document.getElementById("examples").hidden`)).toBe(false);
    await takePictures(tab, `${name}-empty-light`);
  });

  test("examples are taken in, searched as one types and filtered", async () => {
    await withExamples(tab);
    await ask(tab, QUESTION);
    await tab.evaluate(settled(`document.querySelector("#results h3")?.textContent === ${JSON.stringify(ANSWER)}`));
    await takePictures(tab, `${name}-light`);
    await tab.evaluate(`[...document.querySelectorAll("#categories button")].find((chip) => chip.textContent === "databases").click()`);
    await tab.evaluate(settled(`[...document.querySelectorAll("#results .category")].every((one) => one.textContent === "databases")`));

    expect(await tab.evaluate(TEXT("where"))).toContain("238 patterns, kept in this browser");
    expect(await tab.evaluate(`document.querySelectorAll("#map circle").length`)).toBe(238);
    await tab.evaluate(`[...document.querySelectorAll("#categories button")][0].click()`);
  });

  test("what is stored never becomes markup", async () => {
    await tab.evaluate(
      `(() => { const form = document.getElementById("add"); form.task_description.value = "<img src=x onerror='window.broken = true'>"; form.task_category.value = "frontend"; form.strategy.value = "<script>window.broken = true</script>"; form.requestSubmit(); })()`,
    );
    await tab.evaluate(settled(`${TEXT("kept")}.startsWith("Kept")`));
    await ask(tab, "img src");
    await tab.evaluate(settled(`document.querySelector("#results h3")?.textContent.startsWith("<img")`));

    expect(await tab.evaluate(`[window.broken ?? null, document.querySelectorAll("#results img, #results script").length]`)).toEqual([null, 0]);
  });

  test("erasing asks once more", async () => {
    const press = `document.querySelector("#results .last button:last-child").click()`;
    await tab.evaluate(press);
    expect(await tab.evaluate(`document.querySelector("#results .last button:last-child").textContent`)).toBe("Erase for good");
    await tab.evaluate(press);
    await tab.evaluate(settled(`${TEXT("where")}.startsWith("238 patterns")`));
  });

  test("a file that is broken says where, and one that is partly sound is taken as far as it is", async () => {
    await importFile(tab, "broken.jsonl", '{not json\n{"task_description":"x"}\n');
    await tab.evaluate(settled(`document.getElementById("moved").classList.contains("wrong")`));
    expect(await tab.evaluate(TEXT("moved"))).toMatch(/nothing could be taken\. line 1 is not JSON/);

    const odd = { task_description: "إصلاح تسجيل الدخول 🔐", task_category: "واجهة", strategy: "W".repeat(4_000) };
    await importFile(tab, "odd.jsonl", `${JSON.stringify(odd)}\n{"task_description":"x"}\n`);
    await tab.evaluate(settled(`${TEXT("moved")}.startsWith("Imported 1 new")`));
    expect(await tab.evaluate(TEXT("moved"))).toContain("1 line left out, the first: line 2: ");
    await ask(tab, "تسجيل الدخول");
    await tab.evaluate(settled(`document.querySelector("#results h3")?.textContent.startsWith("إصلاح")`));
    expect(await tab.evaluate(`getComputedStyle(document.querySelector("#results li")).direction`)).toBe("rtl");
    await takePictures(tab, `${name}-other-scripts-light`);
  });

  test("what is exported is what is kept", async () => {
    const text = await tab.evaluate<string>(`new Promise((done) => {
      const kept = URL.createObjectURL;
      URL.createObjectURL = (blob) => { blob.text().then(done); URL.createObjectURL = kept; return kept.call(URL, blob); };
      document.getElementById("export").click();
    })`);

    expect(text.trimEnd().split("\n")).toHaveLength(240);
    expect(await tab.evaluate(TEXT("moved"))).toBe("Exported 239 patterns.");
  });

  test("it opens without a network after the first visit, and brings a new version when asked", async () => {
    await tab.evaluate(`navigator.serviceWorker.ready.then(() => 1)`);
    await tab.evaluate(settled(`navigator.serviceWorker.controller !== null`));
    server.state = "down";
    await tab.goto(server.url);
    await tab.evaluate(READY);
    await ask(tab, QUESTION);
    await tab.evaluate(settled(`document.querySelector("#results h3")?.textContent === ${JSON.stringify(ANSWER)}`));
    await expect(tab.evaluate(`fetch("not-kept.txt").then(() => "answered")`)).rejects.toThrow();

    server.state = "new version";
    try {
      await tab.goto(server.url);
      await tab.evaluate(READY);
      await tab.evaluate(settled(`!document.getElementById("update").hidden`));
      expect(await tab.evaluate(`document.title`)).toBe("ReasoningBank");
      await tab.evaluate(`setTimeout(() => document.querySelector("#update button").click(), 50)`);
      await expect.poll(() => tab.evaluate(`document.title`).catch(() => ""), { timeout: 15_000 }).toBe("ReasoningBank, newer");
      await tab.evaluate(READY);
      expect(await tab.evaluate(TEXT("where"))).toContain("239 patterns");
      expect(await tab.evaluate(`caches.keys().then((names) => names.length)`)).toBe(1);
    } finally {
      server.state = "up";
    }
  });

  test.skipIf(name !== "chromium")("it is used with the keyboard alone", async () => {
    await tab.evaluate(`document.activeElement.blur()`);
    await tab.page!.keyboard.press("/");
    expect(await tab.evaluate(`document.activeElement.id`)).toBe("question");
    const reached = new Set<string>();
    for (let step = 0; step < 90; step++) {
      await tab.page!.keyboard.press("Tab");
      reached.add(await tab.evaluate(`document.activeElement.id || document.activeElement.name || document.activeElement.textContent`));
    }
    expect([...reached]).toEqual(expect.arrayContaining(["task_description", "strategy", "Keep it", "export", "import", "It worked", "Erase"]));
    await tab.evaluate(`document.querySelector("#results .last button").focus()`);
    await tab.page!.keyboard.press("Enter");
    await tab.evaluate(settled(`${TEXT("summary")} === "Noted that it worked."`));
    expect(await tab.evaluate(`document.activeElement.textContent`)).toBe("It worked");
  });

  test("it breaks no rule of accessibility that axe knows, in light and in dark", { timeout: 120_000 }, async () => {
    const script = readFileSync(here("../../node_modules/axe-core/axe.min.js"), "utf8");
    const broken = `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ target }) => target).join(", ")))`;
    // Given as text to be run, which the page's own policy forbids to the page.
    const run = `(() => { if (!window.axe) { ${script} } return ${broken}; })()`;
    await ask(tab, QUESTION);
    await tab.evaluate(settled(`document.querySelector("#results h3")?.textContent === ${JSON.stringify(ANSWER)}`));
    expect(await tab.evaluate(run)).toEqual([]);

    await engine.close();
    engine = await launch(name, undefined, "dark");
    tab = await engine.tab();
    await tab.look(1280, 900);
    await tab.goto(server.url);
    await tab.evaluate(READY);
    expect(await tab.evaluate(`matchMedia("(prefers-color-scheme: dark)").matches`)).toBe(true);
    expect(await tab.evaluate(run)).toEqual([]);
    await withExamples(tab);
    await ask(tab, QUESTION);
    await tab.evaluate(settled(`document.querySelector("#results h3")?.textContent === ${JSON.stringify(ANSWER)}`));
    expect(await tab.evaluate(run)).toEqual([]);
    await takePictures(tab, `${name}-dark`);
  });
});
