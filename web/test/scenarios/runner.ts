/** Runs a scenario of spec/scenarios against a bank, in Node and in browsers; spec/README.md says what it must do. */

import { ReasoningBankAdapter } from "../../src/bank/adapter.js";
import type { BankOptions } from "../../src/bank/options.js";
import { ReasoningBankError, Unavailable } from "../../src/domain/errors.js";
import { formatTimestamp, parseTimestamp } from "../../src/domain/timestamps.js";
import type { Embedder } from "../../src/embedding/protocol.js";
import type { Storage } from "../../src/storage/tables.js";
import { InvalidScenario, Mismatch, Values } from "./matching.js";

const CLOCK_START = "2026-11-21T01:02:03.004Z";
const MAIN = "main";
const SCENARIO_KEYS = ["name", "description", "requires", "needs", "clock", "steps"];
const STEP_KEYS = ["call", "args", "bank", "save", "expect", "error", "note"];

type Arguments = Record<string, unknown>;

export interface Step {
  call: string;
  args?: Arguments;
  bank?: string;
  save?: Record<string, string>;
  expect?: unknown;
  error?: Record<string, unknown>;
}

export interface Scenario {
  name: string;
  requires: "core" | "recall" | "learning";
  needs?: string[];
  clock?: string;
  steps: Step[];
}

/** Says which step of a scenario came out otherwise, and how. */
export class ScenarioFailed extends Error {}

/** Opens stores by name; a store is empty when it is first opened. */
export interface Stores {
  /** What the engine lacks of the abilities a scenario may need. */
  readonly lacks: readonly string[];
  open(name: string): Promise<Storage> | Storage;
  /** Give whether handles on one store share what `open` gave. */
  readonly shared: boolean;
  discard(): Promise<void>;
}

/** How often each letter stands in a text, capitals too; 127 at most. */
export const letters: Embedder = {
  name: "letters",
  dimension: 26,
  version: "1",
  embedQuery: (text) => {
    const counts = new Int8Array(26);
    for (const letter of text.toLowerCase()) {
      const at = letter.charCodeAt(0) - 97;
      if (letter.length === 1 && at >= 0 && at < 26 && /[a-zA-Z]/.test(letter)) counts[at] = Math.min(127, counts[at]! + 1);
    }
    return counts;
  },
  embedDocuments: (texts) => texts.map((text) => letters.embedQuery(text) as Int8Array),
};

type Call = (bank: ReasoningBankAdapter, args: Arguments) => Promise<unknown>;

const without = (args: Arguments, ...names: string[]): Arguments =>
  Object.fromEntries(Object.entries(args).filter(([name]) => !names.includes(name)));
const only = (args: Arguments, ...names: string[]): Arguments =>
  Object.fromEntries(Object.entries(args).filter(([name]) => names.includes(name)));

/** The methods of the bank under their Python names. */
const CALLS: Record<string, Call> = {
  store_pattern: (bank, args) =>
    bank.storePattern(
      without(args, "on_duplicate", "idempotency_key") as never,
      only(args, "on_duplicate", "idempotency_key"),
    ),
  put: (bank, args) => bank.put(args["pattern"] as never, without(args, "pattern")),
  store_patterns: (bank, args) => bank.storePatterns(args["patterns"] as never, without(args, "patterns")),
  get_pattern: (bank, args) => bank.getPattern(args["pattern_id"] as never),
  search_by_category: (bank, args) => bank.searchByCategory(args["category"] as never, args["limit"] as never),
  find_similar: (bank, args) =>
    bank.findSimilar(
      args["task_description"] as never,
      args["category"] as never,
      args["top_k"] as never,
      only(args, "min_similarity"),
    ),
  recall: (bank, args) =>
    bank.recall(args["task_description"] as never, args["category"] as never, without(args, "task_description", "category")),
  get_stats: (bank) => bank.getStats(),
  update_pattern: (bank, args) =>
    bank.updatePattern(args["pattern_id"] as never, without(args, "pattern_id", "if_version"), only(args, "if_version")),
  delete_pattern: (bank, args) => bank.deletePattern(args["pattern_id"] as never),
  erase: async (bank, args) => {
    const { unproved, ...erasure } = await bank.erase(args["pattern_id"] as never);
    if (unproved !== null && typeof unproved !== "string") throw new Error("unproved is neither text nor null");
    return erasure; // what is out of the bank's sight differs between engines, and SQLite files have nothing of it
  },
  record_outcome: (bank, args) => bank.recordOutcome(args as never),
  reliability: (bank, args) => bank.reliability(args["pattern_id"] as never),
  outcomes: (bank, args) => bank.outcomes(args["pattern_id"] as never),
  history: (bank, args) => bank.history(args["pattern_id"] as never),
  observations: (bank, args) => bank.observations(args["pattern_id"] as never),
  reembed: (bank) => bank.reembed(),
  check: (bank, args) => bank.check(args),
  close: (bank) => bank.close(),
};

/** One run of one scenario. */
export class Run {
  readonly #stores: Stores;
  readonly #options: BankOptions;
  readonly #banks = new Map<string, ReasoningBankAdapter>();
  readonly #openedWith = new Map<string, Arguments>();
  readonly #files = new Map<string, string>();
  readonly #values = new Values();
  #now = 0;

  constructor(stores: Stores, options: BankOptions = {}) {
    this.#stores = stores;
    this.#options = options;
  }

