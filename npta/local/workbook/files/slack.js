/** The Slack channel: messages newest first, their threads below them, and the search that the runbook speaks of. */
import { drawBlocks, marked, unescaped } from './blocks.js';
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
  const found = threads.filter((thread) => thread.some((each) => textOf(each).toLowerCase().includes(wanted)));
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
  const at = new Date(Number(message.ts) * 1000).toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' });
  const sender = make('p', { className: 'title' }, make('span', { className: 'avatar', 'aria-hidden': 'true' }, 'N'),
    make('strong', {}, 'NPTA'), ' ', make('span', { className: 'app' }, 'APP'), ' ', make('time', {}, at), message.edited ? ' (edited)' : '');
  const shown = drawBlocks(message.blocks);
  return [sender, ...(shown.length ? shown : [make('p', {}, ...marked(message.text))])];
}

/** What search looks through: the message's line, and what its blocks show. @param {Message} message @returns {string} */
function textOf({ text, blocks }) {
  return [unescaped(text), ...drawBlocks(blocks).map((block) => block.textContent)].join('\n');
}
