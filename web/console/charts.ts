/** Lines over time, drawn as SVG; what they show is also said in words and in a table. */

import { element } from "../page/elements.js";
import { table } from "./parts.js";

/** One line: a value for each day, null where there is none. */
export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

const WIDTH = 640;
const HEIGHT = 200;
const LEFT = 76;
const BOTTOM = 22;
const TOP = 16;
const RIGHT = 8;
const TICKS = 4;

/** Give a figure of lines over days, with a legend and the same as a table. */
export function lineChart(title: string, days: readonly string[], lines: readonly Line[], most: number, say: (value: number) => string): HTMLElement {
  const figure = element("figure", "", { class: "chart" });
  const drawn = svg("svg", { viewBox: `0 0 ${String(WIDTH)} ${String(HEIGHT)}`, role: "img", "aria-label": title });
  const x = (at: number): number => LEFT + (days.length < 2 ? 0.5 : at / (days.length - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => TOP + (1 - value / (most || 1)) * (HEIGHT - TOP - BOTTOM);
  for (let tick = 0; tick <= TICKS; tick++) {
    const value = (most * tick) / TICKS;
    drawn.append(svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value), class: "grid" }));
    drawn.append(label(say(value), LEFT - 6, y(value) + 4, "end"));
  }
  const shown = [...new Set([0, Math.floor((days.length - 1) / 2), days.length - 1])];
  for (const at of shown) drawn.append(label(days[at] ?? "", x(at), HEIGHT - 6, at === 0 && days.length > 1 ? "start" : at === days.length - 1 && at > 0 ? "end" : "middle"));
  for (const line of lines) drawn.append(...drawnLine(line, x, y));
  figure.append(drawn);
  if (lines.length > 1) figure.append(legend(lines));
  const words = element("details", "", { class: "words" });
  words.append(element("summary", "As a table"));
  words.addEventListener("toggle", () => {
    if (words.childElementCount > 1) return; // made when it is first asked for
    const rows = days.map((day, at) => [day, ...lines.map(({ values }) => (values[at] === null || values[at] === undefined ? "–" : say(values[at])))]);
    words.append(table(title, ["Day", ...lines.map(({ name }) => name)], rows.reverse()));
  });
  figure.append(words);
  return figure;
}

function drawnLine({ values, colour }: Line, x: (at: number) => number, y: (value: number) => number): SVGElement[] {
  const known = values.flatMap((value, at) => (value === null ? [] : [{ at, value }]));
  const path = svg("path", { d: known.map(({ at, value }, n) => `${n === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("") });
  path.style.stroke = colour;
  const dots = known.length > 40 ? [] : known.map(({ at, value }) => {
    const dot = svg("circle", { cx: x(at), cy: y(value), r: 2.5 });
    dot.style.fill = colour;
    return dot;
  }); // prettier-ignore
  return [path, ...dots];
}

function legend(lines: readonly Line[]): HTMLElement {
  const made = element("ul", "", { class: "legend" });
  for (const { name, colour } of lines) {
    const item = element("li");
    const dot = element("span", "", { class: "dot" });
    dot.style.setProperty("--dot", colour);
    item.append(dot, element("bdi", name));
    made.append(item);
  }
  return made;
}

function label(text: string, x: number, y: number, anchor: string): SVGElement {
  const made = svg("text", { x, y, "text-anchor": anchor });
  made.textContent = text;
  return made;
}

function svg(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, typeof value === "number" ? value.toFixed(1) : value);
  return made;
}
