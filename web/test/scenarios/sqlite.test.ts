import { rmSync } from "node:fs";
import { join } from "node:path";
import { openStorage } from "../../src/platform/node.js";
import { newFolder } from "../support/folders.js";
import { holdToScenarios } from "./hold.js";

for (const scheme of ["sqlite", "sqljs"]) {
  holdToScenarios(scheme, () => {
    const folder = newFolder();
    // sql.js keeps a bank for one writer, so handles on one store share it.
    const shared = new Map<string, ReturnType<typeof openStorage>>();
    return {
      lacks: scheme === "sqljs" ? ["persistent"] : [],
      shared: scheme === "sqljs",
      open: (name) => {
        const known = shared.get(name);
        if (known !== undefined) return known;
        const sqljsUrl = new URL("../../node_modules/sql.js/dist/sql-wasm.wasm", import.meta.url);
        const opened = openStorage(`${scheme}:${join(folder, `${name}.db`)}`, { sqljsUrl });
        if (scheme === "sqljs") shared.set(name, opened);
        return opened;
      },
      discard: async () => {
        for (const storage of shared.values()) await (await storage).close();
        rmSync(folder, { recursive: true });
      },
    };
  });
}
