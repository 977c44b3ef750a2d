/** Experiences as an export of the Python package writes them; kept and given back unchanged. */

import type { JsonObject } from "./json.js";

/** A relation between a pattern and a trajectory (`derived_from`) or another pattern. */
export interface PatternLink {
  readonly source_id: string;
  readonly target_id: string;
  readonly kind: string;
  readonly actor: string;
  readonly at: string;
}

/** One stored experience. */
export interface Trajectory {
  readonly id: string;
  readonly namespace: string;
  readonly task_description: string;
  readonly task_category: string;
  readonly steps: readonly JsonObject[];
  readonly metadata: JsonObject;
  readonly origin: string | null;
  readonly actor: string;
  readonly created_at: string;
  readonly state: string;
  readonly verdict: JsonObject | null;
  readonly note: string | null;
}

/** Everything kept about one experience, for export and restore. */
export interface TrajectoryRecord {
  readonly trajectory: Trajectory;
  readonly links: readonly PatternLink[];
  readonly state_before: string | null;
  readonly note_before: string | null;
  readonly withheld: readonly string[];
}
