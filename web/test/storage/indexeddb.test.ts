/** What IndexedDB alone can do to a bank: other versions, other tabs, failing writes. */
import { IDBDatabase, IDBFactory, IDBObjectStore as FakeObjectStore } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ReasoningBankAdapter } from "../../src/bank/adapter.js";
import { result } from "../../src/storage/indexeddb/requests.js";
import { DATABASE_VERSION, STORES } from "../../src/storage/indexeddb/schema.js";
import { IndexedDbStorage } from "../../src/storage/indexeddb/storage.js";
import { letters } from "../scenarios/runner.js";
import { ERASED_ID, makeFirstLayout, OLD_ID } from "../support/first-layout.js";

const INPUT = { task_description: "Add login", task_category: "backend", strategy: "Test first." };
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function open(options = {}): Promise<ReasoningBankAdapter> {
  return new ReasoningBankAdapter(await IndexedDbStorage.open("bank", "tested", options), { embedder: letters });
}

async function raw(version?: number): Promise<IDBDatabase> {
  const request = indexedDB.open("bank", version);
  return result(request);
}

test("a database of a newer release is refused, with both versions, and left as it is", async () => {
  const newer = await raw(DATABASE_VERSION + 1);
  newer.close();

  await expect(open()).rejects.toMatchObject({ code: "schema_too_new", found: DATABASE_VERSION + 1, supported: DATABASE_VERSION });
  expect((await raw()).version).toBe(DATABASE_VERSION + 1);
});

test("a database of the first layout is brought up to date, and nothing is lost", async () => {
  (await makeFirstLayout("bank")).close();
  const bank = await open();

  expect(await bank.findSimilar("Add login")).toMatchObject([{ id: OLD_ID, strategy: "Test first.", uses: 1 }]);
  expect(await bank.outcomes(OLD_ID)).toHaveLength(1);
  expect((await bank.getStats()).schema_version).toBe(DATABASE_VERSION);
  expect((await bank.check()).filter(({ level }) => level === "error")).toEqual([]);
  expect(await bank.erase(ERASED_ID)).toMatchObject({ rows: {} }); // known to have been erased
  await expect(bank.erase(OLD_ID.replace(/1$/, "7"))).rejects.toMatchObject({ code: "not_found" });
  await bank.storePattern({ ...INPUT, strategy: "Other." });
  expect((await bank.getStats()).total_patterns).toBe(2);
});

test("an upgraded database has the stores and indexes of a new one", async () => {
  const layout = async (name: string): Promise<unknown> => {
    await (await IndexedDbStorage.open(name, "tested")).close();
    const database = await result(indexedDB.open(name));
    return STORES.map((store) => {
      const { keyPath, autoIncrement, indexNames } = database.transaction(store).objectStore(store);
      const indexes = [...indexNames].map((index) => {
        const { keyPath: path, unique } = database.transaction(store).objectStore(store).index(index);
        return [index, path, unique];
      });
      return [store, keyPath, autoIncrement, indexes];
    });
  };
  (await makeFirstLayout("old")).close();

  expect(await layout("old")).toEqual(await layout("new"));
});

test("an upgrade that fails leaves the old version and every record", async () => {
  (await makeFirstLayout("bank")).close();
  vi.spyOn(FakeObjectStore.prototype, "createIndex").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  await expect(open()).rejects.toMatchObject({ code: "unavailable" });
  vi.restoreAllMocks();
  const database = await raw();

  expect(database.version).toBe(1);
  expect(await result(database.transaction("patterns").objectStore("patterns").count())).toBe(1);
});

test("a newer release in another tab is let through, and the next call is told", async () => {
  const bank = await open();
  await bank.storePattern(INPUT);
  const newer = await raw(DATABASE_VERSION + 1); // waits until the bank has let go
  newer.close();

  await expect(bank.storePattern(INPUT)).rejects.toMatchObject({ code: "schema_too_new" });
});

test("a tab with an older release that does not let go is Busy after a while, and no more when it has", async () => {
  const stubborn = await makeFirstLayout("bank");

  await expect(open({ busyTimeout: 20 })).rejects.toMatchObject({ code: "busy" });
  stubborn.close();
  expect(await (await open()).getPattern(OLD_ID)).toMatchObject({ task_description: "Add login" });
});

