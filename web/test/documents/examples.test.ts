/** Every TypeScript and JavaScript example of the documents, and of the comments in the source, compiles and runs. */

import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { beforeAll, describe, expect, test } from "vitest";
import { blocksOf, documents, examplesOfComments, isAsPrinted, programsOf, projectFolder, type Program } from "../support/documents.js";

const PROGRAMS = [...documents().flatMap((document) => programsOf(blocksOf(document))), ...examplesOfComments()];
const folder = projectFolder();
const files = new Map(PROGRAMS.map((program, number) => [program, join(folder, `program-${String(number)}.m${program.language}`)]));
/** What a reader's own project would be compiled with. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts", "lib.dom.asynciterable.d.ts"],
  types: ["node"],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
};

const WRONG = 'import { ReasoningBankAdapter } from "reasoningbank";\nawait new ReasoningBankAdapter().findSimilarly("x");\n';
const wrong = join(folder, "wrong.mts");

/** Compile all at once, which takes as long as one, and give what is wrong with each. */
function complaints(programs: readonly string[]): string[] {
  const compiled = ts.createProgram([...programs], OPTIONS);
  return ts.getPreEmitDiagnostics(compiled).map(({ file, start, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
    const place = [...files].find(([, path]) => path === file?.fileName)?.[0].place ?? file?.fileName ?? "";
    return `${place}, line ${String(line)} of it: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}

async function run(path: string): Promise<string> {
  const home = mkdtempSync(join(folder, "home-"));
  const { PATH = "" } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [path], {
    cwd: home,
    env: { PATH, HOME: home, XDG_DATA_HOME: join(home, "data"), XDG_STATE_HOME: join(home, "state"), PORT: "0" },
    timeout: 60_000,
  });
  return stdout;
}

let told: string[] = [];
beforeAll(() => {
  for (const [program, path] of files) writeFileSync(path, program.text);
  writeFileSync(wrong, WRONG);
  told = complaints([wrong, ...[...files.values()].filter((path) => path.endsWith(".mts"))]);
}, 120_000);

describe("the examples in TypeScript and JavaScript", () => {
  test("are compiled with the types the package brings", () => {
    expect(told.filter((one) => !one.startsWith(wrong))).toEqual([]);
  });

  test.each(PROGRAMS.filter(({ typesOnly }) => !typesOnly))("$place runs", async (program: Program) => {
    const printed = await run(files.get(program)!);

    if (program.prints !== null) expect(isAsPrinted(program.prints, printed), `it printed:\n${printed}`).toBe(true);
  });

  test("are found where they are", () => {
    expect(PROGRAMS.map(({ place }) => place.split(":")[0])).toEqual(
      expect.arrayContaining(["docs/web.md", "web/README.md", "docs/recipes/node-service.md", "web/src/bank/adapter.ts"]),
    );
  });
});

describe("an example that is wrong", () => {
  test("is not compiled", () => {
    expect(told.filter((one) => one.startsWith(wrong)).join()).toContain("findSimilarly");
  });

  test("does not run", async () => {
    const path = join(folder, "wrong.mjs");
    writeFileSync(path, 'import { ReasoningBankAdapter } from "reasoningbank";\nawait new ReasoningBankAdapter("memory:").getPattern("no id");\n');

    await expect(run(path)).rejects.toThrow("id");
  });

  test("prints something else", () => {
    expect(isAsPrinted("one\ntwo", "one\nthree")).toBe(false);
    expect(isAsPrinted("one ... three", "one two\nthree")).toBe(true);
  });
});

test("blocks go on with the program before them until one imports", () => {
  const text = '```ts\nimport "a";\n```\n\n- x\n\n  ```ts\n  one();\n  ```\n<!-- prints -->\n```text\n1\n```\n```ts\nimport "b";\n```\n';

  expect(programsOf(blocksOf("page.md", text)).map(({ place, text, prints }) => ({ place, text, prints }))).toEqual([
    { place: "page.md:1", text: 'import "a";\none();\n', prints: "1\n" },
    { place: "page.md:14", text: 'import "b";\n', prints: null },
  ]);
});
