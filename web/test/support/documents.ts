/** The blocks of code in the documents, with their marks; tests/documents/blocks.py says what the marks mean. */

import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { newFolder } from "./folders.js";

export const WEB = fileURLToPath(new URL("../..", import.meta.url));
const CHECKOUT = join(WEB, "..");
const MARKS = new Set(["not run", "types only", "prints", "shows", "file", "written by"]);

/** One fenced block of a document. */
export interface Block {
  readonly document: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
  readonly marks: ReadonlyMap<string, string>;
}

/** A program: blocks that belong together, and what it is to print. */
export interface Program {
  /** Where it begins, such as `docs/web.md:10`. */
  readonly place: string;
  readonly language: "ts" | "js";
  readonly text: string;
  /** Whether it is compiled and not run. */
  readonly typesOnly: boolean;
  readonly prints: string | null;
}

/** Give the documents that readers get: the pages, and the READMEs. */
export function documents(): string[] {
  const pages = (folder: string): string[] =>
    readdirSync(join(CHECKOUT, folder), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? pages(`${folder}/${entry.name}`) : entry.name.endsWith(".md") ? [`${folder}/${entry.name}`] : [],
    );
  return ["README.md", "web/README.md", ...pages("docs")].sort();
}

/** Give the blocks of a document in their order. */
export function blocksOf(document: string, text = readFileSync(join(CHECKOUT, document), "utf8")): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  for (let number = 0; number < lines.length; number++) {
    const fence = /^( *)(`{3,}|~{3,})(.*)$/.exec(lines[number]!);
    if (fence === null) continue;
    const [, indent, mark, language] = fence as unknown as [string, string, string, string];
    const end = lines.findIndex((line, at) => at > number && line.trim().startsWith(mark) && line.trim().replaceAll(mark[0]!, "") === "");
    if (end === -1) throw new Error(`${document}:${String(number + 1)}: the block is not closed`);
    const held = lines.slice(number + 1, end).map((line) => line.slice(Math.min(indent.length, line.search(/\S|$/))));
    blocks.push({ document, line: number + 1, language: language.trim(), text: `${held.join("\n")}\n`, marks: marksAbove(lines, number) });
    number = end;
  }
  return blocks;
}

function marksAbove(lines: readonly string[], fence: number): Map<string, string> {
  const marks = new Map<string, string>();
  for (let number = fence - 1; number >= 0; number--) {
    const comment = /^\s*<!--\s*([a-z ]+?)\s*(?::\s*(.*?))?\s*-->\s*$/.exec(lines[number]!);
    if (comment === null || !MARKS.has(comment[1]!)) break;
    marks.set(comment[1]!, comment[2] ?? "");
  }
  return marks;
}

/**
 * Give the programs of a document. A block that imports begins one; one that does not goes on with the one before, as a
 * reader would type it below.
 */
export function programsOf(blocks: readonly Block[]): Program[] {
  const programs: { -readonly [Key in keyof Program]: Program[Key] }[] = [];
  let last: (typeof programs)[number] | undefined;
  for (const { document, line, language, text, marks } of blocks) {
    if (marks.has("prints") && last !== undefined) last.prints = text;
    if (language !== "ts" && language !== "js") {
      if (language === "python" || language === "console") last = undefined;
      continue;
    }
    if (marks.has("file") || marks.has("not run")) continue;
    if (last?.language !== language || /^import /m.test(text)) {
      last = { place: `${document}:${String(line)}`, language, text, typesOnly: marks.has("types only"), prints: null };
      programs.push(last);
    } else last.text += text;
  }
  return programs;
}

/** Give the examples in the comments of the source, each as a program that has what it takes for granted. */
export function examplesOfComments(): Program[] {
  const files = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? files(path) : entry.name.endsWith(".ts") ? [path] : [];
    });
  return files(join(WEB, "src")).flatMap((path) => {
    const text = readFileSync(path, "utf8");
    return [...text.matchAll(/^ *\* @example\n((?: *\*(?!\/| @).*\n)+)/gm)].map((found) => {
      const code = found[1]!.replace(/^ *\* ?/gm, "");
      const bank = /\bbank\b/.test(code) && !code.includes("const bank") ? 'const bank = new ReasoningBankAdapter("memory:");\n' : "";
      const line = text.slice(0, found.index).split("\n").length;
      return {
        place: `web/${path.slice(WEB.length)}:${String(line)}`,
        language: "ts" as const,
        text: `import { ReasoningBankAdapter } from "reasoningbank";\n${bank}${code}await bank.close();\n`,
        typesOnly: false,
        prints: null,
      };
    });
  });
}

/** Give a new folder in which `reasoningbank` is the built package, with the files that a document says are there. */
export function projectFolder(blocks: readonly Block[] = []): string {
  if (!existsSync(join(WEB, "dist/types/index.d.ts"))) throw new Error("the package is not built: npm run build");
  const folder = newFolder();
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(WEB, join(folder, "node_modules/reasoningbank"));
  symlinkSync(join(WEB, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
  for (const { marks, text } of blocks) {
    const name = marks.get("file");
    if (name === undefined) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Give a text as it is compared: ids and times by their kind, runs of space as one. */
export function plain(text: string): string {
  return text
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<id>")
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\b/g, "<time>")
    .replace(/\s+/g, " ")
    .trim();
}

/** Give whether a printed text is the expected one, in which `...` stands for anything. */
export function isAsPrinted(expected: string, printed: string): boolean {
  const pieces = plain(expected)
    .split("...")
    .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pieces.join(".*")}$`, "s").test(plain(printed));
}
