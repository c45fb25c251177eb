/** Slack's Block Kit as elements, as Slack shows it. What is not known here is left out, as an old client of Slack's does. */
import { make } from './dom.js';

/** @type {Record<string, keyof HTMLElementTagNameMap>} */
const SIGNS = { '*': 'strong', _: 'em', '~': 's' };
/** A code, a link, or words between signs that do not stand within a word. */
const MARKUP = /```([^]+?)```|`([^`\n]+)`|<([^<>\s|]+)(?:\|([^<>]*))?>|(?<!\w)([*_~])(?=\S)([^\n]*?\S)\5(?!\w)/;

/** @param {string} text @returns {string} without the three escapes that Slack knows */
export function unescaped(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** @param {string} url @param {(Node | string)[]} inside */
function link(url, inside) {
  return /^(https?|mailto):/.test(url) ? make('a', { href: url, target: '_blank', rel: 'noreferrer' }, ...inside) : make('span', {}, ...inside);
}

/** Slack's own markup. @param {string} text @returns {(Node | string)[]} */
export function marked(text) {
  const found = MARKUP.exec(text);
  if (!found) return text ? [unescaped(text)] : [];
  const [whole, pre, code, url, label, sign, inside] = found;
  /** @type {Node} */
  let part;
  if (pre !== undefined) part = make('pre', {}, unescaped(pre.trim()));
  else if (code !== undefined) part = make('code', {}, unescaped(code));
  else if (url !== undefined) part = link(unescaped(url), [unescaped(label || url)]);
  else part = make(SIGNS[sign], {}, ...marked(inside));
  return [...marked(text.slice(0, found.index)), part, ...marked(text.slice(found.index + whole.length))];
}

/** @param {any} text a text object @returns {(Node | string)[]} */
function words(text) {
  return text?.type === 'mrkdwn' ? marked(text.text) : [String(text?.text ?? '')];
}

/** @param {any} element of rich text @returns {Node} */
function rich({ type, text, url, style = {}, elements = [] }) {
  if (type === 'rich_text_list') return make('ul', {}, ...elements.map((/** @type {any} */ each) => make('li', {}, rich(each))));
  if (type === 'rich_text_preformatted') return make('pre', {}, ...elements.map(rich));
  if (type === 'rich_text_quote') return make('blockquote', {}, ...elements.map(rich));
  if (type === 'rich_text_section') return make('span', {}, ...elements.map(rich));
  let part = type === 'link' ? link(url, [text || url]) : make('span', {}, text || '');
  for (const [name, tag] of Object.entries(/** @type {Record<string, keyof HTMLElementTagNameMap>} */ ({ bold: 'strong', italic: 'em', strike: 's', code: 'code' }))) {
    if (style[name]) part = make(tag, {}, part);
  }
  return part;
}

/** @type {Record<string, (block: any) => HTMLElement>} */
const DRAW = {
  header: ({ text }) => make('p', { className: 'slack-header' }, ...words(text)),
  section: ({ text, fields }) => make('div', { className: 'slack-section' },
    ...(text ? [make('p', {}, ...words(text))] : []),
    ...(fields ? [make('div', { className: 'slack-fields' }, ...fields.map((/** @type {any} */ each) => make('p', {}, ...words(each))))] : [])),
  context: ({ elements }) => make('p', { className: 'slack-context' }, ...elements.flatMap((/** @type {any} */ each) => [...words(each), ' '])),
  divider: () => make('hr'),
  rich_text: ({ elements }) => make('div', { className: 'slack-rich' }, ...elements.map(rich)),
};

/** @param {any[]} blocks @returns {HTMLElement[]} */
export function drawBlocks(blocks) {
  return blocks.flatMap((block) => (DRAW[block.type] ? [DRAW[block.type](block)] : []));
}
