/**
 * Pack the embedder's tables of the Python package into the files that pages fetch: `dist/assets/*.bin`.
 *
 * Also writes `src/embedding/assets.ts`, which names them; `--check` compares it instead.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DATA = join(ROOT, "..", "src", "reasoningbank", "embedding", "data");
const OUT = join(ROOT, "dist", "assets");
const meta = JSON.parse(readFileSync(join(DATA, "meta.json"), "utf8"));
const sha256 = (content) => createHash("sha256").update(content).digest("hex");

function packed(id, names) {
  const files = {};
  const header = { id, alpha: meta.alpha, max_tokens: meta.max_tokens, tf: meta.tf, files };
  const contents = names.map((name) => readFileSync(join(DATA, name)));
  // The header says where the files begin, so it is written until its own length stands.
  let start = 0;
  for (let pass = 0; pass < 4; pass++) {
    let offset = start;
    names.forEach((name, at) => {
      files[name] = { offset, bytes: contents[at].length, sha256: meta.files[name].sha256 };
      if (sha256(contents[at]) !== meta.files[name].sha256) throw new Error(`${name} is not what meta.json says`);
      offset += (contents[at].length + 15) & ~15;
    });
    start = (8 + JSON.stringify(header).length + 15) & ~15;
  }
  const text = Buffer.from(JSON.stringify(header));
  const last = files[names.at(-1)];
  const bytes = Buffer.alloc(last.offset + last.bytes);
  bytes.write("RBTB", 0, "latin1");
  bytes.writeUInt32BE(text.length, 4);
  text.copy(bytes, 8);
  names.forEach((name, at) => contents[at].copy(bytes, files[name].offset));
  return bytes;
}

const lexicalId = `lexical-512-v1-${meta.files["idf.u8"].sha256.slice(0, 16)}`;
const tables = {
  hybrid: { id: meta.id, bytes: packed(meta.id, ["idf.u8", "scales.u16", "vocab.txt", "table.int4"]) },
  lexical: { id: lexicalId, bytes: packed(lexicalId, ["idf.u8"]) },
};
const entry = ([mode, { id }]) =>
  `  ${mode}: {\n    id: "${id}",\n    // Written out, so that bundlers see that it is a file.\n` +
  `    url: () => new URL("../assets/${id}.bin", import.meta.url),\n  },\n`;
const names =
  "// Made by: node scripts/pack-table.mjs\n\n" +
  "/** The embedder's table files by mode; the id changes whenever a byte of them does. */\n" +
  `export const TABLES = {\n${Object.entries(tables).map(entry).join("")}} as const;\n`;
const target = join(ROOT, "src", "embedding", "assets.ts");
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== names) {
    console.error("src/embedding/assets.ts is stale: run node scripts/pack-table.mjs");
    process.exit(1);
  }
} else {
  writeFileSync(target, names);
  mkdirSync(OUT, { recursive: true });
  for (const { id, bytes } of Object.values(tables)) writeFileSync(join(OUT, `${id}.bin`), bytes);
}
