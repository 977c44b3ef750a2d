/**
 * Every error a bank can throw, in one tree.
 *
 *     ReasoningBankError
 *     ├── InvalidInput        what was given cannot be stored or asked
 *     ├── NotFound            no such pattern in this namespace
 *     ├── Conflict            it exists already, or somebody changed it first
 *     ├── Busy                another tab or process is writing; try again
 *     ├── StorageCorrupt      what is stored is damaged; it has been left as it was
 *     ├── ForeignDatabase     the file belongs to another program; it has been left as it was
 *     ├── SchemaTooNew        it was written by a newer release; it has been left as it was
 *     ├── EmbeddingMismatch   the bank's vectors come from another embedder
 *     ├── ProviderFailed      a remote model did not give a usable answer
 *     └── Unavailable         something needed is missing: space, permission, an open bank
 */

/** What an error says beside its message. */
export interface ErrorDetails {
  /** The offending argument or field, as the caller named it (`tags[2]`). */
  field?: string | null;
  /** The file, database or URL concerned. */
  path?: string | null;
  /** What to do about it, in one sentence. */
  hint?: string | null;
  /** What it follows from. */
  cause?: unknown;
}

/** The stable name of a kind of error, the same in every language. */
export type ErrorCode =
  | "invalid_input"
  | "not_found"
  | "conflict"
  | "busy"
  | "storage_corrupt"
  | "foreign_database"
  | "schema_too_new"
  | "embedding_mismatch"
  | "provider_failed"
  | "unavailable";

/** Carry what went wrong, where, and the way out. */
export abstract class ReasoningBankError extends Error {
  abstract readonly code: ErrorCode;
  /** What happened, in one sentence, without its subject. */
  readonly reason: string;
  readonly field: string | null;
  readonly path: string | null;
  readonly hint: string | null;

  constructor(reason: string, details: ErrorDetails = {}) {
    const subject = details.field ?? details.path;
    const sentence = subject ? `${subject} ${reason}` : reason;
    super(details.hint ? `${sentence.replace(/\.$/, "")}. ${details.hint}` : sentence);
    if (details.cause !== undefined) {
      // Not through the constructor's options, which the oldest supported engines do not have.
      Object.defineProperty(this, "cause", { value: details.cause, enumerable: false });
    }
    this.reason = reason;
    this.field = details.field ?? null;
    this.path = details.path ?? null;
    this.hint = details.hint ?? null;
  }

  /** Give the object that `spec/schemas/Error.json` describes. */
  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      message: this.reason,
      field: this.field,
      path: this.path,
      hint: this.hint,
      ...this.extra(),
    };
  }

  protected extra(): Record<string, unknown> {
    return {};
  }
}

/** Reject an argument: wrong type, out of range, too long, or not allowed. */
export class InvalidInput extends ReasoningBankError {
  readonly code = "invalid_input";
  override name = "InvalidInput";
}

/** Say that no pattern of this namespace has the id; other namespaces answer alike. */
export class NotFound extends ReasoningBankError {
  readonly code = "not_found";
  override name = "NotFound";
}

/** Say that the content exists already, or that the pattern changed in the meantime. */
export class Conflict extends ReasoningBankError {
  readonly code = "conflict";
  override name = "Conflict";
  /** The id of the pattern in the way. */
  readonly existing_id: string | null;

  constructor(reason: string, details: ErrorDetails & { existing_id?: string | null } = {}) {
    super(reason, details);
    this.existing_id = details.existing_id ?? null;
  }

  protected override extra(): Record<string, unknown> {
    return { existing_id: this.existing_id };
  }
}

/** Say that another tab or process holds the bank for writing. */
export class Busy extends ReasoningBankError {
  readonly code = "busy";
  override name = "Busy";
}

/** Report damage found; nothing was changed or removed. */
export class StorageCorrupt extends ReasoningBankError {
  readonly code = "storage_corrupt";
  override name = "StorageCorrupt";
  /** Ids of the patterns whose content failed its checksum. */
  readonly damaged_ids: readonly string[];

  constructor(reason: string, details: ErrorDetails & { damaged_ids?: readonly string[] } = {}) {
    super(reason, details);
    this.damaged_ids = details.damaged_ids ?? [];
  }

  protected override extra(): Record<string, unknown> {
    return { damaged_ids: this.damaged_ids };
  }
}

/** Refuse a database that another program made. */
export class ForeignDatabase extends ReasoningBankError {
  readonly code = "foreign_database";
  override name = "ForeignDatabase";
  /** The name of the schema recognised, or `unknown`. */
  readonly schema: string;

  constructor(reason: string, details: ErrorDetails & { schema?: string } = {}) {
    super(reason, details);
    this.schema = details.schema ?? "unknown";
  }

  protected override extra(): Record<string, unknown> {
    return { schema: this.schema };
  }
}

/** Refuse a bank whose schema is newer than this release can read. */
export class SchemaTooNew extends ReasoningBankError {
  readonly code = "schema_too_new";
  override name = "SchemaTooNew";
  readonly found: number;
  readonly supported: number;

  constructor(reason: string, details: ErrorDetails & { found?: number; supported?: number } = {}) {
    super(reason, details);
    this.found = details.found ?? 0;
    this.supported = details.supported ?? 0;
  }

  protected override extra(): Record<string, unknown> {
    return { found: this.found, supported: this.supported };
  }
}

/** Refuse to compare vectors of two embedders. */
export class EmbeddingMismatch extends ReasoningBankError {
  readonly code = "embedding_mismatch";
  override name = "EmbeddingMismatch";
  /** Name of the model whose vectors the bank holds. */
  readonly stored: string;
  /** Name of the model of the embedder in use. */
  readonly given: string;

  constructor(reason: string, details: ErrorDetails & { stored?: string; given?: string } = {}) {
    super(reason, details);
    this.stored = details.stored ?? "";
    this.given = details.given ?? "";
  }

  protected override extra(): Record<string, unknown> {
    return { stored: this.stored, given: this.given };
  }
}

/** Report that a remote model timed out, refused, or gave an answer that cannot be used. */
export class ProviderFailed extends ReasoningBankError {
  readonly code = "provider_failed";
  override name = "ProviderFailed";
}

/** Report that something needed is missing: space, permission, an open bank. */
export class Unavailable extends ReasoningBankError {
  readonly code = "unavailable";
  override name = "Unavailable";
}
