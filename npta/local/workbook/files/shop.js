/** The shop: its products with their stock, and the form with which a customer buys. */
import { keep, make, part } from './dom.js';
import { call } from './net.js';

/** @typedef {{sku: string, title: string, price: string, status: string, type: string, tags: string[], tracked: boolean, available: number | null}} Product */

/** @param {Product[]} products @param {(product: Product) => void} edit */
export function showProducts(products, edit) {
  const lasting = products.map(({ available: _, ...each }) => each);
  keep(part('products'), lasting, ({ sku }) => sku, (product) => {
    const { sku, title, price, status } = product;
    const name = make('button', { type: 'button', className: 'link', 'aria-label': `Edit product ${sku}`, 'data-name': 'edit' }, sku);
    name.addEventListener('click', () => edit({ ...product, available: null }));
    return make('tr', {},
      make('th', { scope: 'row' }, name, make('span', { className: 'product' }, title), ...(status === 'ACTIVE' ? [] : [make('span', { className: 'status quiet' }, status.toLowerCase())])),
      make('td', { className: 'number' }, price),
      make('td', { className: 'number stock' }),
      make('td', {}, make('input', { type: 'number', min: '0', max: '1000', value: '0', name: sku, 'aria-label': `Quantity of ${sku}`, 'data-name': 'quantity' })),
    );
  });
  for (const { sku, tracked, available } of products) {
    const cell = part('products').querySelector(`[data-key="${CSS.escape(sku)}"] .stock`);
    const text = tracked ? String(available ?? '–') : 'any';
    if (cell && cell.textContent !== text) cell.textContent = text;
  }
}

/** Said instead of an answer; what was typed stays in its form. */
const OFFLINE = { ok: false, data: { error: 'the server does not answer; what you typed stays here, so press again when it does' } };

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
    const { ok, data } = await busily(form, () => call('POST', '/orders', wanted)).catch(() => OFFLINE);
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

/** The form for a product: a new one, or one to be changed. @returns {(product: Product | null) => void} opens it */
export function letEdit() {
  const dialog = /** @type {HTMLDialogElement} */ (part('product-dialog'));
  const form = /** @type {HTMLFormElement} */ (part('product-form'));
  /** @param {string} name */
  const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  /** @param {Product | null} product */
  const open = (product) => {
    part('product-title').textContent = product ? `Edit ${product.sku}` : 'New product';
    part('product-problem').textContent = '';
    form.reset();
    field('sku').readOnly = product !== null;
    for (const name of /** @type {const} */ (['sku', 'title', 'price', 'status', 'type'])) if (product) field(name).value = product[name];
    if (product) field('tags').value = product.tags.join(', ');
    field('tracked').checked = product?.tracked ?? true;
    dialog.showModal();
  };
  part('new-product').addEventListener('click', () => open(null));
  part('product-cancel').addEventListener('click', () => dialog.close());
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const sent = Object.fromEntries(['sku', 'title', 'price', 'status', 'type'].map((name) => [name, field(name).value.trim()]));
    const wanted = { ...sent, tags: field('tags').value.split(',').map((tag) => tag.trim()).filter(Boolean), tracked: field('tracked').checked, isNew: !field('sku').readOnly };
    const { ok, data } = await busily(form, () => call('POST', '/products', wanted)).catch(() => OFFLINE);
    if (ok) dialog.close();
    else part('product-problem').textContent = `Not saved: ${data.error || 'the shop gave no reason'}.`;
  });
  return open;
}
