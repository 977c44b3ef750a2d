// What a person sees on the page: elements and runs of text in document order, each with a reference that
// stays the same while the page lives, so that acts after a later look still meet the right node.
// The pages' own furniture (clock, reward, start cover, click trace) is no part of the task.
const FURNITURE = new Set(["query", "reward-display", "sync-task-cover", "click-canvas"]);
const DRAWN = ["cx", "cy", "r", "x", "y", "width", "height", "points", "transform", "fill", "stroke"];
const memory = (window.reasoningbank = window.reasoningbank || { nodes: [], references: new WeakMap() });
const seen = [];

function reference(node) {
  if (!memory.references.has(node)) {
    memory.references.set(node, memory.nodes.length);
    memory.nodes.push(node);
  }
  return memory.references.get(node);
}

function box(rect) {
  return [rect.left, rect.top, rect.width, rect.height].map((n) => Math.round(n * 10) / 10);
}

function addText(node, parent) {
  const text = node.data.replace(/\s+/g, " ").trim();
  const range = document.createRange();
  range.selectNodeContents(node);
  const rect = range.getBoundingClientRect();
  if (!text || rect.width === 0 || rect.height === 0) return;
  seen.push({ ref: reference(node), tag: "#text", parent, box: box(rect), text });
}

function addControl(element, entry) {
  if (element instanceof HTMLInputElement) {
    entry.kind = element.type;
    if (element.type === "checkbox" || element.type === "radio") entry.checked = element.checked;
    else entry.value = element.value;
  } else if (element instanceof HTMLTextAreaElement) {
    entry.kind = "textarea";
    entry.value = element.value;
  } else if (element instanceof HTMLSelectElement) {
    entry.kind = "select";
    entry.options = [...element.options].map((option) => option.text.trim());
    entry.several = element.multiple;
  }
  if (element.disabled) entry.disabled = true;
  if (element.readOnly) entry.fixed = true;
}

function describe(element, style, parent) {
  const entry = { ref: reference(element), tag: element.tagName.toLowerCase(), parent };
  entry.box = box(element.getBoundingClientRect());
  const classes = (element.getAttribute("class") || "").split(/\s+/).filter(Boolean);
  if (element.id) entry.id = element.id;
  if (classes.length) entry.classes = classes;
  for (const name of ["placeholder", "title", "role", "alt"]) {
    if (element.getAttribute(name)) entry[name] = element.getAttribute(name);
  }
  addControl(element, entry);
  if (style.cursor === "pointer") entry.pointer = true;
  const drawn = element instanceof SVGElement;
  entry.colour = drawn ? style.fill : style.backgroundColor;
  entry.font = Math.round(parseFloat(style.fontSize) * 10) / 10;
  if (drawn) {
    const shape = {};
    for (const name of DRAWN) {
      const value = element.getAttribute(name);
      if (value !== null) shape[name] = value;
    }
    entry.shape = shape;
  }
  return entry;
}

function add(element, parent) {
  if (FURNITURE.has(element.id) || ["SCRIPT", "STYLE", "DEFS", "DESC"].includes(element.tagName.toUpperCase())) return;
  const style = getComputedStyle(element);
  if (style.display === "none" || style.visibility === "hidden" || style.opacity === "0") return;
  const rect = element.getBoundingClientRect();
  // A thing without area shows nothing, but a box around floating children may have none of its own.
  if ((rect.width === 0 || rect.height === 0) && element.childElementCount === 0 && !element.childNodes.length) return;
  const position = seen.push(describe(element, style, parent)) - 1;
  if (element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement) return;
  for (const child of element.childNodes) {
    if (child instanceof Text) addText(child, position);
    else if (child instanceof Element) add(child, position);
  }
}

for (const child of document.body.children) add(child, -1);
const query = document.getElementById("query");
const marks = [...query.querySelectorAll("*")]
  .map((mark) => ({ colour: getComputedStyle(mark).backgroundColor, classes: [...mark.classList], text: mark.textContent.trim() }))
  .filter((mark) => !mark.text)
  .map(({ colour, classes }) => ({ colour, classes }));
const emphasised = [...query.querySelectorAll("b, strong, .bold")].map((word) => word.textContent.trim()).filter(Boolean);
return {
  utterance: query.textContent.replace(/\s+/g, " ").trim(),
  marks,
  emphasised,
  elements: seen,
  ended: WOB_DONE_GLOBAL,
};
