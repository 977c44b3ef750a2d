/** How exports are written out, and what files may hold. */
import "fake-indexeddb/auto";
import { describe, expect, test } from "vitest";
import { ReasoningBankAdapter } from "../../src/bank/adapter.js";
import { IndexedDbStorage } from "../../src/storage/indexeddb/storage.js";
import { MemoryStorage } from "../../src/storage/memory/storage.js";
import { letters } from "../scenarios/runner.js";

const OPTIONS = { embedder: letters };
const PATTERNS = Array.from({ length: 250 }, (_, n) => ({
  task_description: `Task ${String(n)}`,
  task_category: "c",
  strategy: `Öffne das 図書館 ${String(n)}.`,
}));

async function filled(storage = new MemoryStorage("tested") as MemoryStorage | IndexedDbStorage): Promise<ReasoningBankAdapter> {
  const bank = new ReasoningBankAdapter(storage, OPTIONS);
  await bank.storePatterns(PATTERNS);
  return bank;
}

const withoutTime = (text: string): string => text.replace(/"exported_at":"[^"]+"/, "");

describe.each([
  ["memory", () => Promise.resolve(new MemoryStorage("tested"))],
  ["IndexedDB", () => IndexedDbStorage.open("exported", "tested", {})],
])("an export from %s", (_, storage) => {
  test("is written in pieces of whole lines that are the text it gives at once", async () => {
    const bank = await filled(await storage());
    const pieces: string[] = [];
    const count = await bank.exportJsonl((text) => pieces.push(text));
    const text = await bank.exportJsonl();
    await bank.close();

    expect(count).toBe(250);
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.every((piece) => piece.endsWith("\n"))).toBe(true);
    expect(withoutTime(pieces.join(""))).toBe(withoutTime(text));
  });
});

test("an export to a stream waits for it, closes it, and is restored from a Blob", async () => {
  const bank = await filled();
  const parts: Blob[] = [];
  let closed = false;
  let writing = 0;
  const stream = new WritableStream<Uint8Array>({
    write: async (bytes) => {
      expect(++writing).toBe(1);
      await new Promise((next) => setTimeout(next, 1));
      parts.push(new Blob([bytes as Uint8Array<ArrayBuffer>]));
      writing--;
    },
    close: () => {
      closed = true;
    },
  });
  const count = await bank.exportJsonl(stream);
  const copy = new ReasoningBankAdapter("memory:", OPTIONS);

  expect([count, closed]).toEqual([250, true]);
  expect(await copy.restoreJsonl(new Blob(parts))).toMatchObject({ read: 250, created: 250 });
});

test("a stream that fails ends the export with its error, and the bank goes on", async () => {
  const bank = await filled();
  const full = new Error("the disk is full");
  const stream = new WritableStream<Uint8Array>({
    write: () => {
      throw full;
    },
  });

  await expect(bank.exportJsonl(stream)).rejects.toBe(full);
  await expect(bank.exportJsonl({} as never)).rejects.toMatchObject({ field: "sink" });
  expect(await bank.getStats()).toMatchObject({ total_patterns: 250 });
});

test("a failure of the bank is told to the stream", async () => {
  const bank = await filled();
  await bank.close();
  let reason: unknown;
  const stream = new WritableStream<Uint8Array>({ abort: (given) => void (reason = given) });

  await expect(bank.exportJsonl(stream)).rejects.toMatchObject({ code: "unavailable" });
  expect(reason).toMatchObject({ code: "unavailable" });
});

test("a Blob of more than one piece is read whole, characters at its borders too", async () => {
  const text = `{"task_description":"a","task_category":"c","strategy":"s"}\n`;
  const long = `{"task_description":"b","task_category":"c","strategy":"s","metadata":{"n":"${"図".repeat(300_000)}"}}\n`;
  const bank = new ReasoningBankAdapter("memory:", OPTIONS);
  const report = await bank.importJsonl(new Blob([text, long, " ", long.replace('"b"', '"d"')]));

  expect(report).toMatchObject({ read: 3, created: 3 });
});

test("large numbers that a file writes as floats are kept, integers that would be rounded are refused", async () => {
  const bank = new ReasoningBankAdapter("memory:", OPTIONS);
  const line = (number: string): string =>
    `{"task_description":"a ${number}","task_category":"c","strategy":"9007199254740993","duration_seconds":1e16,"metadata":{"n":${number}}}`;
  const floats = ["1e16", "9007199254740992.0", "-0.0", "1.0", "1e22", "12345678901234567890.5"];
  await bank.importJsonl(floats.map((number) => `${line(number)}\n`));
  const text = await bank.exportJsonl();
  const copy = new ReasoningBankAdapter("memory:", OPTIONS);
  await copy.restoreJsonl(text);

  expect(withoutTime(await copy.exportJsonl())).toBe(withoutTime(text));
  expect(text).toContain('"n":1e+16');
  expect(text).toContain('"n":9.007199254740992e+15');
  for (const number of ["9007199254740992", "-9007199254740993", "123456789012345678901234"]) {
    await expect(bank.importJsonl(line(number))).rejects.toMatchObject({ field: expect.stringContaining("line 1: ") as string });
  }
  expect(await bank.importJsonl(line("9007199254740991"))).toMatchObject({ created: 1 });
});

test.each(["restoreJsonl", "importJsonl", "restoreTrajectoriesJsonl"] as const)(
  "%s says what reads an export of everything, and stores nothing of it",
  async (method) => {
    const everything = [
      '{"exported_at":"2026-11-21T01:02:03.004Z","format":"reasoningbank-copies","version":1}',
      '{"model":{"id":"","model":null},"namespace":"default"}',
      '{"end":1}',
    ].join("\n");
    const bank = new ReasoningBankAdapter(new MemoryStorage("tested"), OPTIONS);

    await expect(bank[method](everything)).rejects.toMatchObject({
      code: "invalid_input",
      field: "line 1",
      hint: expect.stringContaining("reasoningbank restore") as string,
    });
    expect((await bank.getStats()).total_patterns).toBe(0);
    await bank.close();
  },
);
