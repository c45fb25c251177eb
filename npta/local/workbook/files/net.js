/** Calls of this page's own server. */

/** No answer at all: `make serve` was stopped. */
export class Unreachable extends Error {}

/**
 * @param {string} method @param {string} path @param {unknown} [body]
 * @returns {Promise<{ok: boolean, status: number, data: any}>} `data` is the answer as JSON, {} if it is none
 */
export async function call(method, path, body) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  try {
    const answer = await fetch(path, { method, ...sent });
    const text = await answer.text();
    let data = {};
    try {
      data = JSON.parse(text);
    } catch {
      // An error page; the status tells enough.
    }
    const status = Number(answer.headers.get('X-Status')) || answer.status;
    return { ok: status >= 200 && status < 300, status, data };
  } catch {
    throw new Unreachable('make serve does not answer');
  }
}
