// Code.gs as it stands, in node's vm, with the fakes of Google's services inside the same context.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';

const [, , SIDEBAR, FAKES] = [...process.argv.slice(0, 2), process.env.SIDEBAR, process.env.FAKES];
const read = (name) => readFileSync(`${SIDEBAR}/${name}`, 'utf8');
const ADDRESS = 'https://npta.example';

/** A script project of its own; `seen` is what left it. */
function project({ properties = { SERVICE_URL: ADDRESS }, ...outside } = {}) {
  const seen = { calls: [], menus: [], sidebars: [], alerts: [], prompts: [] };
  let ids = 0;
  const environment = {
    properties: new Map(Object.entries(properties)),
    email: 'ada@npta.example',
    token: 'a.token.of-google',
    lockTaken: () => false,
    uuid: () => `id-${++ids}`,
    readFile: (name) => read(`${name}.html`),
    fetch: () => json(200, { done: true }),
    onMenu: (menu) => seen.menus.push(menu),
    onSidebar: (sidebar) => seen.sidebars.push(sidebar),
    alert: (title, text) => seen.alerts.push(`${title}: ${text}`),
    prompt: (title, text) => {
      seen.prompts.push(text);
      return null;
    },
    ...outside,
  };
  const { fetch } = environment;
  environment.fetch = (asked) => {
    seen.calls.push(JSON.parse(JSON.stringify(asked)));
    return fetch(asked);
  };
  const context = vm.createContext({ environment });
  vm.runInContext(readFileSync(FAKES, 'utf8'), context);
  vm.runInContext('Object.assign(globalThis, appsScriptServices(environment))', context);
  vm.runInContext(read('Code.gs'), context);
  // As the page calls it: over the border, as copies.
  const press = (name, ...given) => {
    context.called = { name, given: JSON.stringify(given) };
    return JSON.parse(vm.runInContext('JSON.stringify(callFromPage(globalThis, called.name, JSON.parse(called.given)))', context));
  };
  return { context, environment, seen, press, run: (text) => vm.runInContext(text, context) };
}

const json = (status, body, headers = {}) => ({ status, headers, text: JSON.stringify(body) });
const problem = (status, more = {}) => json(status, { title: 'A title', status, detail: 'What happened', request_id: 'r-1', ...more });
const answering = (answer, more = {}) => project({ fetch: () => answer, ...more });

test('the menu has the panel and the settings', () => {
  const { run, seen } = project();
  run('onOpen()');
  assert.deepEqual(JSON.parse(JSON.stringify(seen.menus)), [{
    title: 'NPTA',
    items: [{ caption: 'Control Panel', functionName: 'showControlPanel' }, { caption: 'Settings…', functionName: 'showSettings' }],
  }]);
});

test('the panel is one page of all its files, with its title', () => {
  const { run, seen } = project();
  run('showControlPanel()');
  const [{ title, html }] = seen.sidebars;
  assert.equal(title, 'NPTA Control Panel');
  for (const part of ['<style>', 'const ACTIONS', 'refreshStatus()']) assert.ok(html.includes(part), part);
  assert.ok(!html.includes('<?'));
});