test("a tab with an older release that lets go in time is only waited for", async () => {
  const older = await makeFirstLayout("bank");
  const opening = open();
  setTimeout(() => {
    older.close();
  }, 20);

  expect(await (await opening).getPattern(OLD_ID)).toMatchObject({ task_description: "Add login" });
});

test("calls at the same time share one connection, and closing leaves none", async () => {
  const bank = await open();
  const connect = vi.spyOn(indexedDB, "open");
  const newer = await raw(DATABASE_VERSION + 1).catch(() => null); // makes the bank let go
  newer?.close();
  await result(indexedDB.deleteDatabase("bank"));
  connect.mockClear();
  await Promise.all([bank.getStats(), bank.searchByCategory("c"), bank.getStats()]);

  expect(connect).toHaveBeenCalledTimes(1);
  await bank.close();
  await result(indexedDB.deleteDatabase("bank")); // would wait for ever for a connection that was left
});

test("a write that fails half-way leaves nothing, and is an error with its code", async () => {
  const bank = await open();
  const kept = await bank.storePattern(INPUT);
  const put: IDBObjectStore["put"] = Reflect.get<IDBObjectStore, "put">(FakeObjectStore.prototype, "put");
  vi.spyOn(FakeObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore, ...words) {
    if (this.name === "changes") throw new DOMException("full", "QuotaExceededError");
    return put.apply(this, words as never);
  });

  await expect(bank.storePattern({ ...INPUT, strategy: "Other." })).rejects.toMatchObject({ code: "unavailable" });
  vi.restoreAllMocks();
  expect((await bank.searchByCategory("backend")).map(({ id }) => id)).toEqual([kept]);
  expect((await bank.check()).filter(({ level }) => level === "error")).toEqual([]);
});

test("damage is found by a check, and named", async () => {
  const bank = await open();
  const id = await bank.storePattern(INPUT);
  const database = await raw();
  const store = database.transaction("patterns", "readwrite").objectStore("patterns");
  const row = await result(store.get(["default", id]) as IDBRequest<object>);
  await result(store.put({ ...row, strategy: "Test last." }));

  expect((await bank.check()).filter(({ level }) => level === "error")).toMatchObject([{ check: "patterns", ids: [id] }]);
});

test("an erase looks through every record, and says what it cannot see", async () => {
  const bank = await open();
  const secret = "An unmistakable sentence about flibbertigibbets, said once.";
  const stays = await bank.storePattern({ ...INPUT, strategy: "One that stays." });
  const id = await bank.storePattern({ ...INPUT, strategy: secret }, { idempotency_key: "once" });
  await bank.updatePattern(id, { strategy: "Another one." });
  await bank.storePattern({ ...INPUT, strategy: "Another one.", title: "Seen again" });
  await bank.recordOutcome({ pattern: id, success: false, source: "human", evidence: { said: secret } });
  const erasure = await bank.erase(id);
  const database = await raw();
  const kept = await Promise.all(STORES.map((name) => result(database.transaction(name).objectStore(name).getAll())));

  expect(erasure.bytes_checked).toBeGreaterThan(100);
  expect(erasure.unproved).toContain("the browser's own files");
  expect(JSON.stringify(kept)).not.toContain("flibbertigibbets");
  expect((await bank.getPattern(stays))?.strategy).toBe("One that stays.");
});

test.each(["pattern_history", "outcomes", "pattern_embeddings"])("an erase that leaves something in %s is an error", async (store) => {
  const bank = await open();
  const id = await bank.storePattern(INPUT);
  await bank.updatePattern(id, { strategy: "Test last." });
  await bank.recordOutcome({ pattern: id, success: true, source: "test" });
  const remove: IDBObjectStore["delete"] = Reflect.get<IDBObjectStore, "delete">(FakeObjectStore.prototype, "delete");
  vi.spyOn(FakeObjectStore.prototype, "delete").mockImplementation(function (this: IDBObjectStore, key) {
    return this.name === store ? (this.count() as unknown as IDBRequest<undefined>) : remove.call(this, key);
  });

  await expect(bank.erase(id)).rejects.toMatchObject({ code: "storage_corrupt", message: expect.stringContaining(store) as string });
});

