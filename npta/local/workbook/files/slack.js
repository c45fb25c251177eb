/** The Slack channel: messages newest first, their threads below them, and the search that the runbook speaks of. */
import { keep, make, part } from './dom.js';

/** @typedef {{ts: string, thread_ts: string, text: string, blocks: any[], edited: boolean}} Message */

/** @type {Message[]} */
let messages = [];

/** @param {Message[]} all in the order of posting */
export function showMessages(all) {
  messages = all;
  draw();
}

export function letSearch() {
  part('slack-search').addEventListener('input', draw);
}

function draw() {
  const wanted = /** @type {HTMLInputElement} */ (part('slack-search')).value.trim().toLowerCase();
  const threads = messages.filter((each) => !each.thread_ts).reverse().map((first) => [first, ...messages.filter((each) => each.thread_ts === first.ts)]);
  const found = threads.filter((thread) => thread.some((each) => textsOf(each).join('\n').toLowerCase().includes(wanted)));
  keep(part('messages'), found, ([first]) => first.ts, drawThread);
  part('no-messages').textContent = found.length ? '' : messages.length ? 'No message has that in it.' : 'Nothing was posted yet.';
}

/** @param {Message[]} thread */
function drawThread([first, ...replies]) {
  const item = make('li', {}, ...drawMessage(first));
  if (replies.length) item.append(make('ul', { 'aria-label': 'Thread' }, ...replies.map((each) => make('li', {}, ...drawMessage(each)))));
  return item;
}

/** @param {Message} message */
function drawMessage(message) {
  const at = new Date(Number(message.ts) * 1000).toLocaleTimeString();
  const [title, ...lines] = textsOf(message);
  const heading = make('p', { className: 'title' }, make('strong', {}, title), ` ${at}${message.edited ? ' (edited)' : ''}`);
  return [heading, ...lines.map((line) => make('p', {}, line))];
}

/** What is shown of a message: its blocks, which are plain text; else its line. @param {Message} message @returns {string[]} */
function textsOf({ text, blocks }) {
  const shown = blocks.flatMap((block) => (block.elements || [block.text]).map((/** @type {any} */ each) => each?.text)).filter(Boolean);
  return shown.length ? shown : [text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')];
}
