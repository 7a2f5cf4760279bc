/**
 * Elements of the page, made by name; text is only ever text.
 *
 * Whatever comes from a cluster goes through here, as a text node or the value of an attribute that says nothing to run. No markup is
 * made of text anywhere; the document's policy forbids it too.
 * @module
 */

/** What may stand inside an element; `undefined` stands for nothing. */
export type Child = Node | string | undefined;

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Returns a new element.
 * @param attributes `true` and `false` set and leave out; numbers are written in decimal
 */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** Sets, changes or takes away attributes of an element; those that are as they should be stay untouched. */
export function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) element.removeAttribute(name);
    else {
      const text = value === true ? "" : String(value);
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
}

/** Sets an element's text; selection and announcements stay as they are where it is the same. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Returns the element of the document with an id.
 * @throws {Error} If there is none: the frame and the script do not fit.
 */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const element = document.getElementById(id);
  if (!element) throw new Error(`Cannot find the element "${id}"`);
  return element as E;
}

/** A list whose elements stay the same ones as long as their items stay: focus and transitions survive a change. */
export class KeyedList<T> {
  readonly #parent: Element;
  readonly #create: (item: T) => HTMLElement;
  readonly #update: (element: HTMLElement, item: T) => void;
  #elements = new Map<string, HTMLElement>();

  /** @param update called for new elements too */
  constructor(parent: Element, create: (item: T) => HTMLElement, update: (element: HTMLElement, item: T) => void) {
    this.#parent = parent;
    this.#create = create;
    this.#update = update;
  }

  /** Shows these items in this order. */
  show(items: Iterable<readonly [key: string, item: T]>): void {
    const elements = new Map<string, HTMLElement>();
    for (const [key, item] of items) {
      const element = this.#elements.get(key) ?? this.#create(item);
      this.#update(element, item);
      elements.set(key, element);
    }
    for (const [key, element] of this.#elements) if (!elements.has(key)) element.remove();
    let next = this.#parent.firstElementChild;
    for (const element of elements.values()) {
      // What stands in its place is not moved: moving would take the focus away.
      if (element === next) next = next.nextElementSibling;
      else this.#parent.insertBefore(element, next);
    }
    this.#elements = elements;
  }

  get(key: string): HTMLElement | undefined {
    return this.#elements.get(key);
  }
}
