/** The kinds of export, by the name that stands in their first line. */

import { InvalidInput } from "../domain/errors.js";
import type { JsonObject } from "../domain/json.js";

export const PATTERNS = "reasoningbank-export";
export const EXPERIENCES = "reasoningbank-trajectories";
export const FORMAT_VERSION = 1;

const EVERYTHING = "reasoningbank-copies";
const WHAT_READS: ReadonlyMap<unknown, string> = new Map([
  [PATTERNS, "It is an export of patterns: use restoreJsonl."],
  [EXPERIENCES, "It is an export of experiences: use restoreTrajectoriesJsonl."],
  [
    EVERYTHING,
    "It is an export of everything, which Python reads: run `reasoningbank restore FILE`, or export patterns and experiences.",
  ],
]);

/** Throw for what announces itself as another kind of export, or as of another version. */
export function checkAnnounced(header: JsonObject, wanted: string, place: string): void {
  const [announced, version] = [header["format"], header["version"]];
  if (announced === wanted && version === FORMAT_VERSION) return;
  throw new InvalidInput(
    `announces ${JSON.stringify(announced)} version ${JSON.stringify(version)}; this reads ${JSON.stringify(wanted)} ` +
      `version ${String(FORMAT_VERSION)}`,
    {
      field: place,
      hint: (version === FORMAT_VERSION ? WHAT_READS.get(announced) : undefined) ?? "Upgrade the package.",
    },
  );
}
