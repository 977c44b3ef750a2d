/** Writing a namespace out as JSON lines, as of one moment, a page at a time. */

import { InvalidInput } from "../domain/errors.js";
import { typeName } from "../domain/json.js";
import { utf8 } from "../domain/utf8.js";
import { eachPageOfRecords, eachPageOfTrajectories, type TakePage } from "../storage/transferring.js";
import type { Tables } from "../storage/tables.js";
import type { BankCore } from "./core.js";
import { headerLine, recordLine } from "./export-format.js";
import { trajectoryHeader, trajectoryLine } from "./trajectory-format.js";

/**
 * What an export is written to: a stream of bytes, which is closed at its end, or a function of texts of whole
 * lines, awaited. The bank waits for either, so neither may ask the bank for anything.
 */
export type LineSink = WritableStream<Uint8Array> | ((text: string) => unknown);

/** Write every pattern of the namespace with all that is kept about it; give how many. */
export function exportPatterns(core: BankCore, sink: LineSink): Promise<number> {
  return exportPages(core, sink, headerLine(core.namespace, core.now()), eachPageOfRecords, recordLine);
}

/** Write every experience of the namespace; give how many. */
export function exportTrajectories(core: BankCore, sink: LineSink): Promise<number> {
  return exportPages(core, sink, trajectoryHeader(core.namespace, core.now()), eachPageOfTrajectories, trajectoryLine);
}

/** Give an export as one text. */
export async function asText(write: (sink: LineSink) => Promise<number>): Promise<string> {
  const texts: string[] = [];
  await write((text) => texts.push(text));
  return texts.join("");
}

async function exportPages<Item>(
  core: BankCore, sink: LineSink, header: string,
  eachPage: (tables: Tables, namespace: string, take: TakePage<Item>) => Promise<void>, line: (item: Item) => string,
): Promise<number> {
  const outlet = outletTo(sink);
  try {
    const { backend } = await (await core.storage()).describe();
    // A transaction of IndexedDB ends as soon as anything else is awaited, so what is read of it waits, outside the heap.
    const waiting: Blob[] = [];
    const put = (text: string): unknown => (backend === "indexeddb" ? waiting.push(new Blob([text])) : outlet.write(text));
    let count = 0;
    await core.read(async (tables) => {
      await put(`${header}\n`);
      await eachPage(tables, core.namespace, async (page) => {
        count += page.length;
        await put(page.map((item) => `${line(item)}\n`).join(""));
      });
    });
    for (const part of waiting) await outlet.write(await part.text());
    await outlet.close();
    return count;
  } catch (error) {
    await outlet.abort(error);
    throw error;
  }
} // prettier-ignore

interface Outlet {
  write(text: string): unknown;
  close(): Promise<void>;
  /** Tell a stream that nothing more comes, and why. */
  abort(reason: unknown): Promise<void>;
}

function outletTo(sink: unknown): Outlet {
  const nothing = (): Promise<void> => Promise.resolve();
  if (typeof sink === "function") return { write: sink as (text: string) => unknown, close: nothing, abort: nothing };
  if (typeof sink !== "object" || sink === null || !("getWriter" in sink)) {
    throw new InvalidInput(`must be a WritableStream or a function, not ${typeName(sink)}`, { field: "sink" });
  }
  const writer = (sink as WritableStream<Uint8Array>).getWriter();
  return {
    write: (text) => writer.write(utf8(text)),
    close: () => writer.close(),
    // A stream that failed has said so to the write that met it.
    abort: (reason) => writer.abort(reason).catch(() => undefined),
  };
}
