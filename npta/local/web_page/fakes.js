/*
 * Google Apps Script for Code.gs outside Google: plain script, the same in node's vm and in a browser's worker. What the
 * real services have and these lack is refused by name, so that no test passes on silence.
 *
 * `environment` is the outside world:
 *   properties  a Map of script properties
 *   fetch       ({url, method, headers, payload}) => {status, headers, text} or {error}, at once, as on Google
 *   readFile    (name) => text of NAME.html
 *   email, token, lockTaken()
 *   selection() => {values, row}, of the tab that is looked at
 *   onMenu(menu), onSidebar({title, html}), prompt(title, text) => text or null if cancelled, alert(title, text)
 */
'use strict';

/** What is thrown by Google's services, here and there. */
function failAsGoogle(text) {
  throw new Error(`Exception: ${text}`);
}

/** An object that refuses what it does not have. */
function strict(name, members) {
  return new Proxy(members, {
    get(target, member) {
      if (typeof member === 'symbol' || member === 'toJSON' || Object.hasOwn(target, member)) return target[member];
      throw new Error(`fake ${name}.${String(member)} is not there`);
    },
    set(_, member) {
      throw new Error(`fake ${name}.${String(member)} cannot be set`);
    },
  });
}

/** Only these options are known; a misspelt one would do nothing on Google. */
function onlyKnown(options, known, where) {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new Error(`fake ${where}: option ${name} is not there`);
  }
}

