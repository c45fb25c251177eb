/*
 * Code.gs in a worker of the page: a synchronous request is allowed here, so UrlFetchApp.fetch blocks as on Google while
 * the page stays alive. What it asks of the outside goes through the local relay (`POST fetch`), as Google's servers
 * would go: no browser rule about origins applies, and a service that is down is the relay's answer, no error of the page.
 */
'use strict';
importScripts('fakes.js');

const LETTERS_AND_DIGITS = /^[A-Za-z0-9]+$/;
let state = { properties: new Map(), email: '', token: '', lockTaken: false, refusal: '', selection: { values: [], row: 1 } };
/** Answers to prompts, given before the function that asks is run again. */
let typed = [];
const AWAITING = {};

function relay(method, path, body) {
  const request = new XMLHttpRequest();
  request.open(method, path, false);
  if (body) request.setRequestHeader('Content-Type', 'application/json');
  request.send(body ? JSON.stringify(body) : null);
  if (request.status !== 200) throw new Error(`${path} answered ${request.status}`);
  return request.responseText;
}

Object.assign(self, appsScriptServices({
  get properties() { return state.properties; },
  get email() { return state.email; },
  get token() { return state.token; },
  lockTaken: () => state.lockTaken,
  selection: () => state.selection,
  uuid: () => crypto.randomUUID(),
  fetch: (asked) => JSON.parse(relay('POST', 'fetch', asked)),
  readFile: (name) => {
    if (!LETTERS_AND_DIGITS.test(name)) throw new Error(`no file ${name}`);
    return relay('GET', `sidebar/${name}.html`);
  },
  onMenu: (menu) => postMessage({ kind: 'menu', menu }),
  onSidebar: ({ title, html }) => postMessage({ kind: 'sidebar', title, html, functions: callable() }),
  alert: (title, text) => postMessage({ kind: 'alert', title, text }),
  // A worker cannot wait for a person: the page asks and runs the menu's function again with the answer.
  prompt: (title, text) => {
    if (typed.length) return typed.shift();
    postMessage({ kind: 'prompt', title, text });
    throw AWAITING;
  },
}));
const NATIVE = new Set(Object.getOwnPropertyNames(self));
importScripts('sidebar/Code.gs');

/** The names that google.script.run has on Google: the script's own, without those that end in an underscore. */
function callable() {
  return Object.getOwnPropertyNames(self).filter((name) => !NATIVE.has(name) && typeof self[name] === 'function' && !name.endsWith('_'));
}

onmessage = ({ data }) => {
  if (data.kind === 'start') {
    state = { ...state, ...data.state, properties: new Map(Object.entries(data.state.properties || {})) };
    onOpen();
  } else if (data.kind === 'set') {
    Object.assign(state, data.state);
  } else if (data.kind === 'menu') {
    typed = data.typed || [];
    try {
      self[data.functionName]();
    } catch (error) {
      if (error !== AWAITING) postMessage({ kind: 'alert', title: 'The script stopped', text: String(error) });
    }
  } else if (data.kind === 'call') {
    try {
      if (state.refusal) throw new Error(state.refusal); // Google's own, before the script is reached
      postMessage({ kind: 'answer', call: data.call, ok: true, value: callFromPage(self, data.name, data.given) });
    } catch (error) {
      postMessage({ kind: 'answer', call: data.call, ok: false, value: String((error && error.message) || error) });
    }
  }
};
