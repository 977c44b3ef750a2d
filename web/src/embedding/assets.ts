// Made by: node scripts/pack-table.mjs

/** The embedder's table files by mode; the id changes whenever a byte of them does. */
export const TABLES = {
  hybrid: { id: "static-hybrid-768-v1-3cd8498a6dc19b93", file: "static-hybrid-768-v1-3cd8498a6dc19b93.bin" },
  lexical: { id: "lexical-512-v1-e30f5fc81ee1bfd1", file: "lexical-512-v1-e30f5fc81ee1bfd1.bin" },
} as const;
