import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { IndexedDbStorage } from "../../src/storage/indexeddb/storage.js";
import { holdToScenarios } from "./hold.js";

holdToScenarios("IndexedDB", () => {
  globalThis.indexedDB = new IDBFactory();
  return {
    lacks: [],
    shared: false,
    open: (name) => IndexedDbStorage.open(name, "tested"),
    discard: () => Promise.resolve(),
  };
});
