// Every text of the panel's pure half, with 0, 1 and 2 of everything and without each field: a list of texts as JSON.
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const { SIDEBAR } = process.env;
const script = (name) => /<script>\n([\s\S]*)<\/script>/.exec(readFileSync(`${SIDEBAR}/${name}.html`, 'utf8'))[1];
const page = vm.createContext({});
for (const name of ['Words', 'Status', 'Actions']) vm.runInContext(script(name), page);
const { actions, read } = vm.runInContext('({ actions: ACTIONS, read: { worries, firstStep, connections } })', page);

const AT = '2026-11-23T15:04:05Z';
const of = (number, value) => Array.from({ length: number }, (_, place) => (typeof value === 'function' ? value(place) : value));
const CHANGE = { SKU: 'CPTa', before: 'AUTO NASM-CPT-FULL', after: '' };
const PROBLEM = { sku: 'CPTa', message: 'CPTa: NASM-CPT-FULL needs 1 of pool CANADA NASM CPT combined, 0 free' };
const ORDER = { order_id: '6855909900591', order_name: '#1042', customer_name: 'Ada Lovelace', email: 'ada@example.com', status: 'fulfilled', seen_at: AT, paid_at: AT };

/** Answers of every call in one; what an action does not know it does not look at. */
const answerOf = (number) => ({
  ...ORDER, message: 'nothing is to be done', keys_count: number, keys_kept: number, released: number, quarantined: number, next_step: 'Re-run the Zap.',
  added: number, updated: number, vanished: number, published: number, imported: number, duplicates: number, rejected: number, repaired: number,
  changed: of(number, CHANGE), problems: of(number, (place) => ({ row: place + 2, SKU: '', message: 'NPTA Catalogue, row 2: the SKU is empty' })),
  differences: of(number, { tab: 'Key Inventory', which: '', before: '', after: 1 }), pushed: of(number, CHANGE), failed: of(number, { SKU: 'CPTa', reason: 'throttled' }),
  pools: of(number, { pool: 'CANADA NASM CPT combined', keys: number, seats: number, before: 0, after: number, skus: of(number - 1, 'CPTa') }),
  rows: of(number, { row: 2, outcome: 'rejected', reason: 'Import Keys, row 2: seats must not be empty' }), warnings: of(number, { row: 2, message: 'look' }),
  served_orders: of(number, '6855909900591'), reopened_orders: of(number, '6855909900592'), served: of(number, '6855909900591'),
  waiting: of(number, { order_id: '6855909900591', problems: of(number, PROBLEM) }), orders: of(number, ORDER), products: of(number, CHANGE),
  keys: of(number, { sku: 'CPTa', entitlement: 'NASM-CPT-FULL', keycode: 'EX', seats: number }), skipped: of(number, { sku: '', reason: 'no_sku' }),
  events: of(number, { at: AT, event: 'FAILED', reason: '' }), found: of(number, ORDER), left_out: of(number, { ...ORDER, reason: 'cancelled' }), serves: true, left: number,
  next_since: '', key_id: 'k-1', retired: number, held: number, replaced: false, retired_before: false, before: number, seats: number + 1,
  mode: 'LIVE', go_live_at: AT, test_orders: of(number, '6855909900591'), shut_out_orders: of(number, '6855909900591'),
  anew: { before: 'OFF', shut_out_orders: of(number, '6855909900591') }, resume: { go_live_at: AT, shut_out_orders: of(number, '6855909900591') },
});
const statusOf = (number) => ({
  mode: 'LIVE', failed_orders: of(number, ORDER), failed_total: number, failures_in_a_row: number, catalogue_problem: 'the header SKU is missing',
  low_pools: of(number + 1, (place) => ({ pool: 'CANADA NASM CPT combined', available: place, threshold: 5, days_left: place - 1 })),
  shopify: 'refuses: the token', slack: 'connected', undelivered_orders: of(number, ORDER), undelivered_total: number * 7, by_hand_orders: of(number, ORDER), by_hand_total: number,
  unsynced: of(number, (place) => ({ row: place ? 0 : 2, SKU: '', status: 'entitlements missing' })), unfinished_import: { next_step: '' },
  outbox: { pending: number, oldest: AT, by_channel: { slack: number, stock: number } }, unconfirmed_stock: of(number, 'CPTa'), drift: 'Shopify answers with 2026-07',
  last_push: { at: AT, levels: number }, catalogue_rows: number, published_products: number, keys: number, pasted_rows: number,
});
const INPUT = { order: '6855909900591', line: '77', quantity: '1', key: 'k-1', replace: true, mode: 'LIVE', since: '', email: 'ada@example.com', chosen: 'confirm', seats: '2' };

/** The whole, without each field, without each field of what is in it, and with nothing at all. */
function* lacking(whole) {
  yield whole;
  yield {};
  for (const name of Object.keys(whole)) {
    for (const nothing of [undefined, null, '']) yield { ...whole, [name]: nothing };
    const [first] = Array.isArray(whole[name]) ? whole[name] : [];
    if (first && typeof first === 'object') {
      for (const inner of Object.keys(first)) yield { ...whole, [name]: whole[name].map((each) => ({ ...each, [inner]: undefined })) };
    }
  }
}

const texts = new Set();
/** @param {any} value */
const keep = (value) => {
  if (typeof value === 'string') texts.add(value);
  else if (typeof value === 'number' && !Number.isFinite(value)) texts.add(String(value));
  else if (value && typeof value === 'object') Object.values(value).forEach(keep);
};
let told = 0;
for (const number of [0, 1, 2, 1200]) {
  for (const data of lacking(answerOf(Math.min(number, 9)))) {
    if (number > 9) Object.assign(data, { imported: number, keys_count: number, released: number });
    for (const input of [INPUT, { ...INPUT, line: '', email: '', mode: 'OFF', chosen: 'other' }]) {
      for (const action of Object.values(actions)) {
        told += 1;
        keep(action.tell(data, { ...input, rehearsed: data }));
        if (action.ask) keep(action.ask(data, input));
      }
    }
  }
  for (const status of lacking(statusOf(number))) keep([read.worries(status), read.firstStep(status), read.connections(status)]);
}
for (const action of Object.values(actions)) keep([action.title, action.doing, action.submit, action.fields]);
process.stdout.write(JSON.stringify({ told, texts: [...texts] }));
