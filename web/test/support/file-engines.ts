/** The libraries that open SQLite files, each where it can be loaded; one that is missing is told of. */
import { FILE_LIBRARIES, sharedFileLibrary, type FileOpener } from "../../src/storage/node/libraries.js";

/** One library by its name. */
export interface FileEngine {
  readonly name: string;
  readonly open: FileOpener;
}

export const FILE_ENGINES: FileEngine[] = [];
for (const [name, load] of Object.entries(FILE_LIBRARIES)) {
  const library = await sharedFileLibrary({ [name]: load });
  if ("open" in library) FILE_ENGINES.push({ name, open: library.open });
  else console.warn(`SKIPPED: nothing is run on ${name}: ${library.missing}`);
}
