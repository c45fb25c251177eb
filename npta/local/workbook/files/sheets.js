/** The spreadsheet through the Sheets API, as the person at this page: what Google's own page would ask for. */
import { call } from './net.js';

/**
 * @typedef {Object} Column
 * @property {string} note the header's note
 * @property {string[]} choices of a drop-down; empty for none
 * @property {number} width in pixels
 *
 * @typedef {{top: number, left: number, bottom: number, right: number}} Area
 *
 * @typedef {Object} Tab
 * @property {number} id
 * @property {string} title
 * @property {boolean} hidden
 * @property {number} rows of the grid, filled or not
 * @property {number} columns
 * @property {number} frozen rows at the top
 * @property {Area[]} locked cells that this person may not change
 *
 * @typedef {Object} Content
 * @property {string[][]} values as they are shown, without empty ends
 * @property {Column[]} look one a column
 */

/** What the Sheets API said against something. */
export class Refused extends Error {}

const TAB_FIELDS = 'sheets(properties,protectedRanges(range,warningOnly,requestingUserCanEdit,unprotectedRanges))';
const LOOK_FIELDS = 'sheets.data(columnMetadata.pixelSize,rowData.values(note,dataValidation.condition))';
/** Validation of check boxes: what people choose from. */
const BOOLEAN = ['TRUE', 'FALSE'];

/** @param {number} column from 0 @returns {string} */
export function letters(column) {
  return (column >= 26 ? letters(Math.floor(column / 26) - 1) : '') + String.fromCharCode(65 + (column % 26));
}

/** @param {string} title @returns {string} quoted for A1 notation */
function quoted(title) {
  return `'${title.replaceAll("'", "''")}'`;
}

export class Spreadsheet {
  /** @param {string} id */
  constructor(id) {
    this.base = `/sheets/v4/spreadsheets/${encodeURIComponent(id)}`;
  }

  /** Every tab. @returns {Promise<Tab[]>} */
  async tabs() {
    const data = await this.#call('GET', `?fields=${TAB_FIELDS}`);
    return data.sheets.map(tabOf);
  }

  /** What stands in a tab. Drop-downs are set for whole columns, so the first row below the header shows them. @param {Tab} tab @returns {Promise<Content>} */
  async content(tab) {
    const [shown, looked] = await Promise.all([
      this.#call('GET', `/values/${encodeURIComponent(quoted(tab.title))}`),
      this.#call('GET', `?fields=${LOOK_FIELDS}&ranges=${encodeURIComponent(`${quoted(tab.title)}!1:2`)}`),
    ]);
    const data = looked.sheets[0].data[0];
    const [header, first] = [0, 1].map((row) => data.rowData?.[row]?.values || []);
    const look = Array.from({ length: tab.columns }, (_, column) => ({
      note: header[column]?.note || '',
      choices: choicesOf(first[column]?.dataValidation?.condition),
      width: data.columnMetadata?.[column]?.pixelSize || 100,
    }));
    return { values: shown.values || [], look };
  }

  /**
   * Type or paste a block. The grid grows where it is too small, with the last row's formats, as it does on Google's page.
   *
   * @param {Tab} tab @param {number} row @param {number} column @param {string[][]} block
   */
  async write(tab, row, column, block) {
    const width = Math.max(...block.map((line) => line.length));
    await this.#grow(tab, 'ROWS', tab.rows, row + block.length);
    await this.#grow(tab, 'COLUMNS', tab.columns, column + width);
    const where = encodeURIComponent(`${quoted(tab.title)}!${letters(column)}${row + 1}`);
    await this.#call('PUT', `/values/${where}?valueInputOption=USER_ENTERED`, { values: block });
  }

  /** @param {Tab} tab @param {'ROWS' | 'COLUMNS'} dimension @param {number} there @param {number} wanted */
  async #grow(tab, dimension, there, wanted) {
    if (wanted <= there) return;
    const range = { sheetId: tab.id, dimension, startIndex: there, endIndex: wanted };
    await this.change({ insertDimension: { range, inheritFromBefore: true } });
  }

  /** @param {Tab} tab @param {number} row before which rows come in @param {number} count */
  insertRows(tab, row, count) {
    const range = { sheetId: tab.id, dimension: 'ROWS', startIndex: row, endIndex: row + count };
    return this.change({ insertDimension: { range, inheritFromBefore: row > tab.frozen } });
  }

  /** @param {Tab} tab @param {number} row */
  deleteRow(tab, row) {
    return this.change({ deleteDimension: { range: { sheetId: tab.id, dimension: 'ROWS', startIndex: row, endIndex: row + 1 } } });
  }

  /** Sort everything below the frozen rows. @param {Tab} tab @param {number} column @param {boolean} descending */
  sort(tab, column, descending) {
    const sortSpecs = [{ dimensionIndex: column, sortOrder: descending ? 'DESCENDING' : 'ASCENDING' }];
    return this.change({ sortRange: { range: { sheetId: tab.id, startRowIndex: tab.frozen }, sortSpecs } });
  }

  /** @param {Tab} tab */
  deleteTab(tab) {
    return this.change({ deleteSheet: { sheetId: tab.id } });
  }

  /** @param {Record<string, unknown>} request one of batchUpdate's */
  change(request) {
    return this.#call('POST', ':batchUpdate', { requests: [request] });
  }

  /** @param {string} method @param {string} rest @param {unknown} [body] @returns {Promise<any>} */
  async #call(method, rest, body) {
    const { ok, status, data } = await call(method, this.base + rest, body);
    if (ok) return data;
    const told = String(data.error?.message || `The Sheets API answered ${status}.`);
    throw new Refused(told.replace(/^Invalid requests\[\d+\](\.\w+)?: */, ''));
  }
}

/** @param {any} sheet @returns {Tab} */
function tabOf({ properties, protectedRanges = [] }) {
  const { rowCount, columnCount, frozenRowCount = 0 } = properties.gridProperties;
  const closed = protectedRanges.filter((/** @type {any} */ each) => !each.requestingUserCanEdit && !each.warningOnly);
  return {
    id: properties.sheetId,
    title: properties.title,
    hidden: Boolean(properties.hidden),
    rows: rowCount,
    columns: columnCount,
    frozen: frozenRowCount,
    locked: closed.map((/** @type {any} */ { range = {} }) => ({
      top: range.startRowIndex ?? 0,
      left: range.startColumnIndex ?? 0,
      bottom: range.endRowIndex ?? Infinity,
      right: range.endColumnIndex ?? Infinity,
    })),
  };
}

/** @param {any} condition @returns {string[]} */
function choicesOf(condition) {
  if (condition?.type === 'BOOLEAN') return BOOLEAN;
  if (condition?.type !== 'ONE_OF_LIST') return [];
  return condition.values.map((/** @type {any} */ each) => each.userEnteredValue);
}

/** @param {Tab} tab @param {number} row @param {number} column */
export function isLocked(tab, row, column) {
  return tab.locked.some(({ top, left, bottom, right }) => row >= top && row < bottom && column >= left && column < right);
}

/** Whether the whole tab is closed to this person. @param {Tab} tab */
export function isLockedWhole(tab) {
  return tab.locked.some(({ top, left, bottom, right }) => top === 0 && left === 0 && bottom === Infinity && right === Infinity);
}
