/** The browsers of this machine, driven alike: Chromium and Firefox by Playwright, WebKitGTK by WebDriver. */

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { chromium, firefox, type Browser, type BrowserContext, type Page } from "playwright-core";

export const ENGINES = ["chromium", "firefox", "webkit"] as const;
export type EngineName = (typeof ENGINES)[number];

/** Where Debian's packages put each browser. */
const PATHS: Record<EngineName, readonly string[]> = {
  chromium: ["/usr/bin/chromium"],
  firefox: ["/usr/bin/firefox-esr"],
  webkit: ["/usr/bin/WebKitWebDriver", "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser", "/usr/bin/Xvfb"],
};
const CHROMIUM_FLAGS = [
  "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-domain-reliability",
]; // prettier-ignore

const DARK_FIREFOX = { "ui.systemUsesDarkTheme": 1, "layout.css.prefers-color-scheme.content-override": 0 };

/** One page of a browser. */
export interface Tab {
  goto(url: string): Promise<void>;
  /** Give the JSON value of an expression, awaited. */
  evaluate<T>(expression: string): Promise<T>;
  screenshot(path: string): Promise<void>;
  /** Set the size of the page. */
  look(width: number, height: number): Promise<void>;
  close(): Promise<void>;
  /** Close it without waiting for anything. */
  kill(): Promise<void>;
  /** Playwright's page, where there is one. */
  readonly page: Page | null;
}

/** A running browser. */
export interface Engine {
  readonly version: string;
  tab(): Promise<Tab>;
  close(): Promise<void>;
}

/** Give whether a browser is installed here. */
export function isInstalled(engine: EngineName): boolean {
  return PATHS[engine].every((path) => existsSync(path));
}

/** Start a browser that asks for light or dark colours; with a folder, one that keeps its profile there (not WebKit). */
export async function launch(engine: EngineName, profile?: string, colours: "light" | "dark" = "light"): Promise<Engine> {
  if (engine === "webkit") return launchWebKit(colours);
  const type = engine === "chromium" ? chromium : firefox;
  const options =
    engine === "chromium"
      ? { executablePath: PATHS.chromium[0]!, chromiumSandbox: false, args: CHROMIUM_FLAGS, headless: true }
      : { executablePath: PATHS.firefox[0]!, channel: "moz-firefox", headless: true, timeout: 60_000, firefoxUserPrefs: colours === "dark" ? DARK_FIREFOX : {} };
  if (profile !== undefined) {
    const context = await type.launchPersistentContext(profile, options);
    return overPlaywright(context, context.browser()?.version() ?? "", () => context.close());
  }
  const browser: Browser = await type.launch(options);
  // Firefox is told by its preferences: what Playwright would send, this version of it does not know.
  const context = await browser.newContext(engine === "chromium" ? { colorScheme: colours } : {});
  return overPlaywright(context, browser.version(), () => browser.close());
}

function overPlaywright(context: BrowserContext, version: string, close: () => Promise<void>): Engine {
  return {
    version,
    close,
    tab: async () => {
      const page = await context.newPage();
      return {
        page,
        goto: async (url) => {
          await page.goto(url);
        },
        evaluate: (expression) => page.evaluate(expression),
        screenshot: async (path) => {
          await page.screenshot({ path });
        },
        look: (width, height) => page.setViewportSize({ width, height }),
        close: () => page.close(),
        kill: () => page.close({ runBeforeUnload: false }),
      };
    },
  };
}

async function launchWebKit(colours: "light" | "dark"): Promise<Engine> {
  const screen = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1400x1600x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const display = await new Promise<string>((resolve) => {
    screen.stdio[3]!.once("data", (data: Buffer) => resolve(data.toString().trim()));
  });
  const port = await freePort();
  const driver: ChildProcess = spawn("WebKitWebDriver", ["--host=127.0.0.1", `--port=${String(port)}`], {
    env: {
      ...process.env,
      DISPLAY: `:${display}`,
      GDK_BACKEND: "x11",
      GTK_THEME: colours === "dark" ? "Adwaita:dark" : "Adwaita",
      NO_AT_BRIDGE: "1",
      WEBKIT_DISABLE_COMPOSITING_MODE: "1",
      LIBGL_ALWAYS_SOFTWARE: "1",
    },
    stdio: "ignore",
  });
  const call = async (method: string, path: string, body?: unknown): Promise<never> => {
    const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { value } = (await response.json()) as { value: { error?: string; message?: string } | null };
    if (value?.error !== undefined) throw new Error(`${value.error}: ${value.message ?? ""}`);
    return value as never;
  };
  await answering(() => call("GET", "/status"));
  const session: { sessionId: string; capabilities: { browserVersion: string } } = await call("POST", "/session", {
    capabilities: {
      alwaysMatch: {
        browserName: "MiniBrowser",
        "webkitgtk:browserOptions": { binary: PATHS.webkit[1], args: ["--automation", "--features=+StorageAPI,+StorageAPIEstimate"] },
      },
    },
  });
  const base = `/session/${session.sessionId}`;
  await call("POST", `${base}/timeouts`, { script: 300_000, pageLoad: 300_000 });
  // Closing the last window ends the session, so closed ones are kept for those that come.
  const free: string[] = [await call("GET", `${base}/window`)];
  return {
    version: session.capabilities.browserVersion,
    tab: async () => {
      let handle = free.pop();
      if (handle === undefined) {
        const [alive]: string[] = await call("GET", `${base}/window/handles`); // the last one used may be gone
        await call("POST", `${base}/window`, { handle: alive });
        const made: { handle: string } = await call("POST", `${base}/window/new`, { type: "tab" });
        handle = made.handle;
      }
      const own = handle;
      const enter = (): Promise<void> => call("POST", `${base}/window`, { handle: own });
      return webKitTab(base, call, enter, () => free.push(own));
    },
    close: async () => {
      await call("DELETE", base).catch(() => undefined);
      driver.kill();
      screen.kill();
    },
  };
}

type Call = (method: string, path: string, body?: unknown) => Promise<never>;

function webKitTab(base: string, call: Call, enter: () => Promise<void>, giveBack: () => void): Tab {
  return {
    page: null,
    goto: async (url) => {
      await enter();
      await call("POST", `${base}/url`, { url });
    },
    evaluate: async (expression) => {
      await enter();
      const script = `const done = arguments[0];
        Promise.resolve().then(() => (${expression})).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
      const outcome: { value?: unknown; error?: string } = await call("POST", `${base}/execute/async`, { script, args: [] });
      if (outcome.error !== undefined) throw new Error(outcome.error);
      return outcome.value as never;
    },
    screenshot: async (path) => {
      await enter();
      writeFileSync(path, Buffer.from((await call("GET", `${base}/screenshot`)), "base64"));
    },
    look: async (width, height) => {
      await enter();
      await call("POST", `${base}/window/rect`, { width, height });
    },
    close: async () => {
      await enter();
      await call("POST", `${base}/url`, { url: "about:blank" });
      giveBack();
    },
    kill: async () => {
      await enter();
      await call("DELETE", `${base}/window`);
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function answering(ask: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await ask();
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
