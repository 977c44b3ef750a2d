import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: { alias: { "#platform": here("src/platform/node.ts") } },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    server: { deps: { external: [/node:sqlite/] } },
  },
});
