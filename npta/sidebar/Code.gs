/**
 * The spreadsheet's side of NPTA Control Panel. Thin on purpose: it knows where the service is and who presses, and
 * puts failures of the way there into words. All rules live in the service, which reads the sheet by itself.
 *
 * Names that end in an underscore cannot be called from the panel's page (documented).
 */

/**
 * What every button answers; nothing is thrown at the page.
 *
 * @typedef {Object} Answer
 * @property {boolean} ok
 * @property {number} status HTTP status; 0 if the service was not reached
 * @property {any} data the service's answer if ok, or if something else was confirmed than would be done; else null
 * @property {string} message what happened and what to do, if not ok
 * @property {string} requestId under which the service's log has this call
 * @property {string} who in whose name the service was called
 */

/**
 * @typedef {Object} Manual
 * @property {string} address
 */

/**
 * What the selected row is about; empty where it says nothing of it.
 *
 * @typedef {Object} Selection
 * @property {string} order
 * @property {string} key
 */

const SAFE = 'It is safe to press again: nothing is done twice.';

const ADDRESS = 'Check the address under NPTA > Settings…';

/** Google cuts a call off after about 60 s; the service itself answers within 25 s. */
const CUT_OFF_SECONDS = 50;

/** What is awaited while another person's action runs. */
const LOCK_MILLISECONDS = 500;

/** Runs when the spreadsheet opens. */
function onOpen() {
  SpreadsheetApp.getUi()
    .createMenu('NPTA')
    .addItem('Control Panel', 'showControlPanel')
    .addItem('Settings…', 'showSettings')
    .addToUi();
}

/** Menu item. */
function showControlPanel() {
  const page = HtmlService.createTemplateFromFile('Sidebar').evaluate().setTitle('NPTA Control Panel');
  SpreadsheetApp.getUi().showSidebar(page);
}

