/**
 * The code points that normalisation and the embedder look at, as in `spec/text-tables.json`.
 *
 * Written out, because a runtime's own idea of letters, case and NFKD depends on its Unicode version.
 * Each is the body of a character class; a test holds them against the file.
 */

export const UNSTABLE =
  "\\u{32ff}\\u{a720}-\\u{a7ff}\\u{ab30}-\\u{ab6f}\\u{d800}-\\u{dfff}\\u{10000}-\\u{1d3ff}" +
  "\\u{1d800}-\\u{1f2ff}\\u{1fb00}-\\u{1fbff}\\u{32400}-\\u{10ffff}";

export const DELETED =
  "\\u{ad}\\u{300}-\\u{36f}\\u{483}-\\u{489}\\u{591}-\\u{5bd}\\u{5bf}\\u{5c1}\\u{5c2}\\u{5c4}\\u{5c5}\\u{5c7}" +
  "\\u{610}-\\u{61a}\\u{640}\\u{64b}-\\u{65f}\\u{670}\\u{6d6}-\\u{6dc}\\u{6df}-\\u{6e8}\\u{6ea}-\\u{6ed}" +
  "\\u{200b}-\\u{200f}\\u{202a}-\\u{202e}\\u{2060}-\\u{2064}\\u{fe00}-\\u{fe0f}\\u{feff}";

export const WHITE_SPACE = "\\u{9}-\\u{d}\\u{1c}-\\u{20}\\u{85}\\u{1680}\\u{2028}\\u{2029}";

export const COMPATIBILITY_SPACE = "\\u{a0}\\u{2000}-\\u{200a}\\u{202f}\\u{205f}\\u{3000}";

export const SPACED_LETTERS =
  "\\u{e0}-\\u{f6}\\u{f8}-\\u{2af}\\u{370}-\\u{37d}\\u{37f}-\\u{386}\\u{388}-\\u{481}\\u{48a}-\\u{52f}" +
  "\\u{531}-\\u{587}\\u{5d0}-\\u{5ea}\\u{5ef}-\\u{5f2}\\u{620}-\\u{64a}\\u{66e}-\\u{6d3}\\u{6d5}\\u{6ee}-\\u{6ff}" +
  "\\u{700}-\\u{7ff}\\u{900}-\\u{963}\\u{966}-\\u{96f}\\u{971}-\\u{dff}\\u{10a0}-\\u{13ff}\\u{1800}-\\u{18af}" +
  "\\u{1e00}-\\u{1fff}\\u{a640}-\\u{a69f}\\u{ac00}-\\u{d7af}";

export const UNSPACED_CHARACTERS =
  "\\u{e01}-\\u{e3a}\\u{e40}-\\u{e4e}\\u{e81}-\\u{eff}\\u{f40}-\\u{fbc}\\u{1000}-\\u{109f}\\u{1780}-\\u{17d3}" +
  "\\u{3005}-\\u{3007}\\u{3041}-\\u{309f}\\u{30a1}-\\u{30fa}\\u{30fc}-\\u{30ff}\\u{3105}-\\u{312f}" +
  "\\u{31f0}-\\u{31ff}\\u{3400}-\\u{4dbf}\\u{4e00}-\\u{9fff}\\u{f900}-\\u{faff}\\u{1f300}-\\u{1faff}\\u{20000}-\\u{323af}";

/** Letters that NFKD keeps whole, and the quotation marks and dashes that editors swap in. */
export const FOLDED: ReadonlyMap<string, string> = foldTable();

function foldTable(): Map<string, string> {
  const table = new Map<string, string>();
  const add = (from: string, to: readonly string[]): void =>
    Array.from(from).forEach((letter, at) => table.set(letter, to[at] ?? to[0]!));
  add("\u00c6\u00e6", ["ae"]);
  add("\u0152\u0153", ["oe"]);
  add("\u00d8\u00f8", ["o"]);
  add("\u00df\u1e9e", ["ss"]);
  add("\u0110\u0111\u00d0\u00f0", ["d"]);
  add("\u00de\u00fe", ["th"]);
  add("\u0141\u0142", ["l"]);
  add("\u0131", ["i"]);
  add("\u0126\u0127", ["h"]);
  add("\u014a\u014b", ["n"]);
  add("\u0166\u0167", ["t"]);
  add("\u03c2", ["\u03c3"]);
  add("\u2018\u2019", ["'"]);
  add("\u201c\u201d", ['"']);
  add("\u2013\u2014\u2212", ["-"]);
  // Greek, Cyrillic twice, Armenian: first capital, last capital, distance to the small letter.
  for (const [first, last, distance] of [
    [0x391, 0x3a9, 32],
    [0x410, 0x42f, 32],
    [0x400, 0x40f, 80],
    [0x531, 0x556, 48],
  ] as const) {
    for (let code = first; code <= last; code++) {
      table.set(String.fromCharCode(code), String.fromCharCode(code + distance));
    }
  }
  // The zero of each set of digits read as 0-9: Arabic, Persian, Devanagari, Bengali.
  for (const zero of [0x660, 0x6f0, 0x966, 0x9e6]) {
    for (let digit = 0; digit < 10; digit++) table.set(String.fromCharCode(zero + digit), String(digit));
  }
  return table;
}
