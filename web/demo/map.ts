/** A map of the bank: each pattern a point, near ones about like tasks (the first two principal components). */

import type { Pattern } from "../src/index.js";

export interface Place {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

const ROUNDS = 24;

/** Give a point between 0 and 1 in both directions for each vector. */
export function placesOf(items: readonly { readonly id: string; readonly vector: Int8Array }[]): Place[] {
  const [first] = items;
  if (first === undefined) return [];
  const width = first.vector.length;
  const mean = new Float64Array(width);
  for (const { vector } of items) vector.forEach((value, at) => (mean[at]! += value / items.length));
  const rows = items.map(({ vector }) => Float64Array.from(vector, (value, at) => value - mean[at]!));
  const one = component(rows, width, null);
  const other = component(rows, width, one);
  const [xs, ys] = [one, other].map((axis) => spread(rows.map((row) => dot(row, axis)))) as [number[], number[]];
  return items.map(({ id }, at) => ({ id, x: xs[at]!, y: ys[at]! }));
}

/** Find a direction of greatest variance by power iteration, at right angles to one found before. */
function component(rows: readonly Float64Array[], width: number, before: Float64Array | null): Float64Array {
  let axis = Float64Array.from({ length: width }, (_, at) => Math.sin(at * 12.9898 + (before === null ? 0 : 1)));
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float64Array(width);
    for (const row of rows) {
      const share = dot(row, axis);
      for (let at = 0; at < width; at++) next[at]! += share * row[at]!;
    }
    if (before !== null) {
      const share = dot(next, before);
      for (let at = 0; at < width; at++) next[at]! -= share * before[at]!;
    }
    const length = Math.sqrt(dot(next, next)) || 1;
    axis = next.map((value) => value / length);
  }
  return axis;
}

/** Draw a point for each pattern; `choose` is called with one that is clicked. */
export function drawMap(
  map: SVGSVGElement, patterns: readonly Pattern[], vectors: ReadonlyMap<string, Int8Array>,
  colourOf: (category: string) => string, choose: (pattern: Pattern) => void,
): void {
  const places = placesOf(patterns.map(({ id }) => ({ id, vector: vectors.get(id)! })));
  const size = patterns.length > 60 ? 3 : 5;
  map.replaceChildren(
    ...places.map(({ x, y }, at) => {
      const pattern = patterns[at]!;
      const point = svg("circle");
      const attributes = { cx: 14 + x * 292, cy: 14 + y * 192, r: size + (size / 2) * (pattern.success_score ?? 0.3) };
      for (const [name, value] of Object.entries(attributes)) point.setAttribute(name, value.toFixed(1));
      point.style.fill = colourOf(pattern.task_category);
      point.dataset["id"] = pattern.id;
      const title = svg("title");
      title.textContent = `${pattern.title ?? pattern.task_description} (${pattern.task_category})`;
      point.append(title);
      point.addEventListener("click", () => choose(pattern));
      return point;
    }),
  );
} // prettier-ignore

function svg<Name extends "circle" | "title">(name: Name): SVGElementTagNameMap[Name] {
  return document.createElementNS("http://www.w3.org/2000/svg", name);
}

function dot(first: Float64Array, second: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < first.length; at++) sum += first[at]! * second[at]!;
  return sum;
}

function spread(values: readonly number[]): number[] {
  const low = Math.min(...values);
  const range = Math.max(...values) - low;
  return values.map((value) => (range === 0 ? 0.5 : (value - low) / range));
}
