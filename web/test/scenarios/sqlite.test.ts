import { rmSync } from "node:fs";
import { join } from "node:path";
import { openStorage } from "../../src/platform/node.js";
import { openFile } from "../../src/storage/node/file.js";
import { FILE_ENGINES } from "../support/file-engines.js";
import { newFolder } from "../support/folders.js";
import { holdToScenarios } from "./hold.js";

for (const { name: engine, open } of FILE_ENGINES) {
  holdToScenarios(engine, () => {
    const folder = newFolder();
    return {
      lacks: [],
      shared: false,
      open: (name) => openFile(join(folder, `${name}.db`), "tested", open),
      discard: () => {
        rmSync(folder, { recursive: true });
        return Promise.resolve();
      },
    };
  });
}

holdToScenarios("sqljs", () => {
  const folder = newFolder();
  // sql.js keeps a bank for one writer, so handles on one store share it.
  const shared = new Map<string, ReturnType<typeof openStorage>>();
  return {
    lacks: ["persistent"],
    shared: true,
    open: (name) => {
      const known = shared.get(name);
      if (known !== undefined) return known;
      const sqljsUrl = new URL("../../node_modules/sql.js/dist/sql-wasm.wasm", import.meta.url);
      const opened = openStorage(`sqljs:${join(folder, `${name}.db`)}`, { sqljsUrl });
      shared.set(name, opened);
      return opened;
    },
    discard: async () => {
      for (const storage of shared.values()) await (await storage).close();
      rmSync(folder, { recursive: true });
    },
  };
});
