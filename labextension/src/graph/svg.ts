/** Elements of SVG and HTML, made with attributes and text; never from markup, so that a name cannot be more than a name. */

type Attributes = Readonly<Record<string, string | number>>;

/** Return a new SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  children: readonly Node[] = []
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  return filled(element, attributes, children);
}

/** Return a new HTML element. */
export function html<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  children: readonly (Node | string)[] = []
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), attributes, children);
}

function filled<T extends Element>(
  element: T,
  attributes: Attributes,
  children: readonly (Node | string)[]
): T {
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** Set an attribute where it differs, so that what is right already is not drawn again. */
export function setIfNew(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

/** Set the text of an element where it differs. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