const CALLS = [
  [['getStatus'], 'GET', '/status', undefined],
  [['syncFromShopify'], 'POST', '/shopify/sync', {}],
  [['syncCatalogue', true], 'POST', '/catalogue/sync', { dry_run: true }],
  [['importKeys', false], 'POST', '/keys/import', { dry_run: false }],
  [['serveWaiting', true], 'POST', '/orders/serve-waiting', { dry_run: true }],
  [['refreshInventory'], 'POST', '/inventory/refresh', {}],
  [['releaseKeys', '6855909900591', '', '', true], 'POST', '/orders/6855909900591/release', { dry_run: true }],
  [['releaseKeys', '1', '77', '', false], 'POST', '/orders/1/release', { line_item_id: '77', dry_run: false }],
  [['releaseKeys', '1', '77', '2', false], 'POST', '/orders/1/release', { line_item_id: '77', quantity: '2', dry_run: false }],
  [['clearOrderCache', '#1042', false], 'POST', '/orders/%231042/clear-cache', {}],
  [['clearOrderCache', '1', true], 'POST', '/orders/1/clear-cache', { resend: true }],
  [['lookUpOrder', '#10/42?'], 'GET', '/orders/%2310%2F42%3F', undefined],
  [['importKeys', false, 'token'], 'POST', '/keys/import', { confirm: 'token' }],
  [['findOrders', 'ada@example.com'], 'POST', '/orders/search', { q: 'ada@example.com' }],
  [['assignKey', '1', 'K7', '77', '', false, true], 'POST', '/orders/1/assign', { keycode: 'K7', line_item_id: '77', any_pool: false, dry_run: true }],
  [['assignKey', '1', 'K7', 'NSTB', 'NASM-CPT-FULL', true, false, 'token'], 'POST', '/orders/1/assign', { keycode: 'K7', sku: 'NSTB', entitlement: 'NASM-CPT-FULL', any_pool: true, confirm: 'token' }],
  [['adjustKey', 'K7', '', '25', '', true], 'POST', '/keys/adjust', { keycode: 'K7', seats: '25', dry_run: true }],
  [['resendKeys', '1', 'right@example.com'], 'POST', '/orders/1/resend', { email: 'right@example.com' }],
  [['setMode', 'LIVE', 'keep', 'token'], 'POST', '/mode', { mode: 'LIVE', go_live_at: 'keep', confirm: 'token' }],
  [['resendKeys', '1'], 'POST', '/orders/1/resend', {}],
  [['closeOrder', '1'], 'POST', '/orders/1/close', {}],
  [['retireKey', 'batch-7', '', true, false], 'POST', '/keys/retire', { keycode: 'batch-7', replace: true, dry_run: false }],
  [['retireKey', 'CODE/7?', 'NASM', false, true], 'POST', '/keys/retire', { keycode: 'CODE/7?', provider: 'NASM', replace: false, dry_run: true }],
  [['setMode', 'OFF'], 'POST', '/mode', { mode: 'OFF' }],
];
for (const [[name, ...given], method, path, body] of CALLS) {
  test(`${name}(${given}) is one call of ${method} ${path}`, () => {
    const { press, seen } = project();
    const answer = press(name, ...given);
    assert.deepEqual(answer, { ok: true, status: 200, data: { done: true }, message: '', requestId: 'id-1', who: 'ada@npta.example' });
    assert.equal(seen.calls.length, 1);
    const [{ url, method: sent, headers, payload }] = seen.calls;
    assert.equal(`${sent} ${url}`, `${method} ${ADDRESS}${path}`);
    assert.deepEqual(payload === undefined ? undefined : JSON.parse(payload), body);
    assert.equal(headers['Content-Type'], body && 'application/json');
  });
}

test('a person is named by an identity token, in a header of its own', () => {
  const { press, seen } = project();
  press('getStatus');
  assert.deepEqual(seen.calls[0].headers, { 'X-Request-Id': 'id-1', 'X-Identity-Token': 'a.token.of-google' });
});

test('a shared key, where one is set, is sent instead of the token and says so', () => {
  const { press, seen } = project({ properties: { SERVICE_URL: ADDRESS, SERVICE_KEY: ' secret ' } });
  assert.equal(press('getStatus').who, 'shared key');
  assert.deepEqual(seen.calls[0].headers, { 'X-Request-Id': 'id-1', 'X-API-Key': 'secret' });
});

test('without an address nothing is called and the menu item is named', () => {
  const { press, seen } = project({ properties: {} });
  const answer = press('importKeys', false);
  assert.match(answer.message, /NPTA > Settings…/);
  assert.deepEqual([answer.ok, answer.status, seen.calls.length], [false, 0, 0]);
});

test('without a proof of who presses nothing is called', () => {
  const { press, seen } = project({ token: '' });
  assert.match(press('getStatus').message, /no proof of who you are.*open it again/);
  assert.equal(seen.calls.length, 0);
});

test('while another person’s action runs nothing is called, but the status can be seen', () => {
  const { press, seen } = project({ lockTaken: () => true });
  assert.match(press('importKeys', false).message, /Another action is running/);
  assert.equal(seen.calls.length, 0);
  assert.equal(press('getStatus').ok, true);
});

test('the lock is given back whatever happens', () => {
  for (const fetch of [() => json(200, {}), () => ({ error: 'Address unavailable' }), () => json(500, {})]) {
    const { press, run } = project({ fetch });
    press('importKeys', false);
    assert.equal(run('LockService.getDocumentLock().hasLock()'), false);
  }
});

