/** A few strategies to begin with. */
import type { PatternInput } from "../src/domain/pattern.js";

const given: readonly (readonly [category: string, task: string, strategy: string, score: number])[] = [
  ["backend", "Speed up the slow monthly report", "Read the query plan first; add the index it misses before touching the code.", 0.95],
  ["backend", "Add login to the API", "Write the failing test first, then the smallest handler that passes.", 0.9],
  ["backend", "Stop duplicate orders when a request is sent twice", "Give each request an idempotency key and keep the answer under it.", 0.85],
  ["backend", "Import a huge CSV file without running out of memory", "Read it as a stream, a batch a transaction.", 0.8],
  ["frontend", "Make the product list usable on a phone", "Start from one column; add columns where there is room.", 0.75],
  ["frontend", "Fix the flicker when the page loads", "Reserve the space of images and fonts before they arrive.", 0.7],
  ["frontend", "Let people use the menu with the keyboard", "Use real buttons and links; then the order of focus is the order of reading.", 0.9],
  ["testing", "A test fails once in twenty runs", "Look for shared state and real clocks; pass the clock in.", 0.85],
  ["testing", "Find out why the build breaks only on the server", "Compare versions and locales of both machines before reading code.", 0.65],
  ["data", "Merge customer records spelled differently", "Normalise case, accents and white space before comparing.", 0.8],
  ["data", "Answer questions about documents in several languages", "Index words and character pieces together; exact names matter.", 0.7],
  ["operations", "The disk of the database server fills up", "Find what grows first; then set a limit on logs and old backups.", 0.9],
];

export const EXAMPLES: readonly PatternInput[] = given.map(([task_category, task_description, strategy, success_score]) => ({
  task_category, task_description, strategy, success_score,
})); // prettier-ignore
