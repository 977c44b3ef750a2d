/** The pages that documents show: opened in each engine as they stand, and once more out of a bundler. */

import { build } from "esbuild";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WEB, blocksOf, documents, isAsPrinted, projectFolder, type Block } from "../support/documents.js";
import { serveDemo, type DemoServer } from "./support/demo-server.js";
import { ENGINES, isInstalled, launch, type Engine } from "./support/engines.js";

const PAGES = documents()
  .map((document) => ({ document, blocks: blocksOf(document) }))
  .filter(({ blocks }) => blocks.some(({ marks }) => marks.get("file") === "index.html"));
const IMPORT_MAP = /<script type="importmap">.*?<\/script>/s;

test("there is a page to open", () => {
  expect(PAGES.length).toBeGreaterThan(0);
});

describe.each(ENGINES)("in %s", (name) => {
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

  describe.each(PAGES)("the page of $document", ({ blocks }) => {
    // What a bundler makes is the same for every engine.
    test.each(["with its import map", ...(name === "chromium" ? ["out of a bundler"] : [])])("shows what it says it shows, %s, and after a reload too", async (how) => {
      const server = await (how === "out of a bundler" ? bundled(blocks) : serveDemo(projectFolder(blocks)));
      const tab = await engine.tab();
      const expected = blocks.find(({ marks }) => marks.has("shows"))!.text;
      try {
        for (const visit of ["first", "second"]) {
          await tab.goto(server.url);
          let shown = "";
          for (const end = Date.now() + 20_000; Date.now() < end && !isAsPrinted(expected, shown); ) {
            shown = await tab.evaluate<string>("document.body.innerText");
          }
          expect(isAsPrinted(expected, shown), `at the ${visit} visit it showed:\n${shown}`).toBe(true);
        }
      } finally {
        await tab.close();
        await server.close();
      }
    });
  });
});

/** Serve a page whose script a bundler has made one file of, beside the assets that the package fetches. */
async function bundled(blocks: readonly Block[]): Promise<DemoServer> {
  const folder = projectFolder(blocks);
  const built = await build({
    entryPoints: [join(folder, "app.js")],
    bundle: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "error",
    absWorkingDir: folder,
  });
  // esbuild leaves `new URL(…, import.meta.url)` alone, which other bundlers follow: the assets go where it points.
  const out = projectFolder();
  symlinkSync(join(WEB, "dist/assets"), join(out, "assets"));
  writeFileSync(join(out, "app.js"), built.outputFiles[0]!.contents);
  writeFileSync(join(out, "index.html"), readFileSync(join(folder, "index.html"), "utf8").replace(IMPORT_MAP, ""));
  return serveDemo(out);
}