const REFUSED = [
  [401, problem(401), /What happened\. Ask whoever runs the service to list you \(ada@npta\.example\) in NPTA_OPERATORS/],
  [403, problem(403), /What happened\. .*NPTA_ID_TOKEN_AUDIENCES/],
  [404, problem(404, { detail: 'The order 1 has never been seen here.' }), /^The order 1 has never been seen here\.$/],
  [400, problem(400, { errors: [{ field: 'order_id', message: 'the order 1 holds keys' }] }), /^Order id: the order 1 holds keys\.$/],
  [409, problem(409, { detail: 'NPTA Catalogue: the header SKU is missing' }), /^NPTA Catalogue: the header SKU is missing\.$/],
  [429, { ...problem(429), headers: { 'retry-after': '7' } }, /Wait 7 s, then press again\. It is safe/],
  [503, { ...problem(503), headers: { 'Retry-After': '2' } }, /Wait 2 s, then press again\. It is safe/],
  [503, problem(503), /Wait a minute, then press again/],
  [503, problem(503, { code: 'not_configured' }), /^What happened\. Tell whoever runs the service/],
  [500, problem(500), /It is safe to press again.*tell support the request id/],
];
for (const [status, answer, wanted] of REFUSED) {
  test(`an answer ${status} in our own words is told with what to do: ${wanted}`, () => {
    const told = answering(answer).press('lookUpOrder', '1');
    assert.match(told.message, wanted);
    assert.deepEqual([told.ok, told.status, told.data, told.requestId], [false, status, null, 'r-1']);
  });
}

const STRANGE = [
  ['an error page of Google’s', { status: 502, headers: {}, text: '<html>502</html>' }, /not ready \(502\).*Wait a minute.*safe to press again/],
  ['a limit of Google’s', { status: 429, headers: {}, text: 'Rate exceeded.' }, /not ready \(429\)/],
  ['another server’s page', { status: 404, headers: {}, text: '<html>' }, /not the NPTA service \(404\).*NPTA > Settings…/],
  ['a page to sign in', { status: 200, headers: {}, text: '<html>' }, /not the NPTA service \(200\)/],
  ['an empty answer', { status: 200, headers: {}, text: '' }, /not the NPTA service/],
  ['a redirect', { status: 302, headers: { Location: 'https://evil.example' }, text: '<html>' }, /leads on to another one \(302\).*not sent to.*NPTA > Settings…/],
  ['a redirect with JSON in it', json(308, { done: true, detail: 'html' }), /leads on to another one \(308\)/],
  ['JSON that is no object', { status: 200, headers: {}, text: '[1]' }, /not the NPTA service/],
];
for (const [what, answer, wanted] of STRANGE) {
  test(`${what} is told in words, never shown`, () => {
    const told = answering(answer).press('importKeys', false);
    assert.match(told.message, wanted);
    assert.doesNotMatch(told.message, /[<>{}]html/);
    assert.equal(told.ok, false);
  });
}

test('no call follows a redirect: Google would send key or token along', () => {
  for (const key of [{}, { SERVICE_KEY: 'k' }]) {
    const { press, seen } = project({ properties: { SERVICE_URL: ADDRESS, ...key }, fetch: () => ({ status: 307, headers: {}, text: '' }) });
    for (const [name, ...given] of [['importKeys', true], ['lookUpOrder', '1']]) press(name, ...given);
    assert.ok(seen.calls.length >= 2);
    assert.deepEqual([...new Set(seen.calls.map((call) => call.followRedirects))], [false]);
  }
});

test('a service that is not there is told as safe to press again, whatever language Google speaks', () => {
  const told = project({ fetch: () => ({ error: 'アドレスを使用できません' }) }).press('importKeys', false);
  assert.match(told.message, /could not be reached.*safe to press again.*address/);
  assert.doesNotMatch(told.message, /アドレス/);
});

test('a cut-off after a minute is told by the clock', () => {
  const late = project({ fetch: () => ({ error: '…' }) });
  late.run('{ const begun = Date.now(); let calls = 0; Date.now = () => begun + 60_000 * calls++; }');
  assert.match(late.press('importKeys', false).message, /did not answer within a minute.*may have finished all the same.*safe to press again/);
});

test('what the script itself stumbles over is told, not thrown', () => {
  const { press, environment, run } = project();
  Object.defineProperty(environment, 'email', { get: () => { throw new Error('no permission'); } });
  const told = press('importKeys', false);
  assert.match(told.message, /The script stopped: .*no permission.*safe to press again.*tell support/);
  assert.deepEqual([told.ok, run('LockService.getDocumentLock().hasLock()')], [false, false]);
});

test('private functions, unknown ones and values that Google does not carry cannot be called', () => {
  const { press, context, run } = project();
  for (const name of ['callService_', 'include_', 'noSuchThing']) assert.throws(() => press(name), /Script function not found/);
  for (const value of ['new Date()', '() => 1', '[new Map()]', '{ inner: new Date() }']) {
    assert.throws(() => run(`callFromPage(globalThis, 'lookUpOrder', [${value}])`), /does not carry/);
  }
  assert.deepEqual(JSON.parse(run('JSON.stringify(crosses([undefined, { a: undefined, b: [1, NaN] }]))')), [null, { b: [1, null] }]);
  assert.ok(context);
});

