/** Making elements. Text is only ever set as text. */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, unknown>} [properties] names with a dash are attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-') || name === 'role' || name === 'scope') element.setAttribute(name, String(value));
    else Object.assign(element, { [name]: value });
  }
  element.append(...children);
  return element;
}

/** An element of the page. @param {string} id @returns {HTMLElement} */
export function part(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id} on the page`);
  return found;
}

/** @type {WeakMap<Element, string>} what each kept element was drawn from */
const drawnFrom = new WeakMap();

/**
 * Show a list by elements that are kept while their item is the same, so that nothing flickers. A control that is drawn
 * anew under somebody's hands gets the focus back; `data-name` says which it is.
 *
 * @template T
 * @param {HTMLElement} parent @param {T[]} items @param {(item: T) => string} key @param {(item: T) => HTMLElement} draw
 */
export function keep(parent, items, key, draw) {
  const old = new Map([...parent.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.key, child]));
  let held = '';
  const wanted = items.map((item) => {
    const known = old.get(key(item));
    const print = JSON.stringify(item);
    if (known && drawnFrom.get(known) === print) return known;
    const drawn = draw(item);
    drawn.dataset.key = key(item);
    drawnFrom.set(drawn, print);
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    if (known && focused && known.contains(focused)) held = `[data-key="${CSS.escape(key(item))}"] [data-name="${focused.dataset.name}"]`;
    return drawn;
  });
  for (const child of [...parent.children]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((child, place) => {
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] || null);
  });
  if (held) /** @type {HTMLElement | null} */ (parent.querySelector(held))?.focus();
}
