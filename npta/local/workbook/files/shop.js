/** The shop: its products with their stock, and the form with which a customer buys. */
import { keep, make, part } from './dom.js';
import { call } from './net.js';

/** @typedef {{sku: string, title: string, price: string, status: string, tracked: boolean, available: number | null}} Product */

/** @param {Product[]} products */
export function showProducts(products) {
  const lasting = products.map(({ sku, title, price, status }) => ({ sku, title, price, status }));
  keep(part('products'), lasting, ({ sku }) => sku, ({ sku, title, price, status }) => make('tr', {},
    make('th', { scope: 'row' }, sku),
    make('td', { title }, title, status === 'ACTIVE' ? '' : ` (${status.toLowerCase()})`),
    make('td', { className: 'number' }, price),
    make('td', { className: 'number stock' }),
    make('td', {}, make('input', { type: 'number', min: '0', max: '1000', value: '0', name: sku, 'aria-label': `Quantity of ${sku}` })),
  ));
  for (const { sku, tracked, available } of products) {
    const cell = part('products').querySelector(`[data-key="${CSS.escape(sku)}"] .stock`);
    const told = tracked ? String(available ?? '–') : 'any';
    if (cell && cell.textContent !== told) cell.textContent = told;
  }
}

/** @param {(run: any) => void} placed told of the Zap's run */
export function letOrder(placed) {
  const form = /** @type {HTMLFormElement} */ (part('order-form'));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const quantities = [.../** @type {NodeListOf<HTMLInputElement>} */ (part('products').querySelectorAll('input'))];
    const lines = quantities.filter((each) => Number(each.value) > 0).map((each) => ({ sku: each.name, quantity: Number(each.value) }));
    if (!lines.length) return say('Choose a product: set a quantity above 0.');
    const sent = new FormData(form);
    const wanted = {
      customer: String(sent.get('customer')),
      email: String(sent.get('email')),
      lines,
      oversell: sent.has('oversell'),
      mail_fails: sent.has('mail_fails'),
    };
    const { ok, data } = await busily(form, () => call('POST', '/orders', wanted));
    if (!ok) return say(`The shop did not take the order: ${data.error || 'it gave no reason'}.`);
    for (const each of quantities) each.value = '0';
    say('');
    return placed(data);
  });
}

/** @param {string} text */
function say(text) {
  part('order-problem').textContent = text;
}

/**
 * Nothing is pressed twice while an order is on its way.
 *
 * @template T
 * @param {HTMLFormElement} form @param {() => Promise<T>} work
 */
async function busily(form, work) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('[type=submit]'));
  button.setAttribute('aria-disabled', 'true');
  form.inert = true;
  try {
    return await work();
  } finally {
    form.inert = false;
    button.removeAttribute('aria-disabled');
    button.focus();
  }
}
