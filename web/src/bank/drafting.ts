/** From what a caller gives to what storage takes. */

import { dedupeKey } from "../domain/duplicates.js";
import { InvalidInput } from "../domain/errors.js";
import { newId, type Clock, type RandomBytes } from "../domain/identifiers.js";
import { contentFingerprint, type LongIntegers } from "../domain/json.js";
import { SOURCES } from "../domain/outcome.js";
import type { OnDuplicate, Pattern } from "../domain/pattern.js";
import type { Draft } from "../domain/records.js";
import { formatTimestamp } from "../domain/timestamps.js";
import { toHex } from "../domain/utf8.js";
import { checkedInput } from "../domain/validation.js";

/** Makes drafts for one namespace and actor. */
export class Drafting {
  readonly #namespace: string;
  readonly #actor: string;
  readonly #clock: Clock;
  readonly #randomBytes: RandomBytes;

  constructor(namespace: string, actor: string, clock: Clock, randomBytes: RandomBytes) {
    this.#namespace = namespace;
    this.#actor = actor;
    this.#clock = clock;
    this.#randomBytes = randomBytes;
  }

  /** Give the draft of one input; throws `InvalidInput` naming the field. */
  draft(input: unknown, onDuplicate: OnDuplicate, long: LongIntegers = "possible"): Draft {
    const { checked: given, redacted } = checkedInput(input, long);
    const nowMs = this.#clock();
    const now = formatTimestamp(nowMs);
    const { source, ...content } = given;
    const pattern: Pattern = {
      id: newId(nowMs, this.#randomBytes),
      namespace: this.#namespace,
      ...content,
      trust: SOURCES[source].trust,
      state: "active",
      uses: 0,
      successes: 0,
      failures: 0,
      last_used_at: null,
      created_at: now,
      updated_at: now,
      version: 1,
    };
    const key = dedupeKey(pattern, onDuplicate === "keep" ? pattern.id : null);
    return { given, redacted, stored: { pattern, created_by: this.#actor, key } };
  }

  /** Give the drafts of several inputs; errors name the position as well. */
  drafts(inputs: readonly unknown[], onDuplicate: OnDuplicate, long: LongIntegers = "possible"): Draft[] {
    return inputs.map((input, at) => {
      try {
        return this.draft(input, onDuplicate, long);
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
        const place = `patterns[${String(at)}]`;
        const field = error.field === null || error.field === "pattern" ? place : `${place}.${error.field}`;
        throw new InvalidInput(error.reason, { field, hint: error.hint, cause: error });
      }
    });
  }
}

/** Give the hash, as hexadecimal, by which a repeat under an idempotency key is told from a clash. */
export function fingerprintOf(draft: Draft, onDuplicate: OnDuplicate): string {
  return toHex(contentFingerprint({ on_duplicate: onDuplicate, pattern: draft.given }));
}
