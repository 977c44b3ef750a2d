/** Write `src/storage/sql/schema-text.ts` from `spec/schema.sql` and `spec/schema-steps.sql`; `--check` compares it instead. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const sql = readFileSync(`${ROOT}../spec/schema.sql`, "utf8");
const number = (name) => Number(new RegExp(`PRAGMA ${name} = (\\d+);`).exec(sql)[1]);
const plain = (text) => text.replace(/^--.*\n/gm, "").trim().replace(/\n\n/g, "\n").replace(/^ +/gm, "");
const steps = readFileSync(`${ROOT}../spec/schema-steps.sql`, "utf8").split(/^-- PRAGMA user_version = (\d+);\n/m).slice(1);
let upgrades = "";
for (let at = 0; at < steps.length; at += 2) {
  // There is no bank without version 1, so nobody needs the step to it.
  if (Number(steps[at]) > 1) upgrades += `  ${steps[at]}: \`\n${plain(steps[at + 1])}\n\`,\n`;
}
const text =
  "// Made by: node scripts/schema-text.mjs\n\n" +
  "/** `RBnk`, in the file's header at offset 68. */\n" +
  `export const APPLICATION_ID = ${number("application_id")};\n\n` +
  "/** `PRAGMA user_version` of a file this release writes. */\n" +
  `export const SCHEMA_VERSION = ${number("user_version")};\n\n` +
  "/** The tables and indexes of a new bank, those of the Python package. */\n" +
  `export const SCHEMA = \`\n${plain(sql)}\n\`;\n\n` +
  "/** What takes a bank from the version before to each version. */\n" +
  `export const UPGRADES: Readonly<Record<number, string>> = {\n${upgrades}};\n`;
const target = `${ROOT}src/storage/sql/schema-text.ts`;
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("src/storage/sql/schema-text.ts is stale: run node scripts/schema-text.mjs");
    process.exit(1);
  }
} else writeFileSync(target, text);
