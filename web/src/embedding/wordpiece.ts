/** Greedy longest-match word pieces. */

const LONGEST_WORD = 100; // a longer run of letters and digits has no pieces

/** Finds the numbers of a word's pieces. */
export class Vocabulary {
  readonly #numbers = new Map<string, number>();
  #longest = 0;

  /** Take the vocabulary: one ASCII piece on each line, the line number is its number. */
  constructor(lines: string) {
    lines.split("\n").forEach((piece, number) => {
      if (piece === "") return;
      this.#numbers.set(piece, number);
      this.#longest = Math.max(this.#longest, piece.length);
    });
  }

  /** Give the piece numbers of an ASCII word; none when a part of it has no piece. */
  pieces(word: string): readonly number[] {
    if (word.length > LONGEST_WORD) return [];
    const numbers: number[] = [];
    for (let start = 0; start < word.length; ) {
      const prefix = start === 0 ? "" : "##";
      let end = Math.min(word.length, start + this.#longest);
      let number: number | undefined;
      while (end > start && (number = this.#numbers.get(prefix + word.slice(start, end))) === undefined) end--;
      if (number === undefined) return [];
      numbers.push(number);
      start = end;
    }
    return numbers;
  }
}
