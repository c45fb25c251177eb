/** Orders as the shop and Zapier have them: what the service answered, the mail, and the buttons to re-run and to refund. */
import { keep, make, part } from './dom.js';
import { call } from './net.js';

/**
 * @typedef {{title: string, ok: boolean | null, detail: string}} Step
 * @typedef {{order_id: string, order_name: string, status: number, answer: any, steps: Step[], mail: {to: string, subject: string, text: string} | null}} Run
 * @typedef {{order: any, runs: Run[]}} Story
 */

const SIGNS = new Map([[true, '✓'], [false, '✗'], [null, '–']]);
const SAID = new Map([[true, 'done'], [false, 'failed'], [null, 'not reached']]);

/** @param {any[]} orders @param {Run[]} runs oldest first */
export function showOrders(orders, runs) {
  /** @type {Story[]} */
  const stories = orders.map((order) => ({ order, runs: runs.filter((run) => run.order_id === String(order.id)) })).reverse();
  keep(part('orders'), stories, ({ order }) => String(order.id), drawStory);
  part('no-orders').textContent = stories.length ? '' : 'Nobody has ordered yet.';
}

/** Say how a run ended, for those who do not see it. @param {Run} run */
export function tellRun({ order_name: name, status, answer }) {
  part('order-news').textContent = `Order ${name}: ${status || 'no answer'}, ${answer.status || ''}. ${answer.message || answer.detail || ''}`;
}

/** @param {Story} story */
function drawStory({ order, runs }) {
  const id = String(order.id);
  const run = runs.at(-1);
  const customer = [order.customer.first_name, order.customer.last_name].filter(Boolean).join(' ') || order.email;
  const lines = order.line_items.map((/** @type {any} */ line) => `${line.sku || line.title} × ${line.quantity}`).join(', ');
  const item = make('li', { 'aria-label': `Order ${order.name}` },
    make('p', { className: 'title' }, make('strong', {}, order.name), ' ', make('code', {}, id), ` ${customer}`),
    make('p', {}, lines, order.refunds.length ? ' (refunded)' : ''),
  );
  if (run) item.append(...drawRun(run, runs.length));
  const fails = make('input', { type: 'checkbox', 'data-name': 'fails' });
  item.append(make('div', { className: 'choices' },
    button('Re-run this Zap', 'rerun', async () => tell(await call('POST', `/orders/${id}/zap`, { mail_fails: fails.checked }))),
    ...(order.refunds.length ? [] : [button('Refund', 'refund', async () => tell(await call('POST', `/orders/${id}/refund`, {})))]),
    make('label', {}, fails, ' let the mail fail'),
  ));
  return item;
}

/** @param {Run} run @param {number} count */
function drawRun({ status, answer, steps, mail }, count) {
  /** @type {HTMLElement[]} */
  const parts = [
    make('p', {}, make('span', { className: `status ${answer.success ? 'good' : 'bad'}` }, `${status || 'no answer'} ${answer.status || ''}`),
      ` ${answer.message || answer.detail || ''}${answer.replayed ? ' (as answered before)' : ''}`),
  ];
  if (answer.keys?.length) {
    parts.push(make('ul', { className: 'keys', 'aria-label': 'Keys' }, ...answer.keys.map((/** @type {any} */ key) => (
      make('li', {}, make('code', {}, key.keycode), ` ${key.entitlement}${key.seats > 1 ? ` × ${key.seats}` : ''}`)))));
  }
  if (answer.next_step) parts.push(make('p', {}, answer.next_step));
  const list = make('ol', { className: 'steps', 'aria-label': 'Steps of the Zap' }, ...steps.map((step) => make('li', {},
    make('span', { 'aria-hidden': 'true' }, SIGNS.get(step.ok) || ''),
    make('span', { className: 'unseen' }, `${SAID.get(step.ok)}: `),
    ` ${step.title}${step.detail && step.title !== 'Keys' ? `: ${step.detail}` : ''}`)));
  parts.push(make('details', {}, make('summary', { 'data-name': 'steps' }, count > 1 ? `The Zap’s last of ${count} runs` : 'The Zap’s run'), list));
  if (mail) {
    parts.push(make('details', {}, make('summary', { 'data-name': 'mail' }, `Mail to ${mail.to}`),
      make('p', {}, make('strong', {}, mail.subject)), make('pre', {}, mail.text)));
  }
  return parts;
}

/** @param {string} text @param {string} name @param {() => Promise<void>} press */
function button(text, name, press) {
  const made = make('button', { type: 'button', 'data-name': name }, text);
  made.addEventListener('click', async () => {
    if (made.getAttribute('aria-disabled')) return;
    made.setAttribute('aria-disabled', 'true');
    await press().catch(() => undefined); // told at the top of the page
    made.removeAttribute('aria-disabled');
  });
  return made;
}

/** @param {{ok: boolean, data: any}} told of a Zap's run, or of the webhook about a refund */
async function tell({ ok, data }) {
  if (ok && data.steps) tellRun(data);
  else part('order-news').textContent = ok ? 'Refunded in the shop; Slack proposes what to do with the keys.' : `Not done: ${data.error || data.detail}`;
}
