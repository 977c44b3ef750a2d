/** The export file of experiences, which this package keeps and gives back unchanged. */

import { InvalidInput } from "../domain/errors.js";
import { canonicalJson, contentFingerprint, type JsonObject } from "../domain/json.js";
import { LIMITS } from "../domain/limits.js";
import type { Trajectory, TrajectoryRecord } from "../domain/trajectory.js";
import { toHex, utf8Length } from "../domain/utf8.js";
import { checkedLine, checkedText } from "../domain/validation.js";
import { checkTime } from "./export-format.js";
import { checkAnnounced, EXPERIENCES, FORMAT_VERSION } from "./formats.js";
import { ShapeError, trajectoryRecord } from "./shapes.js";

const HEADER_FIELDS = ["format", "version", "namespace", "exported_at"];

/** Give the first line of an export of experiences. */
export function trajectoryHeader(namespace: string, exportedAt: string): string {
  return canonicalJson({ format: EXPERIENCES, version: FORMAT_VERSION, namespace, exported_at: exportedAt });
}

/** Give an experience as a line. */
export function trajectoryLine(record: TrajectoryRecord): string {
  return canonicalJson(record);
}

/** Give whether an object is the header of an export of experiences; throws for one of another format. */
export function isTrajectoryHeader(value: JsonObject, place: string): boolean {
  if (!("format" in value && "version" in value)) return false;
  if (Object.keys(value).some((name) => !HEADER_FIELDS.includes(name))) return false;
  checkAnnounced(value, EXPERIENCES, place);
  return true;
}

/** Give the record of a line, its shape, sizes and times checked. */
export function trajectoryFrom(value: JsonObject, namespace: string): TrajectoryRecord {
  let record: TrajectoryRecord;
  try {
    record = trajectoryRecord(value, "") as TrajectoryRecord;
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new InvalidInput(`is not a record of an export: ${error.message}`, { field: "record", cause: error });
  }
  const { trajectory } = record;
  if (trajectory.namespace !== namespace) {
    throw new InvalidInput(
      `is ${JSON.stringify(trajectory.namespace)}, but the bank is open for ${JSON.stringify(namespace)}`,
      { field: "namespace", hint: "Open the bank with the first one." },
    );
  }
  checkedText(trajectory.task_description, "task_description", LIMITS.task_description_bytes);
  checkedLine(trajectory.task_category, "task_category", LIMITS.category_bytes);
  checkedLine(trajectory.actor, "actor", LIMITS.actor_bytes);
  checkTime(trajectory.created_at, "created_at");
  if (trajectory.steps.length > LIMITS.steps) {
    throw new InvalidInput(`has ${String(trajectory.steps.length)} entries`, { field: "steps" });
  }
  if (utf8Length(canonicalJson(trajectory.steps)) > LIMITS.trajectory_bytes) {
    throw new InvalidInput("has too many bytes as JSON", { field: "steps" });
  }
  if ((trajectory.state === "withdrawn") !== (record.state_before !== null)) {
    throw new InvalidInput("must be given for what was withdrawn, and only then", { field: "state_before" });
  }
  record.links.forEach((link, at) => {
    checkTime(link.at, `links[${String(at)}].at`);
    if (link.source_id !== trajectory.id && link.target_id !== trajectory.id) {
      throw new InvalidInput("is about another experience", { field: `links[${String(at)}]` });
    }
  });
  return record;
}

/** Give the hash, as hexadecimal, by which the same experience from the same place is recognised. */
export function trajectoryFingerprint(trajectory: Trajectory): string {
  const { task_description, task_category, steps, metadata, origin } = trajectory;
  return toHex(contentFingerprint({ task_description, task_category, steps, metadata, origin }));
}
