/*
 * What the Sheets page is to a bound script: a menu, a sidebar of 300 px, dialogs. Used by the tests and by the page of
 * `make serve`; the sidebar's files are those that go to Google, unchanged.
 */
'use strict';

/** Google's own list (documented) without allow-same-origin: the frame must not reach into this page. */
const SANDBOX = 'allow-forms allow-scripts allow-popups allow-downloads allow-modals allow-popups-to-escape-sandbox';

/**
 * @param {{menu: HTMLElement, sidebar: HTMLElement, state: {properties: Record<string, string>, email?: string, token?: string},
 *   prompt?: (title: string, text: string) => Promise<string | null>, alert?: (title: string, text: string) => void,
 *   base?: string}} options `base` is where this file lies
 */
function startAppsScript({ menu, sidebar, state, prompt, alert, base = '/page/' }) {
  const worker = new Worker(`${base}worker.js`);
  const ask = prompt || (async (title, text) => window.prompt(`${title}\n\n${text}`));
  const tell = alert || ((title, text) => window.alert(`${title}\n\n${text}`));
  let frame = null;
  let lastItem = '';

  function runItem(functionName, typed) {
    lastItem = functionName;
    worker.postMessage({ kind: 'menu', functionName, typed });
  }

  function showMenu({ title, items }) {
    const summary = Object.assign(document.createElement('summary'), { textContent: title });
    const list = document.createElement('details');
    const buttons = items.map(({ caption, functionName }) => {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: caption });
      button.addEventListener('click', () => {
        list.open = false;
        runItem(functionName);
      });
      return button;
    });
    list.append(summary, ...buttons);
    menu.replaceChildren(list);
  }

  function showSidebar({ title, html, functions }) {
    const heading = Object.assign(document.createElement('h2'), { textContent: title, className: 'sidebar-title' });
    frame = document.createElement('iframe');
    frame.title = title;
    frame.setAttribute('sandbox', SANDBOX);
    const client = document.createElement('script');
    client.src = new URL(`${base}client.js`, location.href).href;
    client.dataset.functions = JSON.stringify(functions);
    frame.srcdoc = html.replace('<head>', () => `<head>${client.outerHTML}`);
    sidebar.replaceChildren(heading, frame);
  }

  const received = {
    menu: (data) => showMenu(data.menu),
    sidebar: showSidebar,
    alert: (data) => tell(data.title, data.text),
    prompt: async (data) => runItem(lastItem, [await ask(data.title, data.text)]),
    answer: (data) => frame && frame.contentWindow && frame.contentWindow.postMessage(data, '*'),
  };
  worker.onmessage = ({ data }) => received[data.kind](data);
  addEventListener('message', ({ source, data }) => {
    if (!frame || source !== frame.contentWindow) return;
    if (data.kind === 'call') worker.postMessage(data);
    if (data.kind === 'close') sidebar.replaceChildren();
  });
  worker.postMessage({ kind: 'start', state });
  return {
    /** Change what the script finds: `{email, token, lockTaken, refusal, properties, selection}`: properties a Map, the selection `{values, row}`. */
    set: (changed) => worker.postMessage({ kind: 'set', state: changed }),
    openSidebar: () => runItem('showControlPanel'),
  };
}
