/** Starts the page, and brings it up to date as soon as anything changes, whoever changed it. */
import { part } from './dom.js';
import { call } from './net.js';
import { showOrders, tellRun } from './orders.js';
import { letEdit, letOrder, showProducts } from './shop.js';
import { letSearch, showMessages } from './slack.js';
import { Workbook } from './workbook.js';

const AGAIN_MILLISECONDS = 1000;

/** @param {ReturnType<typeof letEdit>} edit */
async function refreshOutside(edit) {
  const { data } = await call('GET', '/outside');
  showProducts(data.products, edit);
  showOrders(data.orders, data.runs);
  showMessages(data.messages);
}

/** @param {Workbook} workbook @param {ReturnType<typeof letEdit>} edit */
async function follow(workbook, edit) {
  let seen = { sheet: '', outside: '' };
  for (;;) {
    try {
      const { ok, status, data: now } = await call('GET', `/changes?${new URLSearchParams(seen)}`);
      if (!ok) throw new Error(`/changes answered ${status}`);
      part('offline').hidden = true;
      await Promise.all([now.sheet !== seen.sheet && workbook.refresh(), now.outside !== seen.outside && refreshOutside(edit)]);
      seen = now;
    } catch {
      part('offline').hidden = false;
      seen = { sheet: '', outside: '' };
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MILLISECONDS));
    }
  }
}

function letFill() {
  const button = part('fill');
  button.addEventListener('click', async () => {
    if (button.getAttribute('aria-disabled')) return;
    button.setAttribute('aria-disabled', 'true');
    part('fill-news').textContent = 'Filling in: products, entitlements, keys…';
    const { ok, data } = await call('POST', '/example', {}).catch(() => ({ ok: false, data: { error: 'The server does not answer.' } }));
    part('fill-news').textContent = ok ? 'Done. Two of the pasted rows were refused, with the reason beside them in Import Keys. Now place an order.' : data.error;
    button.removeAttribute('aria-disabled');
  });
}

/** Google's panel has a cross; here it comes back as it was. */
function letHidePanel() {
  const button = part('toggle-panel');
  button.addEventListener('click', () => {
    const hidden = document.body.classList.toggle('alone');
    part('sidebar').hidden = hidden;
    button.textContent = hidden ? 'Show panel' : 'Hide panel';
    button.setAttribute('aria-expanded', String(!hidden));
  });
}

async function start() {
  const { data: here } = await call('GET', '/here');
  part('file').textContent = here.file;
  part('person').textContent = here.person;
  letFill();
  letHidePanel();
  const edit = letEdit();
  letOrder(tellRun);
  letSearch();
  const properties = { SERVICE_URL: here.service, SERVICE_KEY: here.operatorKey };
  const script = startAppsScript({ menu: part('menu'), sidebar: part('sidebar'), state: { properties, email: here.person } });
  const workbook = new Workbook(here.spreadsheetId, here.computed, (selection) => script.set({ selection }));
  script.openSidebar();
  await follow(workbook, edit);
}

start();
