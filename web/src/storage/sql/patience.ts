/** Waiting for others who hold a database. */

import { isBusy } from "./driver.js";

const LONGEST_PAUSE_MS = 50;

/** Try until nobody else holds the database; waits grow and vary, so that writers do not march in step. */
export async function patiently<T>(timeoutMs: number, attempt: () => T): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (let attempts = 0; ; attempts++) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || Date.now() >= deadline) throw error;
      const longest = Math.min(LONGEST_PAUSE_MS, 2 ** Math.min(attempts, 6));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
    }
  }
}
