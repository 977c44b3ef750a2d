/** The demo page in each engine; with REASONINGBANK_SCREENSHOTS set to a folder, pictures of it are left there. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES, isInstalled, launch, type Engine, type Tab } from "./support/engines.js";
import { startServer, type TestServer } from "./support/server.js";

const PICTURES = process.env["REASONINGBANK_SCREENSHOTS"];
const READY = `new Promise((done) => { const wait = () => document.documentElement.dataset.ready ? done(1) : setTimeout(wait, 30); wait(); })`;
const settled = (condition: string): string =>
  `new Promise((done, fail) => { const end = Date.now() + 15000; const wait = () => (${condition}) ? done(1) : Date.now() > end ? fail(new Error("waited in vain for ${condition.replace(/["\\`]/g, "'")}")) : setTimeout(wait, 30); wait(); })`;

let server: TestServer;
beforeAll(async () => {
  execFileSync(process.execPath, [fileURLToPath(new URL("../../demo/build.mjs", import.meta.url))]);
  if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true });
  server = await startServer();
});
afterAll(async () => {
  await server.close();
});

async function ask(tab: Tab, text: string): Promise<void> {
  await tab.evaluate(
    `(() => { const input = document.getElementById("question"); input.value = ${JSON.stringify(text)}; input.dispatchEvent(new Event("input", { bubbles: true })); })()`,
  );
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
    await tab.look(1280, 900, false);
    await tab.goto(`${server.url}/demo/`);
    await tab.evaluate(READY);
  }, 120_000);
  afterAll(async () => {
    await engine.close();
  });

  test("examples are added, searched as one types and filtered", async () => {
    await tab.evaluate(`document.getElementById("examples").click()`);
    await tab.evaluate(settled(`document.querySelectorAll("#map circle").length === 12`));
    await ask(tab, "the report takes too long");
    await tab.evaluate(settled(`document.querySelector("#results h3")?.textContent === "Speed up the slow monthly report"`));
    await tab.evaluate(`[...document.querySelectorAll("#categories button")].find((chip) => chip.textContent === "frontend").click()`);
    await tab.evaluate(settled(`[...document.querySelectorAll("#results .facts > span:first-child")].every((one) => one.textContent === "frontend")`));

    expect(await tab.evaluate(`document.getElementById("where").textContent`)).toContain("12 patterns, kept in this browser");
  });

  test("what is stored never becomes markup", async () => {
    await tab.evaluate(
      `(() => { const form = document.getElementById("add"); form.task_description.value = "<img src=x onerror='window.broken = true'>"; form.task_category.value = "frontend"; form.strategy.value = "<script>window.broken = true</script>"; form.requestSubmit(); })()`,
    );
    await tab.evaluate(settled(`document.getElementById("kept").textContent.startsWith("Kept")`));
    await ask(tab, "img src");
    await tab.evaluate(settled(`document.querySelector("#results h3")?.textContent.startsWith("<img")`));

    expect(await tab.evaluate(`[window.broken ?? null, document.querySelectorAll("#results img, #results script").length]`)).toEqual([null, 0]);
    await tab.evaluate(`[...document.querySelectorAll("#results li")].find((item) => item.querySelector("h3").textContent.startsWith("<img")).querySelector(".last button:last-child").click()`);
    await tab.evaluate(settled(`document.getElementById("where").textContent.startsWith("12 patterns")`));
  });

  test("it looks like a page at every width, in light and dark", async () => {
    await tab.evaluate(`[...document.querySelectorAll("#categories button")][0].click()`);
    await ask(tab, "the report takes too long");
    await tab.evaluate(settled(`document.querySelector("#results h3")?.textContent === "Speed up the slow monthly report"`));
    for (const [width, height] of [[1280, 900], [390, 844]] as const) {
      for (const dark of name === "webkit" ? [false] : [false, true]) {
        await tab.look(width, height, dark);
        await new Promise((next) => setTimeout(next, 400));
        const [wide, inner] = await tab.evaluate<[number, number]>(`[document.documentElement.scrollWidth, innerWidth]`);
        expect(wide).toBeLessThanOrEqual(inner);
        if (PICTURES !== undefined) await tab.screenshot(join(PICTURES, `${name}-${String(width)}-${dark ? "dark" : "light"}.png`));
      }
    } // prettier-ignore
  });

  test.skipIf(name !== "chromium")("it opens without a network after the first visit", async () => {
    await tab.evaluate(`navigator.serviceWorker.ready.then(() => 1)`);
    await tab.page!.context().setOffline(true);
    await tab.page!.reload();
    await tab.evaluate(READY);
    await ask(tab, "the report takes too long");
    await tab.evaluate(settled(`document.querySelector("#results h3")?.textContent === "Speed up the slow monthly report"`));
    await tab.page!.context().setOffline(false);
  });

  test.skipIf(name !== "chromium")("it is used with the keyboard alone", async () => {
    await tab.evaluate(`document.activeElement.blur()`);
    await tab.page!.keyboard.press("/");
    expect(await tab.evaluate(`document.activeElement.id`)).toBe("question");
    const reached = new Set<string>();
    for (let step = 0; step < 60; step++) {
      await tab.page!.keyboard.press("Tab");
      reached.add(await tab.evaluate(`document.activeElement.id || document.activeElement.name || document.activeElement.textContent`));
    }
    expect([...reached]).toEqual(expect.arrayContaining(["task_description", "strategy", "Keep it", "export", "import", "examples"]));
  });
});
