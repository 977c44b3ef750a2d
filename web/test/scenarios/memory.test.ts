import { MemoryStorage } from "../../src/storage/memory/storage.js";
import type { Storage } from "../../src/storage/tables.js";
import { holdToScenarios } from "./hold.js";

holdToScenarios("memory", () => {
  const stores = new Map<string, Storage>();
  return {
    lacks: ["persistent"],
    shared: true,
    open: (name) => {
      const storage = stores.get(name) ?? new MemoryStorage("tested");
      stores.set(name, storage);
      return storage;
    },
    discard: () => Promise.resolve(),
  };
});
