/** The spreadsheet through the Sheets API, as the person at this page: what Google's own page would ask for. */
import { call } from './net.js';

/**
 * @typedef {Object} Column
 * @property {string} note the header's note
 * @property {string[]} choices of a drop-down; empty for none
 * @property {number} width in pixels
 *
 * @typedef {{top: number, left: number, bottom: number, right: number}} Area
 * @typedef {Area & {header: string, colors: string[]}} Band
 *
 * @typedef {Object} Tab
 * @property {number} id
 * @property {string} title
 * @property {boolean} hidden
 * @property {number} rows of the grid, filled or not
 * @property {number} columns
 * @property {number} frozen rows at the top
 * @property {number} frozenColumns at the left
 * @property {string} color of the tab, empty for none
 * @property {Area[]} locked cells that this person may not change
 * @property {Band[]} bands colours of every other row
 * @property {any[]} charts as Google stores them
 * @property {any} filter the basic filter, null for none
 * @property {any[]} views the saved filter views
 *
 * @typedef {Object} Content
 * @property {string[][]} values as they are shown, without empty ends
 * @property {Column[]} look one a column
 */

/** What the Sheets API said against something. */
export class Refused extends Error {}

const TAB_FIELDS = 'sheets(properties,bandedRanges,charts,basicFilter,filterViews,'
  + 'protectedRanges(range,warningOnly,requestingUserCanEdit,unprotectedRanges))';
/** What an undone edit brings back. */
const EDITED = 'userEnteredValue,userEnteredFormat.numberFormat';
/** What a deleted row that comes back is made of. */
const WHOLE = 'userEnteredValue,userEnteredFormat,note,dataValidation';
const LOOK_FIELDS = 'sheets.data(columnMetadata.pixelSize,rowData.values(note,dataValidation.condition))';
const CELL_LOOK = 'sheets.data.rowData.values(hyperlink,effectiveValue(numberValue,boolValue),effectiveFormat(backgroundColor,'
  + 'horizontalAlignment,verticalAlignment,wrapStrategy,textFormat(foregroundColor,fontFamily,fontSize,bold,italic,strikethrough,underline)))';
/** Validation of check boxes: what people choose from. */
const BOOLEAN = ['TRUE', 'FALSE'];

/** @param {number} column from 0 @returns {string} */
export function letters(column) {
  return (column >= 26 ? letters(Math.floor(column / 26) - 1) : '') + String.fromCharCode(65 + (column % 26));
}

/** @param {string} title @returns {string} quoted for A1 notation */
export function quoted(title) {
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

  /** Cells as they were entered, to be put back. @param {Tab} tab @param {Area} area @param {boolean} [whole] with notes, formats and drop-downs @returns {Promise<any[]>} */
  async entered(tab, area, whole = false) {
    const cells = `${quoted(tab.title)}!${letters(area.left)}${area.top + 1}:${letters(area.right - 1)}${area.bottom}`;
    const mask = `sheets.data.rowData.values(${whole ? WHOLE : EDITED})`;
    const data = await this.#call('GET', `?fields=${encodeURIComponent(mask)}&ranges=${encodeURIComponent(cells)}`);
    const rows = data.sheets[0].data?.[0]?.rowData || [];
    return Array.from({ length: area.bottom - area.top }, (_, down) => ({
      values: Array.from({ length: area.right - area.left }, (__, right) => rows[down]?.values?.[right] || {}),
    }));
  }

  /** The request that puts such cells back. @param {Tab} tab @param {Area} area @param {any[]} rows @param {boolean} [whole] */
  putBack(tab, area, rows, whole = false) {
    const range = { sheetId: tab.id, startRowIndex: area.top, endRowIndex: area.bottom, startColumnIndex: area.left, endColumnIndex: area.right };
    return { updateCells: { range, rows, fields: whole ? WHOLE : EDITED } };
  }

  /** Values of several places at once. @param {string[]} ranges in A1 notation @param {'FORMATTED_VALUE' | 'UNFORMATTED_VALUE'} how @returns {Promise<any[][][]>} */
  async valuesOf(ranges, how) {
    const asked = new URLSearchParams([['valueRenderOption', how], ...ranges.map((range) => ['ranges', range])]);
    const data = await this.#call('GET', `/values:batchGet?${asked}`);
    return data.valueRanges.map((/** @type {any} */ each) => each.values || []);
  }

  /** How the cells of some rows look, as Google has worked it out. @param {Tab} tab @param {number} top @param {number} bottom @returns {Promise<any[][]>} */
  async looks(tab, top, bottom) {
    const rows = `${quoted(tab.title)}!${top + 1}:${bottom}`;
    const data = await this.#call('GET', `?fields=${encodeURIComponent(CELL_LOOK)}&ranges=${encodeURIComponent(rows)}`);
    return (data.sheets[0].data?.[0]?.rowData || []).map((/** @type {any} */ row) => row.values || []);
  }

  /** Let everybody see only some rows. @param {Tab} tab @param {any} filter null: all of them */
  filter(tab, filter) {
    if (!filter) return this.change({ clearBasicFilter: { sheetId: tab.id } });
    return this.change({ setBasicFilter: { filter } });
  }

  /** @param {Tab} tab */
  deleteTab(tab) {
    return this.change({ deleteSheet: { sheetId: tab.id } });
  }

  /** @param {...Record<string, unknown>} requests of batchUpdate, done together */
  change(...requests) {
    return this.#call('POST', ':batchUpdate', { requests });
  }

  /** @param {string} method @param {string} rest @param {unknown} [body] @returns {Promise<any>} */
  async #call(method, rest, body) {
    const { ok, status, data } = await call(method, this.base + rest, body);
    if (ok) return data;
    const message = String(data.error?.message || `The Sheets API answered ${status}.`);
    throw new Refused(message.replace(/^Invalid requests\[\d+\](\.\w+)?: */, ''));
  }
}

