/** The steps of an experience as the text that is kept. */

import { canonicalJson, type JsonObject } from "./json.js";

/** Give steps as JSON text, durations written as the Python package writes them: 1.0, not 1. */
export function stepsJson(steps: readonly JsonObject[]): string {
  const written = steps.map((step) => {
    const text = canonicalJson(step);
    const seconds = canonicalJson(step["duration_seconds"] ?? null);
    if (!/^\d+$/.test(seconds)) return text;
    const key = `"duration_seconds":${seconds}`;
    const at = text.indexOf(key, canonicalJson({ action: step["action"] ?? null }).length - 1);
    return `${text.slice(0, at + key.length)}.0${text.slice(at + key.length)}`;
  });
  return `[${written.join(",")}]`;
}
