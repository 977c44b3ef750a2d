import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const shared = { alias: { "#platform": here("src/platform/node.ts"), "#random": here("src/platform/random-node.ts") } };

export default defineConfig({
  test: {
    projects: [
      {
        resolve: shared,
        test: { name: "node", include: ["test/**/*.test.ts"], exclude: ["test/browser/**"], testTimeout: 30_000 },
      },
      {
        resolve: shared,
        // One browser at a time: they are slow enough side by side with the rest.
        test: { name: "browsers", include: ["test/browser/**/*.test.ts"], testTimeout: 60_000, fileParallelism: false },
      },
    ],
  },
});
