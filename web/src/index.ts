/**
 * ReasoningBank for browsers and Node: the same bank as the Python package, with the same results.
 *
 * @packageDocumentation
 */

export { ReasoningBankAdapter, type PutOptions } from "./bank/adapter.js";
export type { LineSink } from "./bank/exporting.js";
export type { LineSource } from "./bank/lines.js";
export type { BankOptions, Durability } from "./bank/options.js";
export type { OutcomeTold, PatternOutcome, RecallOptions, RecallOutcome } from "./bank/recalling.js";
export type { EmbedderChoice } from "./bank/text-vectors.js";
export type { ImportOptions } from "./bank/transfer.js";
export {
  Busy,
  Conflict,
  EmbeddingMismatch,
  ForeignDatabase,
  InvalidInput,
  NotFound,
  ProviderFailed,
  ReasoningBankError,
  SchemaTooNew,
  StorageCorrupt,
  Unavailable,
  type ErrorCode,
  type ErrorDetails,
} from "./domain/errors.js";
export type { Clock, RandomBytes } from "./domain/identifiers.js";
export type { Json, JsonObject } from "./domain/json.js";
export { LIMITS } from "./domain/limits.js";
export type { Outcome, OutcomeKind, OutcomeSource, RecordedOutcome, Reliability, Trust } from "./domain/outcome.js";
export type {
  ChangeKind,
  Erasure,
  Finding,
  Observation,
  OnDuplicate,
  Pattern,
  PatternChange,
  PatternChanges,
  PatternInput,
  Redaction,
  Reembedded,
  SimilarPattern,
  SkippedLine,
  State,
  StorageStats,
  Stored,
  StoreStatus,
  TransferReport,
} from "./domain/pattern.js";
export type { Hidden, LeftOut, LeftOutReason, Recall, RecalledPattern, Why } from "./domain/recall.js";
export { defaultEmbedder, type DefaultEmbedderOptions } from "./embedding/default.js";
export type { Embedder, Vector } from "./embedding/protocol.js";
export { cosineSimilarity } from "./embedding/vectors.js";
export {
  createOptimalReasoningBank,
  createReasoningBank,
  getBackendInfo,
  getRecommendedBackend,
  hasIndexedDB,
  validateEnvironment,
  type BackendInfo,
  type EnvironmentReport,
  type OptimalOptions,
} from "./helpers.js";
export { hasSimd, type KernelSource } from "./kernel/kernel.js";
export type { Storage } from "./storage/tables.js";
