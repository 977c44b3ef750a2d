/** Bank files as older releases wrote them, from the steps of `spec/schema-steps.sql`. */
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { dedupeKey } from "../../src/domain/duplicates.js";
import { vectorChecksum } from "../../src/domain/checksum.js";
import { fromHex } from "../../src/domain/utf8.js";
import { APPLICATION_ID } from "../../src/storage/sql/schema-text.js";
import { rowOf } from "../../src/storage/rows.js";
import { letters } from "../scenarios/runner.js";

const STEPS = readFileSync(fileURLToPath(new URL("../../../spec/schema-steps.sql", import.meta.url)), "utf8");
const AT = "2026-01-02T03:04:05.006Z";

/** The one pattern of an old bank. */
export const OLD_ID = "019b7d2e-5d3e-7000-8000-000000000001";

/** Give the statements from an empty file to a schema. */
export function stepsTo(version: number): string {
  const parts = STEPS.split(/^-- PRAGMA user_version = (\d+);\n/m).slice(1);
  return parts.filter((_, at) => at % 2 === 1 && Number(parts[at - 1]) <= version).join("");
}

/** Make a file of a schema with a pattern, its vector and an outcome; `more` is run in it at the end. */
export function makeOldBank(path: string, version: number, more = ""): void {
  const file = new DatabaseSync(path);
  file.exec(`PRAGMA application_id=${String(APPLICATION_ID)}; PRAGMA user_version=${String(version)}; ${stepsTo(version)}`);
  const content = { namespace: "default", task_category: "backend", task_description: "Add login", strategy: "Test first." };
  const row = rowOf({
    pattern: {
      ...content, id: OLD_ID, title: null, success_score: null, duration_seconds: null, tags: [], metadata: {},
      trust: "reported", state: "active", uses: 1, successes: 1, failures: 0, last_used_at: AT, created_at: AT,
      updated_at: AT, expires_at: null, version: 2,
    },
    created_by: "somebody",
    key: dedupeKey(content, null),
  }); // prettier-ignore
  const names = Object.keys(row) as (keyof typeof row)[];
  file
    .prepare(`INSERT INTO patterns (${names.join()}) VALUES (${names.map(() => "?").join()})`)
    .run(...names.map((name) => (name === "dedupe_key" ? fromHex(row.dedupe_key) : row[name])));
  const vector = letters.embedQuery(content.task_description) as Int8Array;
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
