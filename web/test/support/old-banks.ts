/** Bank files as older releases wrote them, from the steps of `spec/schema-steps.sql`. */
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { vectorChecksum } from "../../src/domain/checksum.js";
import { fromHex } from "../../src/domain/utf8.js";
import { APPLICATION_ID } from "../../src/storage/sql/schema-text.js";
import { letters } from "../scenarios/runner.js";
import { OLD_ID, oldRow, oldVector } from "./first-layout.js";

const STEPS = readFileSync(fileURLToPath(new URL("../../../spec/schema-steps.sql", import.meta.url)), "utf8");
const AT = "2026-01-02T03:04:05.006Z";

/** Give the statements from an empty file to a schema. */
export function stepsTo(version: number): string {
  const parts = STEPS.split(/^-- PRAGMA user_version = (\d+);\n/m).slice(1);
  return parts.filter((_, at) => at % 2 === 1 && Number(parts[at - 1]) <= version).join("");
}

/** Make a file of a schema with a pattern, its vector and an outcome; `more` is run in it at the end. */
export function makeOldBank(path: string, version: number, more = ""): void {
  const file = new DatabaseSync(path);
  file.exec(`PRAGMA application_id=${String(APPLICATION_ID)}; PRAGMA user_version=${String(version)}; ${stepsTo(version)}`);
  const row = oldRow();
  const names = Object.keys(row) as (keyof typeof row)[];
  file
    .prepare(`INSERT INTO patterns (${names.join()}) VALUES (${names.map(() => "?").join()})`)
    .run(...names.map((name) => (name === "dedupe_key" ? fromHex(row.dedupe_key) : row[name])));
  const vector = oldVector();
  const { name, dimension } = letters;
  file.prepare("INSERT INTO embedding_models VALUES (1, ?, ?, ?)").run(name, dimension, "1");
  file.exec("INSERT INTO namespaces VALUES ('default', 1)");
  file
    .prepare("INSERT INTO pattern_embeddings VALUES ('default', ?, 1, ?, ?, ?)")
    .run(OLD_ID, new Uint8Array(vector.buffer), dimension, vectorChecksum(vector));
  file.exec("INSERT INTO category_counts VALUES ('default', 'backend', 1, 0)");
  file
    .prepare("INSERT INTO outcomes (namespace, id, pattern_id, kind, score, source, evidence, actor, at) VALUES ('default', ?, ?, 'success', 1, 'test', '{}', 'somebody', ?)")
    .run(OLD_ID.replace(/1$/, "2"), OLD_ID, AT);
  file.prepare("INSERT INTO bank_properties VALUES ('created_at', ?)").run(AT);
  file.exec(`INSERT INTO changes VALUES (1, 'default', '${OLD_ID}', 'put'); ${more}`);
  file.close();
}
