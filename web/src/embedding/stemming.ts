/** Word stems: common English endings taken off words of four or more letters a-z. */

const SHORTEST_STEMMED = 4;
const SHORTEST_BEFORE_PARTICIPLE = 3;
const VOWEL = /[aeiouy]/;

type Rule = readonly [shortest: number, ending: string, replacement: string];

const PLURALS: readonly Rule[] = [
  [4, "sses", "ss"],
  [5, "ies", "y"],
  [4, "ss", "ss"],
  [4, "us", "us"],
  [4, "is", "is"],
  [4, "s", ""],
];
const DERIVATIONS: readonly Rule[] = [
  [8, "ation", "at"],
  [7, "tion", "t"],
  [7, "sion", "s"],
  [6, "ly", ""],
];
const SILENT_E: readonly Rule[] = [[5, "e", ""]];

/** Give the word without common English endings. */
export function stem(given: string): string {
  if (given.length < SHORTEST_STEMMED || !/^[a-z]+$/.test(given)) return given;
  let word = withFirstRule(PLURALS, given);
  word = withoutParticiple(word);
  word = withFirstRule(DERIVATIONS, word);
  word = withFirstRule(SILENT_E, word);
  if (word.length >= SHORTEST_STEMMED && word.endsWith("y") && !VOWEL.test(word.charAt(word.length - 2))) {
    word = `${word.slice(0, -1)}i`;
  }
  return word;
}

/** Give the word after the first rule that fits. */
function withFirstRule(rules: readonly Rule[], word: string): string {
  const rule = rules.find(([shortest, ending]) => word.length >= shortest && word.endsWith(ending));
  return rule === undefined ? word : word.slice(0, word.length - rule[1].length) + rule[2];
}

function withoutParticiple(word: string): string {
  const ending = ["ing", "ed"].find((one) => word.endsWith(one));
  if (ending === undefined) return word;
  const rest = word.slice(0, -ending.length);
  if (rest.length < SHORTEST_BEFORE_PARTICIPLE || !VOWEL.test(rest)) return word;
  const last = rest.charAt(rest.length - 1);
  const doubled = last === rest.charAt(rest.length - 2) && !"lsz".includes(last);
  return doubled ? rest.slice(0, -1) : rest;
}
