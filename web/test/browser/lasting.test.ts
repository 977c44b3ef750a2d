/** What outlasts what: reloads, restarts, killed tabs, full disks; and what tabs see of each other. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES, isInstalled, launch, type Engine, type EngineName, type Tab } from "./support/engines.js";
import { startServer, type TestServer } from "./support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server.close();
});

const READY = "new Promise((done) => { const wait = () => window.harness ? done(1) : setTimeout(wait, 20); wait(); })";

async function openPage(tab: Tab): Promise<void> {
  await tab.goto(`${server.url}/page`);
  await tab.evaluate(READY);
}

function pattern(task: string): string {
  return JSON.stringify({ task_description: task, task_category: "backend", strategy: `How to ${task}.` });
}

describe.each(ENGINES)("%s", (name) => {
  if (!isInstalled(name)) {
    test.skip(`${name} is not installed`, () => undefined);
    return;
  }
  let engine: Engine;
  beforeAll(async () => {
    engine = await launch(name);
  }, 120_000);
  afterAll(async () => {
    await engine.close();
  });

  test("a reload keeps what was stored, and finds it", async () => {
    const tab = await engine.tab();
    await openPage(tab);
    const id = await tab.evaluate(`harness.bank("reload").storePattern(${pattern("add login to the API")})`);
    await openPage(tab);

    const found = await tab.evaluate<{ id: string; similarity: number }[]>(
      `harness.bank("reload").findSimilar("adding logins to our APIs")`,
    );

    expect(found.map((one) => one.id)).toEqual([id]);
    expect(await tab.evaluate(`harness.bank("reload").getStats().then((stats) => stats.persistent)`)).toBe(true);
    await tab.close();
  });

  test("a tab that goes in the middle of writing loses nothing it was told is stored", async () => {
    const other = await engine.tab(); // a browser ends with its last tab
    const killed = await engine.tab();
    await openPage(killed);
    server.acknowledged.length = 0;
    await killed.evaluate(`void harness.storeForever("killed")`);
    const deadline = Date.now() + 30_000;
    while (server.acknowledged.length < 20 && Date.now() < deadline) await new Promise((next) => setTimeout(next, 10));
    await kill(killed, name);
    const told = [...server.acknowledged];

    const tab = await engine.tab();
    await openPage(tab);
    const missing = await tab.evaluate<string[]>(
      `Promise.all(${JSON.stringify(told)}.map(async (id) => (await harness.bank("killed").getPattern(id)) ? [] : [id])).then((all) => all.flat())`,
    );

    expect(told.length).toBeGreaterThanOrEqual(20);
    expect(missing).toEqual([]);
    const findings = await tab.evaluate<{ level: string; message: string }[]>(`harness.bank("killed").check()`);
    expect(findings.filter(({ level }) => level === "error")).toEqual([]);
    await tab.close();
    await other.close();
  });

  test("two tabs that write at once keep every row, and each finds the other's at once", { timeout: 120_000 }, async () => {
    const one = await engine.tab();
    const other = await engine.tab();
    await openPage(one);
    await openPage(other);
    const store = (tab: Tab, who: string): Promise<string[]> =>
      tab.evaluate(
        `(async () => { const ids = []; for (let n = 0; n < 25; n++) ids.push(await harness.bank("two").storePattern({ task_description: "${who} writes row " + n, task_category: "c", strategy: "s" })); return ids; })()`,
      );
    const ids = (await Promise.all([store(one, "one"), store(other, "other")])).flat();

    expect(new Set(ids).size).toBe(50);
    expect(await one.evaluate(`harness.bank("two").getStats().then((stats) => stats.total_patterns)`)).toBe(50);
    // Both have the vectors in memory from here on; a write must still be found right after its promise resolved.
    for (const [writer, reader] of [[one, other], [other, one]] as const) {
      await reader.evaluate(`harness.bank("two").findSimilar("anything")`);
      const task = `unheard-of word ${writer === one ? "flibbertigibbet" : "gobbledygook"}`;
      const id = await writer.evaluate(`harness.bank("two").storePattern(${pattern(task)})`);
      const found = await reader.evaluate<{ id: string }[]>(`harness.bank("two").findSimilar("${task}", null, 1)`);
      expect(found[0]?.id).toBe(id);
    } // prettier-ignore
    await one.close();
    await other.close();
  });
});

/** End a tab without letting it finish anything. */
async function kill(tab: Tab, name: EngineName): Promise<void> {
  if (name === "chromium") {
    const session = await tab.page!.context().newCDPSession(tab.page!);
    session.send("Page.crash").catch(() => undefined); // the tab it is sent to does not answer, then or later
    await new Promise((next) => setTimeout(next, 500));
    return;
  }
  await tab.kill();
}

