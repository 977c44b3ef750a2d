/** Maps that a change can be taken back from, for a bank in memory. */

const SEPARATOR = "\0"; // no name, key or id can hold it

/** Give one name for several; no two lists of parts share one. */
export function key(...parts: readonly string[]): string {
  return parts.join(SEPARATOR);
}

/** A map that can go back to how it was. */
export class Shelf<V> {
  readonly #items = new Map<string, V>();
  readonly #undo: (() => void)[];

  constructor(undo: (() => void)[]) {
    this.#undo = undo;
  }

  get(name: string): V | undefined {
    return this.#items.get(name);
  }

  set(name: string, value: V): void {
    this.#remember(name);
    this.#items.set(name, value);
  }

  delete(name: string): boolean {
    this.#remember(name);
    return this.#items.delete(name);
  }

  values(): V[] {
    return [...this.#items.values()];
  }

  #remember(name: string): void {
    const before = this.#items.get(name);
    this.#undo.push(() => {
      if (before === undefined) this.#items.delete(name);
      else this.#items.set(name, before);
    });
  }
}

/** Give the values that are there, by id. */
export function present<V>(ids: readonly string[], find: (id: string) => V | undefined): Map<string, V> {
  const found = new Map<string, V>();
  for (const id of ids) {
    const value = find(id);
    if (value !== undefined) found.set(id, value);
  }
  return found;
}
