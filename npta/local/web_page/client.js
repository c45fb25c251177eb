/* google.script.run and google.script.host inside the sidebar's frame; the page outside passes the calls on. */
'use strict';
(() => {
  const waiting = new Map();
  const functions = JSON.parse(document.currentScript.dataset.functions);
  let calls = 0;

  function runner(handlers) {
    const run = {
      withSuccessHandler: (onSuccess) => runner({ ...handlers, onSuccess }),
      withFailureHandler: (onFailure) => runner({ ...handlers, onFailure }),
      withUserObject: (userObject) => runner({ ...handlers, userObject }),
    };
    for (const name of functions) {
      run[name] = (...given) => {
        waiting.set(++calls, handlers);
        parent.postMessage({ kind: 'call', call: calls, name, given }, '*');
      };
    }
    return run;
  }

  addEventListener('message', ({ source, data }) => {
    if (source !== parent || data.kind !== 'answer') return;
    const { onSuccess, onFailure, userObject } = waiting.get(data.call);
    waiting.delete(data.call);
    if (data.ok) onSuccess?.(data.value, userObject);
    else if (onFailure) onFailure(new Error(data.value), userObject);
    else console.error('Uncaught', data.value);
  });

  window.google = { script: { run: runner({}), host: { close: () => parent.postMessage({ kind: 'close' }, '*') } } };
})();