function appsScriptServices(environment) {
  const FETCH_OPTIONS = ['method', 'headers', 'payload', 'contentType', 'muteHttpExceptions', 'followRedirects'];
  const Button = { OK: 'OK', CANCEL: 'CANCEL', CLOSE: 'CLOSE' };
  const ButtonSet = { OK: 'OK', OK_CANCEL: 'OK_CANCEL' };

  const fetch = (url, options = {}) => {
    onlyKnown(options, FETCH_OPTIONS, 'UrlFetchApp.fetch');
    if (!/^https?:\/\/[^/]/.test(url)) failAsGoogle(`Invalid argument: ${url}`);
    if (options.payload !== undefined && typeof options.payload !== 'string') throw new Error('fake UrlFetchApp.fetch: payload is a text here');
    const headers = { ...options.headers };
    if (options.contentType) headers['Content-Type'] = options.contentType;
    const answer = environment.fetch({
      url, method: (options.method || 'get').toUpperCase(), headers, payload: options.payload, followRedirects: options.followRedirects !== false,
    });
    if (answer.error) failAsGoogle(`${answer.error}: ${url}`);
    if (answer.status >= 400 && !options.muteHttpExceptions) {
      failAsGoogle(`Request failed for ${url} returned code ${answer.status}. Truncated server response: ${answer.text.slice(0, 80)}`);
    }
    return strict('HTTPResponse', {
      getResponseCode: () => answer.status,
      getContentText: () => answer.text,
      getHeaders: () => ({ ...answer.headers }),
    });
  };

  const htmlOutput = (html) => {
    const state = { html, title: '' };
    const output = strict('HtmlOutput', {
      getContent: () => state.html,
      getTitle: () => state.title,
      setTitle: (title) => {
        state.title = title;
        return output;
      },
    });
    return output;
  };
  // Scriptlets run among the script's own functions, as on Google; only the printing one that does not escape is there.
  const evaluate = (text) => {
    const html = text.replace(/<\?!=([\s\S]*?)\?>/g, (_, expression) => String((0, eval)(expression)));
    if (html.includes('<?')) throw new Error('fake HtmlTemplate: only <?!= … ?> is there');
    return htmlOutput(html);
  };

  const menu = (title) => {
    const state = { title, items: [] };
    const built = strict('Menu', {
      addItem: (caption, functionName) => {
        state.items.push({ caption, functionName });
        return built;
      },
      addToUi: () => environment.onMenu(state),
    });
    return built;
  };
  const ui = strict('Ui', {
    Button: strict('Ui.Button', Button),
    ButtonSet: strict('Ui.ButtonSet', ButtonSet),
    createMenu: menu,
    showSidebar: (output) => environment.onSidebar({ title: output.getTitle(), html: output.getContent() }),
    alert: (title, text) => {
      environment.alert(title, text);
      return Button.OK;
    },
    prompt: (title, text) => {
      const typed = environment.prompt(title, text);
      return strict('PromptResponse', {
        getSelectedButton: () => (typed === null ? Button.CANCEL : Button.OK),
        getResponseText: () => typed || '',
      });
    },
  });

  /** The tab that a person looks at: `values` are those it shows, `row` the selected one, counted from 1. */
  const activeSheet = ({ values, row }) => {
    const width = values.reduce((widest, line) => Math.max(widest, line.length), 0);
    return strict('Sheet', {
      getActiveRange: () => strict('Range', { getRow: () => row }),
      getLastColumn: () => width,
      getRange: (first, column, rows, columns) => {
        if (!(first > 0 && column > 0 && rows > 0 && columns > 0)) failAsGoogle('The coordinates of the range are outside the dimensions of the sheet.');
        const line = (place) => Array.from({ length: columns }, (_, right) => values[place]?.[column - 1 + right] ?? '');
        return strict('Range', { getDisplayValues: () => Array.from({ length: rows }, (_, down) => line(first - 1 + down)) });
      },
    });
  };

  let locked = false;
  const lock = strict('Lock', {
    tryLock: (milliseconds) => {
      if (typeof milliseconds !== 'number') throw new Error('fake Lock.tryLock: milliseconds are a number');
      locked = !environment.lockTaken();
      return locked;
    },
    releaseLock: () => {
      locked = false;
    },
    hasLock: () => locked,
  });

  return {
    SpreadsheetApp: strict('SpreadsheetApp', { getUi: () => ui, getActiveSheet: () => activeSheet(environment.selection()) }),
    HtmlService: strict('HtmlService', {
      createTemplateFromFile: (name) => strict('HtmlTemplate', { evaluate: () => evaluate(environment.readFile(name)) }),
      createHtmlOutputFromFile: (name) => htmlOutput(environment.readFile(name)),
    }),
    PropertiesService: strict('PropertiesService', {
      getScriptProperties: () =>
        strict('Properties', {
          getProperty: (name) => environment.properties.get(name) ?? null,
          setProperty: (name, value) => environment.properties.set(name, String(value)),
          deleteProperty: (name) => environment.properties.delete(name),
        }),
    }),
    LockService: strict('LockService', { getDocumentLock: () => lock }),
    ScriptApp: strict('ScriptApp', { getIdentityToken: () => environment.token }),
    Session: strict('Session', { getActiveUser: () => strict('User', { getEmail: () => environment.email }) }),
    UrlFetchApp: strict('UrlFetchApp', { fetch }),
    Utilities: strict('Utilities', { getUuid: () => environment.uuid() }),
  };
}

/**
 * What google.script.run lets through (documented), as a copy: numbers, texts, booleans, null, plain objects and lists.
 * Dates, functions and class instances fail the call; undefined in a list becomes null, in an object it is left out.
 */
function crosses(value, where = 'value') {
  const kind = Object.prototype.toString.call(value);
  if (value === null || ['[object String]', '[object Boolean]'].includes(kind)) return value;
  if (kind === '[object Number]') return Number.isFinite(value) ? value : null;
  if (kind === '[object Array]') return value.map((each, place) => (each === undefined ? null : crosses(each, `${where}[${place}]`)));
  if (kind === '[object Object]') {
    const known = Object.entries(value).filter(([, each]) => each !== undefined);
    return Object.fromEntries(known.map(([name, each]) => [name, crosses(each, `${where}.${name}`)]));
  }
  throw new Error(`${where} is a ${kind.slice(8, -1)}, which google.script.run does not carry`);
}

/** A call from the page, as google.script.run makes it. `scope` holds Code.gs's functions. */
function callFromPage(scope, name, given) {
  if (name.endsWith('_') || typeof scope[name] !== 'function') throw new Error(`Script function not found: ${name}`);
  const answer = scope[name](...given.map((each, place) => crosses(each, `argument ${place + 1}`)));
  return answer === undefined ? null : crosses(answer, 'answer');
}
