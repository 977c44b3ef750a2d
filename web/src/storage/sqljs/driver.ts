/** sql.js as a driver: SQLite compiled to WebAssembly, the whole database in memory. */

import type { Database, SqlJsStatic, Statement } from "sql.js";
import type { SqlDriver, SqlRow, SqlValue } from "../sql/driver.js";
import { PRAGMAS } from "../sql/storage.js";

/** A driver over a database in memory that began as these bytes, or empty. */
export class SqlJsDriver implements SqlDriver {
  readonly engine: string;
  readonly #database: Database;
  #prepared = new Map<string, Statement>();

  constructor(library: SqlJsStatic, image: Uint8Array | null) {
    this.#database = new library.Database(image);
    this.#database.exec(PRAGMAS);
    const version = this.all("SELECT sqlite_version() AS version")[0]?.["version"];
    this.engine = `SQLite ${String(version)} (sql.js)`;
  }

  all(sql: string, values: readonly SqlValue[] = []): readonly SqlRow[] {
    const statement = this.#bound(sql, values);
    const rows: SqlRow[] = [];
    try {
      while (statement.step()) rows.push(statement.getAsObject());
    } finally {
      statement.reset();
    }
    return rows;
  }

  run(sql: string, values: readonly SqlValue[] = []): number {
    const statement = this.#bound(sql, values);
    try {
      statement.step();
    } finally {
      statement.reset();
    }
    return this.#database.getRowsModified();
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** Exporting closes the database and opens it again, so statements and settings begin anew. */
  serialize(): Uint8Array {
    this.#prepared.clear();
    const image = this.#database.export();
    this.#database.exec(PRAGMAS);
    return image;
  }

  close(): void {
    this.#prepared.clear();
    this.#database.close();
  }

  #bound(sql: string, values: readonly SqlValue[]): Statement {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    statement.bind(values as SqlValue[]);
    return statement;
  }
}