  /** Run every step; throws `ScenarioFailed` at the first that comes out otherwise. */
  async run(scenario: Scenario): Promise<void> {
    refuseUnknown(scenario, SCENARIO_KEYS);
    this.#now = parseTimestamp(scenario.clock ?? CLOCK_START, "clock");
    await this.#open(MAIN, {});
    for (const [at, step] of scenario.steps.entries()) {
      refuseUnknown(step, STEP_KEYS);
      try {
        await this.#step(step);
      } catch (error) {
        if (!(error instanceof Mismatch)) throw error;
        const shown = JSON.stringify(step).slice(0, 500);
        throw new ScenarioFailed(`${scenario.name}, step ${String(at + 1)}: ${error.message}\n${shown}`);
      }
    }
    const damage = await this.#damage();
    if (damage.length > 0) throw new ScenarioFailed(`${scenario.name}: ${damage.join("; ")}`);
  }

  async close(): Promise<void> {
    for (const bank of this.#banks.values()) await bank.close();
    await this.#stores.discard();
  }

  /** Give what a check finds wrong in the banks that are still open. */
  async #damage(): Promise<string[]> {
    const found: string[] = [];
    for (const [handle, bank] of this.#banks) {
      try {
        for (const { check, level, message } of await bank.check()) {
          if (level === "error") found.push(`${handle}: ${check}: ${message}`);
        }
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
      }
    }
    return found;
  }

  async #step(step: Step): Promise<void> {
    const args = this.#values.given(step.args ?? {}) as Arguments;
    let result: unknown;
    try {
      result = plain(await this.#called(step.call, step.bank ?? MAIN, args));
    } catch (error) {
      if (!(error instanceof ReasoningBankError)) throw error;
      if (step.error === undefined) throw new Mismatch(step.call, `threw ${error.code}: ${error.message}`);
      if (!("code" in step.error)) throw new InvalidScenario("an expected error has a code");
      this.#values.match({ $subset: step.error }, plain(error));
      return;
    }
    if (step.error !== undefined) throw new Mismatch(step.call, `gave ${JSON.stringify(result)} instead of an error`);
    if ("expect" in step) this.#values.match(step.expect, result);
    for (const [name, path] of Object.entries(step.save ?? {})) this.#values.saved.set(name, picked(result, path));
  }

  async #called(call: string, handle: string, args: Arguments): Promise<unknown> {
    const method = CALLS[call];
    if (method !== undefined) return method(this.#bank(handle), args);
    switch (call) {
      case "export_jsonl": {
        const text = await this.#bank(handle).exportJsonl();
        this.#files.set(String(args["file"]), text);
        return text.trimEnd().split("\n").length - 1;
      }
      case "import_jsonl":
        return this.#bank(handle).importJsonl(this.#content(args), without(args, "file", "lines"));
      case "restore_jsonl":
        return this.#bank(handle).restoreJsonl(this.#content(args));
      case "open":
        await this.#open(handle, args);
        return null;
      case "restart":
        await this.#bank(handle).close();
        await this.#open(handle, this.#openedWith.get(handle)!);
        return null;
      case "advance_clock":
        this.#now += Number(args["milliseconds"]);
        return formatTimestamp(this.#now);
      case "read_file":
        return this.#files
          .get(String(args["file"]))!
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as unknown);
      default:
        throw new InvalidScenario(`there is no call ${call}`);
    }
  }

  #bank(handle: string): ReasoningBankAdapter {
    const bank = this.#banks.get(handle);
    if (bank === undefined) throw new InvalidScenario(`no bank was opened as ${handle}`);
    return bank;
  }

  async #open(handle: string, args: Arguments): Promise<void> {
    const { store = "main", embedder, ...options } = args;
    const storage = await this.#stores.open(String(store));
    // Closing one of two handles that share a bank in memory must leave the other at work.
    const held = this.#stores.shared ? shareOf(storage) : storage;
    const chosen = embedder === "letters" ? { embedder: letters } : {};
    const bank = new ReasoningBankAdapter(held, { ...this.#options, clock: () => this.#now, ...options, ...chosen });
    this.#banks.set(handle, bank);
    this.#openedWith.set(handle, args);
  }

  #content(args: Arguments): string {
    if ("file" in args) return this.#files.get(String(args["file"]))!;
    return (args["lines"] as unknown[]).map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("");
  }
}

function shareOf(storage: Storage): Storage {
  return {
    readOnly: storage.readOnly,
    read: (work) => storage.read(work),
    write: (work) => storage.write(work),
    describe: () => storage.describe(),
    scrub: (needles) => storage.scrub(needles),
    close: () => Promise.resolve(),
  };
}

/** Give a result as the JSON value that every language can compare. */
function plain(value: unknown): unknown {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown);
}

function refuseUnknown(value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new InvalidScenario(`${unknown.join()} mean nothing here; known are ${known.join()}`);
}

/** Give the part of a value that a path such as `0.id` names; the empty path is all of it. */
function picked(value: unknown, path: string): unknown {
  let part = value;
  for (const step of path === "" ? [] : path.split(".")) {
    part = (part as Record<string, unknown> | null | undefined)?.[step];
    if (part === undefined) throw new Mismatch(path, `is not there: ${JSON.stringify(value)}`);
  }
  return part;
}
