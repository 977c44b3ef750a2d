/** One connection, as the tables of a bank ask it. */

import type { SqlDriver, SqlRow, SqlValue } from "./driver.js";

const IN_CHUNK = 500;

/** Give a column that holds text. */
export function text(value: SqlValue | undefined): string {
  return value as string;
}

/** What every part of the tables does with its connection. */
export class Statements {
  protected readonly driver: SqlDriver;

  constructor(driver: SqlDriver) {
    this.driver = driver;
  }

  protected all(sql: string, ...values: SqlValue[]): readonly SqlRow[] {
    return this.driver.all(sql, values);
  }

  /** Run one statement; give how many rows it changed. */
  protected run(sql: string, ...values: SqlValue[]): number {
    return this.driver.run(sql, values);
  }

  /** Ask about many ids, a limited number at a time: SQLite takes only so many values. */
  protected inChunks(ids: readonly string[], ask: (marks: string, chunk: readonly string[]) => readonly SqlRow[]): SqlRow[] {
    const rows: SqlRow[] = [];
    for (let start = 0; start < ids.length; start += IN_CHUNK) {
      const chunk = ids.slice(start, start + IN_CHUNK);
      rows.push(...ask(chunk.map(() => "?").join(","), chunk));
    }
    return rows;
  }
}
