/** Times: UTC with milliseconds, as text that sorts by time. */

import { InvalidInput } from "./errors.js";
import { typeName } from "./json.js";

const FORM = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const FIRST_MS = -62_135_596_800_000; // 0001-01-01
const LAST_MS = 253_402_300_799_999; // 9999-12-31T23:59:59.999

/** Give the text of a time in milliseconds since 1970-01-01 UTC. */
export function formatTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Give milliseconds since 1970-01-01 UTC for a `Date` or RFC 3339 text; parts of one are cut off. */
export function parseTimestamp(value: unknown, field: string): number {
  if (value instanceof Date) {
    const time = value.getTime();
    if (Number.isNaN(time)) throw new InvalidInput("is not a time: an invalid Date", { field });
    return time;
  }
  if (typeof value !== "string") throw new InvalidInput(`must be a time, not ${typeName(value)}`, { field });
  const match = FORM.exec(value);
  const time = match === null ? NaN : timeOf(match);
  if (Number.isNaN(time)) {
    throw new InvalidInput(`is not a time: ${JSON.stringify(value.slice(0, 40))}`, {
      field,
      hint: "Write 2026-11-21T01:02:03.004Z.",
    });
  }
  return time;
}

function timeOf(match: RegExpExecArray): number {
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number, number, number, number, number, number,
  ]; // prettier-ignore
  if (year < 1 || hour > 23 || minute > 59 || second > 59) return NaN;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return NaN;
  date.setUTCHours(hour, minute, second, Number(`${match[7] ?? ""}000`.slice(0, 3)));
  if (match[8] === undefined) return date.getTime();
  const zoneHours = Number(match[9]);
  const zoneMinutes = Number(match[10]);
  if (zoneHours > 23 || zoneMinutes > 59) return NaN;
  const ahead = (zoneHours * 60 + zoneMinutes) * 60_000;
  return date.getTime() - (match[8] === "-" ? -ahead : ahead);
}

/** Give the canonical text of a time given as `parseTimestamp` takes it. */
export function checkedTimestamp(value: unknown, field: string): string {
  const milliseconds = parseTimestamp(value, field);
  if (milliseconds < FIRST_MS || milliseconds > LAST_MS) {
    throw new InvalidInput("is outside the years 1 to 9999", { field });
  }
  return formatTimestamp(milliseconds);
}
