/** The bank as a map: near points are about like tasks, coloured by how well they worked. */

import { counted, element } from "../../page/elements.js";
import type { PatternMap } from "../answers.js";
import { facts, hint, nameOf, number, patternLink, percent } from "../parts.js";
import type { Context, View } from "./view.js";

const MARGIN = 12;
const NEAR_PIXELS = 14;
const SHADES = 5;

export function mapView(context: Context): View {
  const root = element("div");
  const canvas = element("canvas", "", { tabindex: "0", role: "application", "aria-label": "Map of the patterns; arrow keys go from point to point", "aria-describedby": "map-said" }) as HTMLCanvasElement;
  const said = element("p", "", { class: "hint", id: "map-hint" });
  const chosen = element("div", "", { id: "map-said", role: "status" });
  root.append(hint("Near points are about like tasks. Arrow keys go from point to point, Enter opens one."), canvas, legend(), said, chosen);
  let map: PatternMap | null = null;
  let at = -1;
  let drawnFor = "";

  const place = (one: number): readonly [number, number] => {
    const { width, height } = canvas.getBoundingClientRect();
    return [MARGIN + map!.x[one]! * (width - 2 * MARGIN), MARGIN + (1 - map!.y[one]!) * (height - 2 * MARGIN)];
  };
  const draw = (): void => {
    if (map === null) return;
    paint(canvas, map, at, place);
  };
  const choose = async (one: number): Promise<void> => {
    if (map === null || one < 0) return;
    at = one;
    draw();
    const id = map.ids[one]!;
    const pattern = await context.api.pattern(id);
    if (map.ids[at] !== id) return; // another was chosen meanwhile
    const name = element("p");
    name.append(patternLink(id, nameOf(pattern)));
    const success = map.success[one] ?? null;
    chosen.replaceChildren(name, facts([["Category", pattern.task_category], ["Success", success === null ? "not known yet" : percent(success)]]));
  };
  const nearest = (x: number, y: number, within: number, allowed: (one: number) => boolean): number => {
    let best = -1;
    let least = within * within;
    for (let one = 0; one < (map?.ids.length ?? 0); one++) {
      if (!allowed(one)) continue;
      const [px, py] = place(one);
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [best, least] = [one, distance];
    }
    return best;
  };
  canvas.addEventListener("click", ({ offsetX, offsetY }) => void context.told(() => choose(nearest(offsetX, offsetY, NEAR_PIXELS, () => true)).then(() => "")));
  canvas.addEventListener("keydown", (event) => {
    const ways: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (event.key === "Enter" && map !== null && at >= 0) location.hash = `#/pattern/${encodeURIComponent(map.ids[at]!)}`;
    if (way === undefined || map === null || map.ids.length === 0) return;
    event.preventDefault();
    if (at < 0) return void context.told(() => choose(0).then(() => ""));
    const [x, y] = place(at);
    // Ahead, and rather ahead than aside.
    const ahead = (one: number): boolean => {
      const [px, py] = place(one);
      const forward = (px - x) * way[0] + (py - y) * way[1];
      return forward > 0.5 && forward >= Math.abs((px - x) * way[1]) + Math.abs((py - y) * way[0]);
    };
    void context.told(() => choose(nearest(x, y, Infinity, ahead)).then(() => ""));
  });
  new ResizeObserver(draw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  const refresh = async (): Promise<void> => {
    const found = await context.api.map();
    const same = JSON.stringify([found.ids, found.success]);
    if (same === drawnFor) return;
    drawnFor = same;
    const before = map?.ids[at];
    map = found;
    at = before === undefined ? -1 : found.ids.indexOf(before);
    canvas.hidden = found.ids.length === 0;
    const some = `${number(found.ids.length)} of ${number(found.total)} patterns are shown, always the same ones.`;
    const all = `${counted(found.total, "pattern")}.`;
    said.textContent = found.ids.length === 0 ? "The map appears when there are patterns." : found.ids.length < found.total ? some : all;
    draw();
  };
  return { root, refresh };
}

function paint(canvas: HTMLCanvasElement, map: PatternMap, at: number, place: (one: number) => readonly [number, number]): void {
  const { width, height } = canvas.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  const brush = canvas.getContext("2d");
  if (brush === null || width === 0) return;
  brush.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const colours = Array.from({ length: SHADES }, (_, shade) => style.getPropertyValue(`--s${String(shade)}`));
  const unknown = style.getPropertyValue("--c7");
  const size = map.ids.length > 1500 ? 2 : map.ids.length > 300 ? 3 : 5;
  brush.globalAlpha = map.ids.length > 1500 ? 0.7 : 0.9;
  for (let one = 0; one < map.ids.length; one++) {
    const success = map.success[one] ?? null;
    brush.fillStyle = success === null ? unknown : colours[Math.min(SHADES - 1, Math.floor(success * SHADES))]!;
    const [x, y] = place(one);
    brush.beginPath();
    // What is not known is a ring's width smaller, so that colour is not all that tells.
    brush.arc(x, y, success === null ? size - 0.75 : size, 0, 2 * Math.PI);
    brush.fill();
  }
  if (at < 0) return;
  const [x, y] = place(at);
  brush.globalAlpha = 1;
  brush.strokeStyle = style.color;
  brush.lineWidth = 2;
  brush.beginPath();
  brush.arc(x, y, size + 4, 0, 2 * Math.PI);
  brush.stroke();
}

function legend(): HTMLElement {
  const made = element("ul", "", { class: "legend" });
  for (let shade = 0; shade < SHADES; shade++) made.append(legendItem(`var(--s${String(shade)})`, `${String(shade * 20)}–${String(shade * 20 + 20)} %`));
  made.append(legendItem("var(--c7)", "not known"));
  return made;
}

function legendItem(colour: string, text: string): HTMLElement {
  const item = element("li");
  const dot = element("span", "", { class: "dot" });
  dot.style.setProperty("--dot", colour);
  item.append(dot, text);
  return item;
}
