'use strict';

/** The way to the service, and its failures in words: an error that Zapier shows says what happened and what to do. */

const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?$/;

/** The service's address without the slash at its end. Keys and names of customers travel, so it must be https. */
function address(z, bundle) {
  const given = String(bundle.authData.service || '').trim().replace(/\/+$/, '');
  if (!/^https:\/\/[^\s/?#@]+$/.test(given) && !LOOPBACK.test(given)) {
    throw new z.errors.Error(`“${given}” is not the address of the service: it has the form https://…run.app`, 'address');
  }
  return given;
}

/** Runs before every request. */
function addKey(request, z, bundle) {
  request.headers['X-API-Key'] = String(bundle.authData.apiKey || '').trim();
  return request;
}

/** Calls the service; gives its answer with any status, or throws that there is none. */
async function call(z, bundle, method, path, body) {
  const url = address(z, bundle) + path;
  const response = await z.request({ method, url, body, skipThrowForStatus: true });
  let data;
  try {
    data = JSON.parse(response.content);
  } catch {
    throw new z.errors.Error(
      `The service answered ${response.status} without JSON: check its address in the connection.`, 'no_json', response.status,
    );
  }
  return { status: response.status, data, retryAfter: Number(response.getHeader('retry-after')) || 60 };
}

/** Throws what an answer other than 200 means. Busy: Zapier tries again by itself; all else errors the run, so it can be replayed. */
function refuse(z, { status, data, retryAfter }) {
  if (status === 503) {
    throw new z.errors.ThrottledError(`${words(data)} Nothing was taken; Zapier tries again.`, retryAfter);
  }
  if (status === 401 || status === 403) {
    throw new z.errors.Error('The service does not accept this key: enter one of NPTA_ORDER_KEYS in the connection.', 'key', status);
  }
  throw new z.errors.Error(words(data), data.code || data.status || 'refused', status);
}

/** What an answer says, with the fields it names and the next step. */
function words(data) {
  const problems = (data.problems || []).map((problem) => problem.message);
  const fields = (data.errors || []).map((error) => `${error.field}: ${error.message}`);
  const said = [data.message || data.detail || data.title, ...problems, ...fields, data.next_step];
  return [...new Set(said.filter(Boolean))].map(sentence).join(' ');
}

function sentence(text) {
  const whole = /[.!?]$/.test(text) ? text : `${text}.`;
  return /^[\w.[\]]+:/.test(whole) ? whole : whole[0].toUpperCase() + whole.slice(1); // names of fields stay as they are
}

/** Digits, a gid, a name: the service understands an order as people have it. */
function orderPath(id, rest = '') {
  return `/orders/${encodeURIComponent(String(id).trim())}${rest}`;
}

module.exports = { addKey, address, call, orderPath, refuse, words };
