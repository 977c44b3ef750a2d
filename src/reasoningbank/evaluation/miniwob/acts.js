// The acts that need the page's own side: where to press, what to select, what to set. Called as
// act(name, reference, argument); every act returns something JSON can carry.
const [name, reference, argument] = arguments;
const node = window.reasoningbank.nodes[reference];
const element = node instanceof Element ? node : node.parentElement;

function tell(...types) {
  for (const type of types) element.dispatchEvent(new Event(type, { bubbles: true }));
}

function inside(rect) {
  return rect.width > 0 && rect.height > 0;
}

function place() {
  if (!element.isConnected) return null;
  element.scrollIntoView({ block: "nearest", inline: "nearest" });
  const rects = [...element.getClientRects()].filter(inside);
  const rect = rects.length ? rects[0] : element.getBoundingClientRect();
  const x = rect.left + rect.width / 2;
  const y = rect.top + rect.height / 2;
  return { x, y, reached: element.contains(document.elementFromPoint(x, y)) };
}

function markText(word) {
  const editor = element.closest("[contenteditable=true]");
  if (editor) editor.focus();
  const range = document.createRange();
  range.selectNodeContents(element);
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (word && walker.nextNode()) {
    const at = ` ${walker.currentNode.data} `.indexOf(` ${word} `);
    if (at < 0) continue;
    range.setStart(walker.currentNode, at);
    range.setEnd(walker.currentNode, at + word.length);
    break;
  }
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  return true;
}

const acts = {
  place,
  markText,
  // Over elements something else covers, as the benchmark's own element click does.
  clickThrough() {
    element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, view: window }));
    return true;
  },
  // A date or a time is set as a picker would set it: keyboards differ in how they type one.
  setValue(text) {
    element.value = text;
    tell("input", "change");
    return true;
  },
  emptyForTyping() {
    element.focus();
    if (typeof element.select === "function") element.select();
    return element;
  },
  choose(positions) {
    [...element.options].forEach((option, at) => { option.selected = positions.includes(at); });
    tell("input", "change");
    return true;
  },
  scroll(to) {
    element.scrollTop = to === "top" ? 0 : element.scrollHeight;
    return true;
  },
};
return acts[name](argument);
