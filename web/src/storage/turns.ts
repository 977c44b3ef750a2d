/** One after the other. */

/** Runs jobs in the order they were given, each after the one before has ended, however it ended. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Run a job when those before it have ended, and give what it gives. */
  take<T>(job: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(job);
    this.#last = turn.catch(() => undefined); // the caller hears of it; the next in line need not
    return turn;
  }

  /** Wait until everything that was given so far has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