describe("chromium alone", () => {
  const installed = isInstalled("chromium");

  test.skipIf(!installed)("a full disk is a typed error with nothing half-written", async () => {
    const engine = await launch("chromium");
    const tab = await engine.tab();
    await openPage(tab);
    const session = await tab.page!.context().newCDPSession(tab.page!);
    // Before the database is opened: Chromium remembers for a while how much room there was.
    await session.send("Storage.overrideQuotaForOrigin", { origin: server.url, quotaSize: 4_000_000 });
    await tab.evaluate(`harness.bank("full").storePattern(${pattern("come first")})`);
    // Digits at random: what repeats is compressed and takes no room.
    const outcome = await tab.evaluate<{ error?: { code: string } }>(
      `harness.outcomeOf(async () => {
        for (let n = 0; n < 50; n++) {
          const filler = Array.from({ length: 60000 }, () => Math.random().toString(36).slice(2, 14)).join("");
          await harness.bank("full").storePattern({ task_description: "too much " + n, task_category: "c", strategy: "s", metadata: { filler } });
        }
      })`,
    );
    await session.send("Storage.overrideQuotaForOrigin", { origin: server.url });
    const stats = await tab.evaluate<{ total_patterns: number }>(`harness.bank("full").getStats()`);
    const rows = await tab.evaluate<unknown[]>(`harness.bank("full").searchByCategory("c", 100)`);
    const findings = await tab.evaluate<{ level: string }[]>(`harness.bank("full").check()`);
    await engine.close();

    expect(outcome.error?.code).toBe("unavailable");
    expect(stats.total_patterns).toBe(1 + rows.length);
    expect(findings.filter(({ level }) => level === "error")).toEqual([]);
  });

  test.skipIf(!installed)("without any storage the bank is in memory and says so once", async () => {
    const engine = await launch("chromium");
    const tab = await engine.tab();
    const said: string[] = [];
    tab.page!.on("console", (message) => said.push(message.text()));
    await tab.page!.addInitScript(
      `Object.defineProperty(window, "indexedDB", { value: undefined }); Object.defineProperty(navigator, "storage", { value: {} });`,
    );
    await openPage(tab);
    const persistent = await tab.evaluate(
      `(async () => { await harness.bank("a").getStats(); return (await harness.bank("b").getStats()).persistent; })()`,
    );
    await engine.close();

    expect(persistent).toBe(false);
    expect(said.filter((line) => line.includes("nothing will outlast this page"))).toHaveLength(1);
  });

  test.skipIf(!installed)("where IndexedDB is missing sql.js keeps the bank, for one writer", async () => {
    const engine = await launch("chromium");
    const opened: Tab[] = [];
    for (let count = 0; count < 2; count++) {
      const tab = await engine.tab();
      await tab.page!.addInitScript(`Object.defineProperty(window, "indexedDB", { value: undefined });`);
      await openPage(tab);
      opened.push(tab);
    }
    const [writer, reader] = opened as [Tab, Tab];
    const id = await writer.evaluate(`harness.bank("kept").storePattern(${pattern("keep it")})`);
    const stats = await writer.evaluate(`harness.bank("kept").getStats()`);
    const read = await reader.evaluate(`harness.bank("kept").getPattern("${String(id)}")`);
    const refused = await reader.evaluate(`harness.outcomeOf(() => harness.bank("kept").storePattern(${pattern("be second")}))`);
    await writer.goto(`${server.url}/page`);
    await writer.evaluate(READY);
    const again = await writer.evaluate(`harness.bank("kept").getPattern("${String(id)}")`);
    await engine.close();

    expect(stats).toMatchObject({ backend: "sqljs", persistent: true });
    expect(read).toMatchObject({ id });
    expect(refused).toMatchObject({ error: { code: "busy" } });
    expect(again).toMatchObject({ id });
  });
});

describe("a restart of the browser keeps what was stored", () => {
  test.skipIf(!isInstalled("chromium"))("in chromium", { timeout: 120_000 }, async () => {
    const profile = mkdtempSync(join(tmpdir(), "reasoningbank-profile-"));
    const visit = async <T>(expression: string): Promise<T> => {
      const engine = await launch("chromium", profile);
      try {
        const tab = await engine.tab();
        await openPage(tab);
        return await tab.evaluate<T>(expression);
      } finally {
        await engine.close();
      }
    };
    try {
      const id = await visit(`harness.bank("restart", { durability: "strict" }).storePattern(${pattern("survive")})`);
      const found = await visit<{ id: string }[]>(`harness.bank("restart").findSimilar("survive")`);

      expect(found.map((one) => one.id)).toEqual([id]);
    } finally {
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  });

  // Playwright cannot keep a profile of Firefox, so this one is started by hand and its page tells the server.
  test.skipIf(!isInstalled("firefox"))("in firefox", { timeout: 120_000 }, async () => {
    const profile = mkdtempSync(join(tmpdir(), "reasoningbank-profile-"));
    const visit = async (): Promise<string[]> => {
      server.acknowledged.length = 0;
      const browser = spawn("/usr/bin/firefox-esr", ["--headless", "--no-remote", "--profile", profile, `${server.url}/page?visit`], {
        stdio: "ignore",
      });
      const ended = new Promise((resolve) => browser.once("exit", resolve));
      const deadline = Date.now() + 45_000;
      while (server.acknowledged.length === 0 && Date.now() < deadline) await new Promise((next) => setTimeout(next, 50));
      browser.kill("SIGTERM");
      await ended;
      return [...server.acknowledged];
    };
    try {
      const [stored] = await visit();
      const [found] = await visit();

      expect(stored).toMatch(/^stored-/);
      expect(found).toBe(stored!.replace("stored-", "found-"));
    } finally {
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});
