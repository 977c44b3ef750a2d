// Made by: node scripts/pack-table.mjs

/** The embedder's table files by mode; the id changes whenever a byte of them does. */
export const TABLES = {
  hybrid: {
    id: "static-hybrid-768-v1-3cd8498a6dc19b93",
    // Written out, so that bundlers see that it is a file.
    url: () => new URL("../assets/static-hybrid-768-v1-3cd8498a6dc19b93.bin", import.meta.url),
  },
  lexical: {
    id: "lexical-512-v1-e30f5fc81ee1bfd1",
    // Written out, so that bundlers see that it is a file.
    url: () => new URL("../assets/lexical-512-v1-e30f5fc81ee1bfd1.bin", import.meta.url),
  },
} as const;