/** @param {any} sheet @returns {Tab} */
function tabOf({ properties, protectedRanges = [], bandedRanges = [], charts = [], basicFilter = null, filterViews = [] }) {
  const { rowCount, columnCount, frozenRowCount = 0, frozenColumnCount = 0 } = properties.gridProperties;
  const closed = protectedRanges.filter((/** @type {any} */ each) => !each.requestingUserCanEdit && !each.warningOnly);
  return {
    id: properties.sheetId,
    title: properties.title,
    hidden: Boolean(properties.hidden),
    rows: rowCount,
    columns: columnCount,
    frozen: frozenRowCount,
    frozenColumns: frozenColumnCount,
    color: cssColor(properties.tabColor),
    locked: closed.map((/** @type {any} */ { range = {} }) => areaOf(range)),
    bands: bandedRanges.filter((/** @type {any} */ each) => each.rowProperties).map((/** @type {any} */ { range, rowProperties: rows }) => ({
      ...areaOf(range),
      header: cssColor(rows.headerColor),
      colors: [cssColor(rows.firstBandColor), cssColor(rows.secondBandColor)],
    })),
    charts,
    filter: basicFilter,
    views: filterViews,
  };
}

/** @param {any} range @returns {Area} */
export function areaOf(range) {
  return {
    top: range.startRowIndex ?? 0,
    left: range.startColumnIndex ?? 0,
    bottom: range.endRowIndex ?? Infinity,
    right: range.endColumnIndex ?? Infinity,
  };
}

/** @param {{red?: number, green?: number, blue?: number} | undefined} color @returns {string} empty for none */
export function cssColor(color) {
  if (!color) return '';
  return `#${[color.red, color.green, color.blue].map((part) => Math.round((part || 0) * 255).toString(16).padStart(2, '0')).join('')}`;
}

/** @param {Area} area @param {number} row @param {number} column */
export function isWithin({ top, left, bottom, right }, row, column) {
  return row >= top && row < bottom && column >= left && column < right;
}

/** @param {any} condition @returns {string[]} */
function choicesOf(condition) {
  if (condition?.type === 'BOOLEAN') return BOOLEAN;
  if (condition?.type !== 'ONE_OF_LIST') return [];
  return condition.values.map((/** @type {any} */ each) => each.userEnteredValue);
}

/** @param {Tab} tab @param {number} row @param {number} column */
export function isLocked(tab, row, column) {
  return tab.locked.some((area) => isWithin(area, row, column));
}

/** Whether the whole tab is closed to this person. @param {Tab} tab */
export function isLockedWhole(tab) {
  return tab.locked.some(({ top, left, bottom, right }) => top === 0 && left === 0 && bottom === Infinity && right === Infinity);
}