test("stores at the same time are all kept, and counted", async () => {
  const [one, other] = [await open(), await open()];
  await Promise.all(
    Array.from({ length: 40 }, (_, n) => (n % 2 ? one : other).storePattern({ ...INPUT, strategy: `Way ${String(n)}.` })),
  );

  expect((await one.getStats()).total_patterns).toBe(40);
  expect((await other.check()).filter(({ level }) => level === "error")).toEqual([]);
});

test("tabs that write in turns go on from each other's counters and log, not from their own last ones", async () => {
  const [one, other] = [await open(), await open()];
  const way = (strategy: string): typeof INPUT => ({ ...INPUT, strategy });
  const first = await one.storePattern(way("First."));
  const second = await other.storePattern(way("Second."));
  const third = await one.storePattern(way("Third."));
  await other.deletePattern(first);
  expect(await other.put(way("Third."))).toMatchObject({ id: third, status: "merged" });
  const fourth = await one.storePattern(way("Fourth."));
  const database = await raw();
  const changes = await result(database.transaction("changes").objectStore("changes").getAll() as IDBRequest<{ seq: number; id: string }[]>);

  // The merge changes no field, so that it has no entry.
  expect(changes.map(({ seq, id }) => [seq, id])).toEqual([first, second, third, first, fourth].map((id, at) => [at + 1, id]));
  expect((await one.getStats()).total_patterns).toBe(3);
  expect((await other.findSimilar("Add login", null, 10)).map(({ id }) => id).sort()).toEqual([second, third, fourth].sort());
  expect((await other.check()).filter(({ level }) => level === "error")).toEqual([]);
});

test("a store is one transaction of seven requests, however much the bank holds", async () => {
  const bank = await open();
  await bank.storePattern(INPUT);
  const asked = vi.spyOn(IDBDatabase.prototype, "transaction");
  const requests = (["get", "getAll", "getKey", "getAllKeys", "count", "openCursor", "add", "put", "delete"] as const).map((name) =>
    vi.spyOn(FakeObjectStore.prototype, name),
  );
  const made = async (strategy: string): Promise<[number, number]> => {
    for (const spy of [asked, ...requests]) spy.mockClear();
    await bank.storePattern({ ...INPUT, strategy });
    return [asked.mock.calls.length, requests.reduce((sum, { mock }) => sum + mock.calls.length, 0)];
  };

  expect(await made("Early.")).toEqual([1, 7]);
  await bank.storePatterns(Array.from({ length: 300 }, (_, n) => ({ ...INPUT, strategy: `Way ${String(n)}.` })));
  expect(await made("Late.")).toEqual([1, 7]);
});

test("searches at the same time as stores never miss what was acknowledged", async () => {
  const [writer, reader] = [await open(), await open()];
  for (let n = 0; n < 20; n++) {
    const task = "abcdefghij".charAt(n % 10).repeat(n + 1);
    const noise = [reader.findSimilar("zzz"), reader.findSimilar("yyy")];
    const id = await writer.storePattern({ ...INPUT, task_description: task });
    const found = await reader.findSimilar(task, null, 50);

    expect(found.map((one) => one.id)).toContain(id);
    await Promise.all(noise);
  }
});

test("no write waits for the user whom a browser asks whether to keep the data", async () => {
  vi.stubGlobal("navigator", { storage: { persist: () => new Promise(() => undefined) } });
  const bank = await open({ persist: true });

  await expect(bank.storePattern(INPUT)).resolves.toBeTypeOf("string");
  vi.unstubAllGlobals();
});

test("a write goes on where the browser cannot be asked to keep the data, and says so", async () => {
  vi.stubGlobal("navigator", { storage: { persist: () => Promise.reject(new TypeError("not here")) } });
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const bank = await open({ persist: true });

  await expect(bank.storePattern(INPUT)).resolves.toBeTypeOf("string");
  expect(warn.mock.calls.join()).toContain("not here");
  vi.unstubAllGlobals();
});

test("persistence is asked for once, on the first write", async () => {
  const persist = vi.fn(() => Promise.resolve(true));
  vi.stubGlobal("navigator", { storage: { persist } });
  const bank = await open({ persist: true });
  await bank.storePattern(INPUT);
  await bank.storePattern({ ...INPUT, strategy: "Other." });

  expect(persist).toHaveBeenCalledTimes(1);
  vi.unstubAllGlobals();
});