/** Menu item: asks for the service's address. */
function showSettings() {
  const ui = SpreadsheetApp.getUi();
  const now = setting_('SERVICE_URL');
  const asked = `Address of the NPTA service, for example https://npta-….run.app${now ? `\nNow: ${now}` : ''}`;
  const answer = ui.prompt('NPTA settings', asked, ui.ButtonSet.OK_CANCEL);
  if (answer.getSelectedButton() !== ui.Button.OK) return;
  const address = answer.getResponseText().trim().replace(/\/+$/, '');
  // Google fetches over the internet; loopback is for the page of make serve.
  if (!/^(https:\/\/[^\s/?#@]+|http:\/\/(127\.0\.0\.1|localhost)(:\d+)?)(\/[^\s?#]*)?$/.test(address)) {
    ui.alert('Nothing was changed', `“${address}” is not an address of the form https://…`, ui.ButtonSet.OK);
    return;
  }
  PropertiesService.getScriptProperties().setProperty('SERVICE_URL', address);
  ui.alert('Saved', `The control panel calls ${address} from now on.`, ui.ButtonSet.OK);
}

/**
 * Where the service shows the operations manual; empty before its address is known.
 *
 * @return {Manual}
 */
function getManual() {
  const service = setting_('SERVICE_URL').replace(/\/+$/, '');
  return { address: service && `${service}/manual` };
}

/** @return {Answer} */
function getStatus() {
  return callService_('get', '/status');
}

/**
 * The order or the key of the row that is selected in the sheet; both empty if the tab has none.
 *
 * @return {Selection}
 */
function getSelection() {
  const sheet = SpreadsheetApp.getActiveSheet();
  const range = sheet.getActiveRange();
  const row = range ? range.getRow() : 0;
  const width = sheet.getLastColumn();
  if (row < 2 || !width) return { order: '', key: '' };
  const heads = sheet.getRange(1, 1, 1, width).getDisplayValues()[0];
  const cells = sheet.getRange(row, 1, 1, width).getDisplayValues()[0];
  const cell = (/** @type {string} */ head) => cells[heads.indexOf(head)] || '';
  // “which” in Attention names orders, and pools and products besides.
  const which = /^\d{1,40}$/.test(cell('which')) ? cell('which') : '';
  return { order: cell('order_id') || cell('order') || which, key: cell('key_id') };
}

/** @return {Answer} */
function syncFromShopify() {
  return callService_('post', '/shopify/sync', {});
}

/**
 * @param {boolean} dryRun
 * @param {string} [confirm] the dry run's token
 * @return {Answer}
 */
function syncCatalogue(dryRun, confirm) {
  return callService_('post', '/catalogue/sync', step_(dryRun, confirm));
}

/**
 * @param {boolean} dryRun
 * @param {string} [confirm] the dry run's token
 * @return {Answer}
 */
function importKeys(dryRun, confirm) {
  return callService_('post', '/keys/import', step_(dryRun, confirm));
}

/**
 * @param {boolean} dryRun
 * @param {string} [confirm] the dry run's token
 * @return {Answer}
 */
function serveWaiting(dryRun, confirm) {
  return callService_('post', '/orders/serve-waiting', step_(dryRun, confirm));
}

/** @return {Answer} */
function refreshInventory() {
  return callService_('post', '/inventory/refresh', {});
}

/**
 * @param {string} order id or #name
 * @param {string} lineItemId empty for the whole order
 * @param {string} quantity units of that line; empty for all of them
 * @param {boolean} dryRun
 * @param {string} [confirm]
 * @return {Answer}
 */
function releaseKeys(order, lineItemId, quantity, dryRun, confirm) {
  const line = lineItemId ? { line_item_id: lineItemId } : {};
  const units = quantity ? { quantity: quantity } : {};
  return callService_('post', orderPath_(order, '/release'), { ...line, ...units, ...step_(dryRun, confirm) });
}

/**
 * @param {string} order
 * @param {boolean} resend whether its mail may go out again
 * @param {string} [confirm] empty where nothing had to be asked
 * @return {Answer}
 */
function clearOrderCache(order, resend, confirm) {
  return callService_('post', orderPath_(order, '/clear-cache'), { ...(resend ? { resend: true } : {}), ...confirmed_(confirm) });
}

/**
 * How an order stands, and what both ways to clear one whose mail was sent would do: `again` with the mail, `only` without.
 *
 * @param {string} order
 * @return {Answer}
 */
function lookAtClearing(order) {
  const found = lookUpOrder(order);
  if (!found.ok || !found.data.delivered) return found;
  const again = callService_('post', orderPath_(order, '/clear-cache'), { resend: true, dry_run: true });
  if (!again.ok) return again;
  const only = callService_('post', orderPath_(order, '/clear-cache'), { dry_run: true });
  return only.ok ? { ...found, data: { ...found.data, again: again.data, only: only.data } } : only;
}

/**
 * @param {string} order
 * @return {Answer}
 */
function lookUpOrder(order) {
  return callService_('get', orderPath_(order, ''));
}

/**
 * @param {string} order
 * @param {string} [email] the customer's right address; empty if it is as it was
 * @return {Answer}
 */
function resendKeys(order, email) {
  return callService_('post', orderPath_(order, '/resend'), email ? { email: email } : {});
}

/**
 * @param {string} order
 * @param {string} [confirm]
 * @return {Answer}
 */
function closeOrder(order, confirm) {
  return callService_('post', orderPath_(order, '/close'), confirmed_(confirm));
}

/**
 * How an order stands, and the token with which closing it is confirmed, if there is something to close.
 *
 * @param {string} order
 * @return {Answer}
 */
function lookAtClosing(order) {
  const found = lookUpOrder(order);
  if (!found.ok || found.data.status === 'closed' || found.data.status === 'fulfilled') return found;
  const tried = callService_('post', orderPath_(order, '/close'), { dry_run: true });
  return tried.ok ? { ...found, data: { ...found.data, confirm: tried.data.confirm } } : tried;
}

/**
 * @param {string} since a time; empty for since go-live
 * @param {boolean} dryRun
 * @param {string} [confirm]
 * @return {Answer}
 */
function recoverOrders(since, dryRun, confirm) {
  const from = since ? { since: since } : {};
  return callService_('post', '/orders/recover', { ...from, ...step_(dryRun, confirm) });
}

/**
 * @param {string} key its id as in the tab Import History, or its code
 * @param {string} provider empty unless two providers have this code
 * @param {boolean} replace whether its holders get another key
 * @param {boolean} dryRun
 * @param {string} [confirm]
 * @return {Answer}
 */
function retireKey(key, provider, replace, dryRun, confirm) {
  const whose = provider ? { provider: provider } : {};
  return callService_('post', '/keys/retire', { keycode: key, ...whose, replace: replace, ...step_(dryRun, confirm) });
}

/**
 * @param {string} key its id or its code
 * @param {string} provider empty unless two providers have this code
 * @param {string} seats
 * @param {string} reason
 * @param {boolean} dryRun
 * @param {string} [confirm]
 * @return {Answer}
 */
function adjustKey(key, provider, seats, reason, dryRun, confirm) {
  const whose = provider ? { provider: provider } : {};
  const why = reason ? { reason: reason } : {};
  return callService_('post', '/keys/adjust', { keycode: key, ...whose, seats: seats, ...why, ...step_(dryRun, confirm) });
}

/**
 * @param {string} order
 * @param {string} key its id or its code
 * @param {string} line a line item id, which has digits only, or a SKU
 * @param {string} entitlement empty unless the line is owed several
 * @param {boolean} anyPool
 * @param {boolean} dryRun
 * @param {string} [confirm]
 * @return {Answer}
 */
function assignKey(order, key, line, entitlement, anyPool, dryRun, confirm) {
  const target = /^\d+$/.test(line) ? { line_item_id: line } : { sku: line };
  const what = entitlement ? { entitlement: entitlement } : {};
  const body = { keycode: key, ...target, ...what, any_pool: anyPool, ...step_(dryRun, confirm) };
  return callService_('post', orderPath_(order, '/assign'), body);
}

/**
 * @param {string} text whatever is known of an order; it goes in the body, never in an address
 * @return {Answer}
 */
function findOrders(text) {
  return callService_('post', '/orders/search', { q: text });
}

/**
 * @param {string} mode OFF, TEST or LIVE
 * @param {string} [goLiveAt] `keep` resumes with the go-live time of before
 * @param {string} [confirm]
 * @return {Answer}
 */
function setMode(mode, goLiveAt, confirm) {
  const since = goLiveAt ? { go_live_at: goLiveAt } : {};
  return callService_('post', '/mode', { mode: mode, ...since, ...confirmed_(confirm) });
}

/**
 * What both ways into LIVE would do: `anew`, and `resume`, which is null if there is no earlier go-live time.
 *
 * @return {Answer}
 */
function lookAtLive() {
  const anew = callService_('post', '/mode', { mode: 'LIVE', dry_run: true });
  if (!anew.ok) return anew;
  const resume = callService_('post', '/mode', { mode: 'LIVE', go_live_at: 'keep', dry_run: true });
  if (!resume.ok && resume.status !== 409) return resume;
  return { ...anew, data: { anew: anew.data, resume: resume.data } };
}

/**
 * The text of another file, for `<?!= include_('Styles') ?>`.
 *
 * @param {string} name
 * @return {string}
 */
function include_(name) {
  return HtmlService.createHtmlOutputFromFile(name).getContent();
}

/**
 * A dry run, or what it showed and somebody has confirmed.
 *
 * @param {boolean} dryRun
 * @param {string} [confirm]
 * @return {Object}
 */
function step_(dryRun, confirm) {
  return confirm ? confirmed_(confirm) : { dry_run: dryRun };
}

/**
 * @param {string} [confirm] the token of what somebody has confirmed
 * @return {Object}
 */
function confirmed_(confirm) {
  return confirm ? { confirm: confirm } : {};
}

/**
 * @param {string} order
 * @param {string} rest
 * @return {string}
 */
function orderPath_(order, rest) {
  return `/orders/${encodeURIComponent(order)}${rest}`;
}

/**
 * @param {string} name
 * @return {string}
 */
function setting_(name) {
  return (PropertiesService.getScriptProperties().getProperty(name) || '').trim();
}

/**
 * Call the service. What writes is called by one person at a time; the service protects itself besides, since Zapier
 * does not pass here.
 *
 * @param {'get' | 'post'} method
 * @param {string} path
 * @param {Object} [body]
 * @return {Answer}
 */
function callService_(method, path, body) {
  const requestId = Utilities.getUuid();
  /** @type {Answer} */
  const answer = { ok: false, status: 0, data: null, message: '', requestId: requestId, who: '' };
  const lock = method === 'post' ? LockService.getDocumentLock() : null;
  if (lock && !lock.tryLock(LOCK_MILLISECONDS)) {
    return { ...answer, message: 'Another action is running in this spreadsheet. Wait until it is over, then press again.' };
  }
  try {
    return { ...answer, ...fetch_(method, path, body, requestId) };
  } catch (error) {
    return { ...answer, message: `The script stopped: ${error}. ${SAFE} If it comes back, tell support.` };
  } finally {
    if (lock) lock.releaseLock();
  }
}

/**
 * @param {'get' | 'post'} method
 * @param {string} path
 * @param {Object | undefined} body
 * @param {string} requestId
 * @return {Partial<Answer>}
 */
function fetch_(method, path, body, requestId) {
  const address = setting_('SERVICE_URL');
  if (!address) {
    return { message: 'The panel does not know where the service is. Open the menu NPTA > Settings… and enter its address.' };
  }
  // A shared key is the fallback where identity tokens are not possible: it cannot tell who pressed.
  const key = setting_('SERVICE_KEY');
  // Typed as text, but empty without the scope openid or before the script was authorised (documented).
  const token = key ? '' : ScriptApp.getIdentityToken();
  if (!key && !token) {
    return { message: 'Google gave no proof of who you are. Close the panel, open it again and allow what Google asks for.' };
  }
  const who = key ? 'shared key' : Session.getActiveUser().getEmail();
  const started = Date.now();
  let response;
  try {
    response = UrlFetchApp.fetch(address + path, {
      method: method,
      headers: { 'X-Request-Id': requestId, ...(key ? { 'X-API-Key': key } : { 'X-Identity-Token': token }) },
      ...(body ? { contentType: 'application/json', payload: JSON.stringify(body) } : {}),
      muteHttpExceptions: true,
      // Google would send key or token on to whatever a redirect names.
      followRedirects: false,
    });
  } catch (error) {
    // Google words these in the person's language, so the clock tells a cut-off from a service that is not there.
    const seconds = (Date.now() - started) / 1000;
    const message = seconds < CUT_OFF_SECONDS
      ? `The service could not be reached. ${SAFE} If it comes back, check the address under NPTA > Settings…`
      : `The service did not answer within a minute, and Google stopped waiting. It may have finished all the same. ${SAFE}`;
    return { message: message, who: who };
  }
  return { ...read_(response, who), who: who };
}

/**
 * @param {GoogleAppsScript.URL_Fetch.HTTPResponse} response
 * @param {string} who
 * @return {Partial<Answer>}
 */
function read_(response, who) {
  const status = response.getResponseCode();
  if (status >= 300 && status < 400) {
    return { status: status, message: `This address leads on to another one (${status}), which your key or sign-in was not sent to. ${ADDRESS}` };
  }
  let data = null;
  try {
    data = JSON.parse(response.getContentText());
  } catch (notJson) {
    // Told below: an error page of Google's, or another server.
  }
  if (data === null || typeof data !== 'object' || Array.isArray(data)) {
    const message = status >= 500 || status === 429
      ? `The service is not ready (${status}): it may be starting. Wait a minute. ${SAFE}`
      : `What answers at this address is not the NPTA service (${status}). ${ADDRESS}`;
    return { status: status, message: message };
  }
  const requestId = data.request_id ? { requestId: String(data.request_id) } : {};
  if (status >= 200 && status < 300) return { ok: true, status: status, data: data, ...requestId };
  const detail = sentence_(wrongFields_(data.errors) || String(data.detail || data.message || data.title || `Status ${status}`));
  // With the numbers of by now, which can be confirmed in turn.
  const now = status === 409 && data.code === 'changed' ? { data: data } : {};
  return { status: status, ...now, message: `${detail} ${advice_(status, data.code, response, who)}`.trim(), ...requestId };
}

/**
 * @param {any} errors the part of a 400 that names fields
 * @return {string}
 */
function wrongFields_(errors) {
  if (!Array.isArray(errors)) return '';
  const message = errors.map((each) => `${String(each.field).replace(/_/g, ' ')}: ${each.message}`).join('; ');
  return message.charAt(0).toUpperCase() + message.slice(1);
}

/**
 * What to do about an answer that is an error.
 *
 * @param {number} status
 * @param {any} code what the service calls it
 * @param {GoogleAppsScript.URL_Fetch.HTTPResponse} response
 * @param {string} who
 * @return {string}
 */
function advice_(status, code, response, who) {
  if (code === 'not_configured' || code === 'not_provisioned') return 'Tell whoever runs the service; pressing again does not help.';
  if (status === 401 || status === 403) {
    return who === 'shared key'
      ? 'Ask whoever runs the service for a valid operator key (script property SERVICE_KEY).'
      : `Ask whoever runs the service to list you (${who || 'your Google account'}) in NPTA_OPERATORS, and this script’s `
        + 'client id in NPTA_ID_TOKEN_AUDIENCES.';
  }
  if (status === 429 || status === 503) {
    /** @type {Record<string, any>} */
    const headers = response.getHeaders();
    const name = Object.keys(headers).find((each) => each.toLowerCase() === 'retry-after');
    const seconds = name ? Number(headers[name]) : NaN;
    return `Wait ${seconds > 0 ? `${seconds} s` : 'a minute'}, then press again. ${SAFE}`;
  }
  return status >= 500 ? `${SAFE} If it comes back, tell support the request id.` : '';
}

/**
 * @param {string} text
 * @return {string}
 */
function sentence_(text) {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