test('the fakes refuse what they do not have', () => {
  const { run } = project();
  for (const text of [
    'SpreadsheetApp.getActive()',
    'UrlFetchApp.fetchAll([])',
    'PropertiesService.getUserProperties()',
    'ScriptApp.getOAuthToken()',
    'UrlFetchApp.fetch("https://npta.example", { muteHttpException: true })',
  ]) assert.throws(() => run(text), /is not there/, text);
  assert.throws(() => answering(json(500, {})).run('UrlFetchApp.fetch("https://npta.example", {})'), /returned code 500/);
});

test('settings: an address is kept, without its last slash, and shown the next time', () => {
  const typed = ['https://npta-123.run.app/ ', null];
  const { run, environment, seen } = project({ properties: {}, prompt: (_, text) => { seen.prompts.push(text); return typed.shift(); } });
  run('showSettings()');
  assert.equal(environment.properties.get('SERVICE_URL'), 'https://npta-123.run.app');
  assert.match(seen.alerts[0], /^Saved/);
  run('showSettings()');
  assert.match(seen.prompts[1], /Now: https:\/\/npta-123\.run\.app/);
});

for (const typed of ['', 'npta.example', 'http://npta.example', 'https://', 'https://user@npta.example', 'ftp://npta.example', 'https://a b']) {
  test(`settings: “${typed}” is refused and nothing changes`, () => {
    const { run, environment, seen } = project({ prompt: () => typed });
    run('showSettings()');
    assert.equal(environment.properties.get('SERVICE_URL'), ADDRESS);
    assert.match(seen.alerts[0], /Nothing was changed/);
  });
}

test('settings: cancelled, nothing changes', () => {
  const { run, environment, seen } = project();
  run('showSettings()');
  assert.deepEqual([environment.properties.get('SERVICE_URL'), seen.alerts.length], [ADDRESS, 0]);
});

// ---- the page's pure half

const page = vm.createContext({});
for (const name of ['Words', 'Status', 'Actions']) vm.runInContext(/<script>\n([\s\S]*)<\/script>/.exec(read(`${name}.html`))[1], page);
const readOrder = (text) => vm.runInContext(`readOrder(${JSON.stringify(text)})`, page);

const TYPED = {
  '6855909900591': '6855909900591',
  ' 6855 9099 00591 ': '6855909900591',
  '6855909900591\u200b': '6855909900591',
  '6855\u00a0909900591': '6855909900591',
  '#1042': '#1042',
  '# 1042': '#1042',
  '#NPTA-1042': '#NPTA-1042',
  'NPTA-1042/CA': 'NPTA-1042/CA',
  '#1042/CA ?': '#1042/CA?',
  'gid://shopify/Order/6855909900591': '6855909900591',
  'https://admin.shopify.com/store/npta-ca/orders/6855909900591?x=1': '6855909900591',
};
for (const [typed, wanted] of Object.entries(TYPED)) {
  test(`the order “${typed}” is understood`, () => assert.equal(readOrder(typed).value, wanted));
}
const WRONG = { '': /Enter an order id/, '#': /no order id/, '10-42': /“10-42” is no order id/, '6.8559E+12': /lost its last digits/, '12/34': /no order id/, '6,855': /no order id/ };
for (const [typed, wanted] of Object.entries(WRONG)) {
  test(`the order “${typed}” is refused with a reason`, () => assert.match(readOrder(typed).wrong, wanted));
}

test('a remark without a SKU names its row, if it has one', () => {
  const problems = [{ SKU: '', message: 'a product without a SKU' }, { row: 7, SKU: '', message: 'the SKU is empty' }, { row: 8, SKU: 'A', message: 'b' }];
  const [{ rows }] = JSON.parse(vm.runInContext(`JSON.stringify(problemTable({ problems: ${JSON.stringify(problems)} }))`, page));
  assert.deepEqual(rows.map((row) => row[0]), ['no SKU', 'row 7', 'A']);
});

test('every action tells something sensible of an answer that leaves everything out', () => {
  const input = "{ order: '1', line: '', key: 'k', replace: false, mode: 'OFF' }";
  const told = JSON.parse(vm.runInContext(`JSON.stringify(Object.values(ACTIONS).map((action) => [action.tell({}, ${input}), action.ask ? action.ask({}, ${input}) : null]))`, page));
  assert.ok(told.length > 10);
  for (const each of told) assert.doesNotMatch(JSON.stringify(each), /NaN|undefined|\[object/);
});
