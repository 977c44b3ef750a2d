/**
 * Serve one contestant over standard input and output: a JSON object a line asks, one answers. The counterpart of loop.py.
 *
 * Times are taken here, around the contestant's call alone; what the call is given is made before the clock starts.
 */
import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

export const DIMENSION = 768;
export const THOUSAND = 1000;
export const [folder, environment, ...more] = process.argv.slice(2);

/** Load a file of a package by its path: packages hide files that are needed here. */
export const load = (...parts) => import(pathToFileURL(resolve(environment, "node_modules", ...parts)));

// What contestants print goes to standard error: standard output belongs to the answers.
for (const name of ["log", "info", "warn", "debug"]) console[name] = () => {};
const answers = process.stdout.fd;

/** The rows and queries of one size. */
export class Rows {
  text(number) {
    this.texts ??= readFileSync(join(folder, "rows.jsonl"), "utf8").trimEnd().split("\n");
    return JSON.parse(this.texts[number]);
  }
  query(number) {
    this.queries ??= JSON.parse(readFileSync(join(folder, "queries.json"), "utf8"));
    return this.queries[number];
  }
  category(number) {
    this.categories ??= JSON.parse(readFileSync(join(folder, "categories.json"), "utf8"));
    return this.categories[number % this.categories.length];
  }
  floats(number, file = "vectors.f32") {
    const bytes = Buffer.alloc(4 * DIMENSION);
    const read = openSync(join(folder, file), "r");
    readSync(read, bytes, 0, bytes.length, number * bytes.length);
    closeSync(read);
    return new Float32Array(bytes.buffer, bytes.byteOffset, DIMENSION);
  }
}

/** The row's number, which ends its strategy. */
export const numberIn = (strategy) => Number(/Case (\d+)\./.exec(strategy)[1]);
export const range = (first, count) => Array.from({ length: count }, (_, at) => first + at);

const say = (answer) => {
  const bytes = Buffer.from(`${JSON.stringify(answer)}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(answers, bytes, at);
};
const nanoseconds = () => Number(process.hrtime.bigint());

function session(contestant) {
  return {
    hello: () => ({
      versions: Object.fromEntries(
        contestant.packages.map((name) => [name, JSON.parse(readFileSync(join(environment, "node_modules", name, "package.json"), "utf8")).version]),
      ),
      operations: Object.keys(contestant.operations()).sort(),
    }),
    open: async ({ path }) => {
      const begun = nanoseconds();
      await contestant.open(path);
      return { ns: nanoseconds() - begun };
    },
    close: async () => {
      await contestant.close();
      return {};
    },
    fill: async ({ first, count }) => {
      await contestant.fill(first, count);
      return { sample: contestant.idOf(first) };
    },
    time: async ({ operation, numbers, seconds }) => {
      const { prepare, call } = contestant.operations()[operation];
      const given = numbers.map((number) => [number, prepare(number)]);
      const ns = [];
      const found = [];
      globalThis.gc?.();
      const until = nanoseconds() + seconds * 1e9;
      for (const [number, argument] of given) {
        const begun = nanoseconds();
        const answer = await call(argument);
        ns.push(nanoseconds() - begun);
        if (operation === "similar_10") found.push([number, contestant.found(answer)]);
        if (nanoseconds() > until) break;
      }
      return { ns, found };
    },
    once: async ({ operation, given }) => {
      const { prepare, call } = operation === "get" ? { prepare: (id) => id, call: (id) => contestant.get(id) } : contestant.operations()[operation];
      const argument = prepare(given);
      const begun = nanoseconds();
      await call(argument);
      return { ns: nanoseconds() - begun };
    },
    processes: () => ({ pids: contestant.pids?.() ?? [process.pid] }),
    present: async ({ ids }) => {
      const present = [];
      for (const id of ids) present.push(Boolean(await contestant.get(id)));
      return { present };
    },
    stream: async ({ first, count }) => {
      // Told only after the call has returned: what is told here counts as acknowledged.
      for (const number of range(first, count)) say({ stored: await contestant.store(number) });
    },
  };
}

/** Answer until the input ends. */
export async function serve(contestant) {
  const asked = session(contestant);
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: what, ...given } = JSON.parse(line);
    try {
      const answer = await asked[what](given);
      if (answer !== undefined) say(answer);
    } catch (error) {
      say({ failed: String(error?.stack ?? error).split("\n")[0].slice(0, 300) });
    }
  }
  process.exit(0);
}
