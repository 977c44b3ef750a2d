/** Parts of the page, and new ones. */

/** Give the element of this id. */
export function part<T extends Element = HTMLElement>(id: string): T {
  return document.getElementById(id) as unknown as T;
}

/** Make an element with text in it; nothing that is stored ever becomes markup. */
export function element(name: string, text = "", attributes: Readonly<Record<string, string>> = {}): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Draw parts anew, and put the focus back on what had it: what has a `data-key` is known by it. */
export function keepingFocus(otherwise: HTMLElement, draw: () => void): void {
  const key = (document.activeElement as HTMLElement | null)?.dataset["key"];
  draw();
  if (key === undefined) return;
  (document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) ?? otherwise).focus({ preventScroll: true });
}

/** Give a count with the word for it. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
