/** What a person has done to the spreadsheet here, to be undone and done again: as on Google's page, only one's own. */
/**
 * @typedef {import('./sheets.js').Tab} Tab
 * @typedef {import('./sheets.js').Area} Area
 * @typedef {import('./sheets.js').Spreadsheet} Spreadsheet
 *
 * @typedef {Object} Edit
 * @property {number} tab its id
 * @property {string} words for people
 * @property {Area} area the cells that it left behind
 * @property {any[]} before cells as they were
 * @property {any[]} after cells as it left them
 * @property {'cells' | 'inserted' | 'deleted'} kind
 */

/** It cannot be undone any more, for people. */
export class Changed extends Error {}

export class History {
  /** @param {Spreadsheet} api */
  constructor(api) {
    this.api = api;
    /** @type {Edit[]} */
    this.done = [];
    /** @type {Edit[]} */
    this.undone = [];
  }

  /** Change cells and remember what stood there. @param {Tab} tab @param {Area} area @param {string} words @param {() => Promise<unknown>} change */
  async cells(tab, area, words, change) {
    const there = { ...area, bottom: Math.min(area.bottom, tab.rows), right: Math.min(area.right, tab.columns) };
    const before = there.top < there.bottom ? await this.api.entered(tab, there) : [];
    await change();
    const after = await this.api.entered(tab, area);
    const empty = after.map(({ values }) => ({ values: values.map(() => ({})) }));
    before.forEach(({ values }, down) => values.forEach((/** @type {any} */ cell, /** @type {number} */ right) => { empty[down].values[right] = cell; }));
    this.#remember({ tab: tab.id, words, area, before: empty, after, kind: 'cells' });
  }

  /** @param {Tab} tab @param {number} row @param {number} count */
  async insertRows(tab, row, count) {
    await this.api.insertRows(tab, row, count);
    const area = { top: row, bottom: row + count, left: 0, right: tab.columns };
    this.#remember({ tab: tab.id, words: count === 1 ? `row ${row + 1}` : `${count} rows`, area, before: [], after: [], kind: 'inserted' });
  }

  /** @param {Tab} tab @param {number} row */
  async deleteRow(tab, row) {
    const area = { top: row, bottom: row + 1, left: 0, right: tab.columns };
    const before = await this.api.entered(tab, area, true);
    await this.api.deleteRow(tab, row);
    this.#remember({ tab: tab.id, words: `row ${row + 1}`, area, before, after: [], kind: 'deleted' });
  }

  /** @param {Edit} edit */
  #remember(edit) {
    this.done.push(edit);
    this.undone = [];
  }

  /** @param {Tab[]} tabs @returns {Promise<Edit | null>} what was undone */
  undo(tabs) {
    return this.#go(tabs, this.done, this.undone, true);
  }

  /** @param {Tab[]} tabs @returns {Promise<Edit | null>} what was done again */
  redo(tabs) {
    return this.#go(tabs, this.undone, this.done, false);
  }

  /** @param {Tab[]} tabs @param {Edit[]} from @param {Edit[]} to @param {boolean} back */
  async #go(tabs, from, to, back) {
    const edit = from.at(-1);
    if (!edit) return null;
    const tab = tabs.find((each) => each.id === edit.tab);
    if (!tab) {
      from.pop();
      throw new Changed('The tab is not there any more.');
    }
    await this.#check(tab, edit, back, from);
    const { area, kind } = edit;
    const range = { sheetId: tab.id, dimension: 'ROWS', startIndex: area.top, endIndex: area.bottom };
    const insert = { insertDimension: { range, inheritFromBefore: area.top > tab.frozen } };
    if (kind === 'cells') await this.api.change(this.api.putBack(tab, area, back ? edit.before : edit.after));
    else if ((kind === 'deleted') === back) await this.api.change(insert, ...(back ? [this.api.putBack(tab, area, edit.before, true)] : []));
    else await this.api.change({ deleteDimension: { range } });
    to.push(/** @type {Edit} */ (from.pop()));
    return edit;
  }

  /** Nobody's work is undone but one's own. @param {Tab} tab @param {Edit} edit @param {boolean} back @param {Edit[]} from */
  async #check(tab, edit, back, from) {
    const { area, kind } = edit;
    if ((kind === 'deleted') === back && kind !== 'cells') return;
    const there = area.bottom <= tab.rows && area.right <= tab.columns ? await this.api.entered(tab, area, kind === 'deleted') : null;
    const expected = kind === 'cells' ? (back ? edit.after : edit.before) : kind === 'deleted' ? edit.before : null;
    const same = there && (expected ? JSON.stringify(there) === JSON.stringify(expected) : isEmpty(there));
    if (same) return;
    from.pop();
    throw new Changed(`${edit.words} was changed by somebody since, and stays as it is.`);
  }
}

/** @param {any[]} rows */
function isEmpty(rows) {
  return rows.every(({ values }) => values.every((/** @type {any} */ cell) => !cell.userEnteredValue));
}
