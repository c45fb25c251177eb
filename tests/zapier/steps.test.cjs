'use strict';
// The steps of zapier/ in Zapier's own runtime, against the service whose address and keys the environment has.

const assert = require('node:assert/strict');
const http = require('node:http');
const test = require('node:test');

const zapier = require('zapier-platform-core');
const { validateAppDefinition } = require('zapier-platform-schema');

const app = require(`${process.env.ZAPIER_APP}/index.js`);

const { SERVICE, ORDER_KEY, OPERATOR_KEY } = process.env;
const run = zapier.createAppTester(app);
const authData = { service: SERVICE, apiKey: ORDER_KEY };
const assign = (inputData, connection = authData) => run(app.creates.assign_keys.operation.perform, { authData: connection, inputData });
const confirm = (inputData) => run(app.creates.confirm_delivery.operation.perform, { authData, inputData });
const find = (inputData) => run(app.searches.find_order.operation.perform, { authData, inputData });
const order = (id, sku, quantity = 1, more = {}) => ({
  order_id: id,
  order_name: `#${id}`,
  email: 'ada@example.com',
  customer_name: 'Ada "Countess" Lovelace',
  line_items: [{ line_item_id: 11, sku, quantity }],
  ...more,
});
const operate = (method, path, body = {}) =>
  fetch(SERVICE + path, { method, headers: { 'X-API-Key': OPERATOR_KEY, 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

/** What a step threw, as Zapier shows it. */
async function thrown(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

/** The words of an error: our own errors carry them as JSON. */
function said(error) {
  try {
    return JSON.parse(error.message).message;
  } catch {
    return error.message;
  }
}

/** A service that gives one answer. */
async function answering(status, headers, body, use) {
  const server = http.createServer((_, response) => response.writeHead(status, headers).end(body));
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  try {
    return await use({ service: `http://127.0.0.1:${server.address().port}`, apiKey: 'x'.repeat(16) });
  } finally {
    server.close();
  }
}

test('the definition is as Zapier wants it', () => {
  const { validateApp } = require('zapier-platform-core/src/tools/schema');
  assert.deepEqual(validateApp(app).map((each) => each.stack), []);
  const definition = JSON.parse(JSON.stringify(app, (_, value) => (typeof value === 'function' ? '$func$2$f$' : value)));
  assert.deepEqual(validateAppDefinition(definition).errors.map((each) => each.stack), []);
});

test('a definition with a misspelt field is not', () => {
  const broken = JSON.parse(JSON.stringify(app, (_, value) => (typeof value === 'function' ? '$func$2$f$' : value)));
  broken.creates.assign_keys.operation.inputFields[0].typ = 'string';
  assert.notDeepEqual(validateAppDefinition(broken).errors, []);
});

test('the connection is tested with the key', async () => {
  assert.deepEqual(await run(app.authentication.test, { authData }), { service: SERVICE });
  assert.match(said(await thrown(run(app.authentication.test, { authData: { ...authData, apiKey: 'wrong-wrong-wrong' } }))), /NPTA_ORDER_KEYS/);
});

test('an address that is not https is refused before anything is sent', async () => {
  for (const service of ['http://npta.example', 'npta.example', '', 'https://a@b', 'http://127.0.0.1.evil.example', 'https://x/y?z']) {
    assert.match(said(await thrown(run(app.authentication.test, { authData: { ...authData, service } }))), /address of the service/, service);
  }
});

test('the first Zap: assigned, mailed, confirmed, and no repeat mails again', async () => {
  const answer = await assign(order('6855909900591', 'CPTa', 2, { paid_at: '', financial_status: 'paid', test: false }));
  assert.equal(answer.status, 'fulfilled');
  assert.equal(answer.keys_count, 2);
  assert.equal(answer.deliver_to, 'ada@example.com');
  assert.equal(answer.id, '6855909900591');
  assert.match(answer.keys_text, /EX-CPT/);

  const again = await assign(order('6855909900591', 'CPTa', 2));
  assert.deepEqual([again.replayed, again.keys], [true, answer.keys]);

  const confirmed = await confirm({ order_id: answer.order_id, message_id: 'mail-1' });
  assert.equal(confirmed.delivered, true);
  const halted = await thrown(assign(order('6855909900591', 'CPTa', 2)));
  assert.equal(halted.name, 'HaltedError');
  assert.match(said(halted), /mail of this order is out already/);
  const withFilter = await assign(order('6855909900591', 'CPTa', 2, { stop: false }));
  assert.equal(withFilter.delivered, true);
});

test('what has nothing to mail stops without an error', async () => {
  const halted = await thrown(assign(order('6855909900592', 'KBS-1')));
  assert.equal(halted.name, 'HaltedError');
  assert.equal((await assign(order('6855909900592', 'KBS-1', 1, { stop: 'false' }))).status, 'skipped');
});

test('a tip without a SKU is passed over and shifts nothing', async () => {
  const lines = [{ line_item_id: '1', sku: '', quantity: 1 }, { line_item_id: '2', sku: 'CPTa', quantity: 1 }];
  const answer = await assign(order('6855909900593', '', 1, { line_items: lines }));
  assert.deepEqual(answer.keys.map((each) => each.sku), ['CPTa']);
});

test('what cannot be filled errors the run in the words of the service, and a replay fills it once it can be', async () => {
  const error = await thrown(assign(order('6855909900594', 'CNC')));
  assert.notEqual(error.name, 'HaltedError');
  assert.match(said(error), /NASM CNC/);
  assert.match(said(error), /[Ii]mport/);
  assert.doesNotMatch(said(error), /undefined|\[object/);

  const unknown = await thrown(assign(order('6855909900595', 'GONE')));
  assert.match(said(unknown), /GONE/);
});

test('what is filled in wrongly is named by its field', async () => {
  assert.match(said(await thrown(assign(order('6.8559e12', 'CPTa')))), /order_id/);
  assert.match(said(await thrown(assign(order('6855909900596', 'CPTa', -1)))), /quantity/);
  assert.match(said(await thrown(assign({ ...order('6855909900596', 'CPTa'), email: '' }))), /email/);
  assert.match(said(await thrown(assign({ ...order('6855909900596', 'CPTa'), line_items: [] }))), /line/);
});

test('a key that is not known is named, and none is shown', async () => {
  const error = await thrown(assign(order('6855909900597', 'CPTa'), { ...authData, apiKey: 'wrong-wrong-wrong' }));
  assert.match(said(error), /NPTA_ORDER_KEYS/);
  assert.doesNotMatch(error.message + error.stack, /wrong-wrong-wrong/);
});

test('a released order errors until it is cleared', async () => {
  await assign(order('6855909900598', 'CPTa'));
  await operate('POST', '/orders/6855909900598/release');
  assert.match(said(await thrown(assign(order('6855909900598', 'CPTa')))), /^The keys of this order were given back/);
});

test('a busy service is tried again by Zapier itself, after as long as it says', async () => {
  const body = JSON.stringify({ status: 'retry', success: false, message: 'The spreadsheet is busy' });
  const error = await answering(503, { 'Retry-After': '7', 'Content-Type': 'application/json' }, body, (other) => thrown(assign(order('1', 'CPTa'), other)));
  assert.equal(error.name, 'ThrottledError');
  assert.match(error.message, /"delay":7/);
  assert.match(said(error), /The spreadsheet is busy\. Nothing was taken/);
});

test('an address where something else answers is said', async () => {
  const error = await answering(200, { 'Content-Type': 'text/html' }, '<html>', (other) => thrown(assign(order('1', 'CPTa'), other)));
  assert.match(said(error), /without JSON/);
});

test('the second Zap: the hook’s answer triggers it, and how the order stands is looked up', async () => {
  const filled = await assign(order('6855909900599', 'CPTa'));
  const perform = app.triggers.order_served.operation.perform;
  const [event] = await run(perform, { authData, cleanedRequest: { ...filled, event_id: 'e-17' } });
  assert.deepEqual([event.id, event.order_id, event.keys], ['e-17', '6855909900599', filled.keys]);
  assert.equal((await thrown(run(perform, { authData, cleanedRequest: { hello: 1 } }))).name, 'HaltedError');

  const [found] = await find({ order_id: event.order_id });
  assert.equal(found.email_ready, true);
  await confirm({ order_id: event.order_id });
  assert.equal((await thrown(find({ order_id: event.order_id }))).name, 'HaltedError');
  assert.deepEqual(await find({ order_id: '404404' }), []);
});

test('a confirmation of an order that is not there is said', async () => {
  assert.notEqual(said(await thrown(confirm({ order_id: '404404', message_id: 'm' }))), '');
});
