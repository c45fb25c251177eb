/** How cells look: Google's own formats as CSS, read for the rows that are in view and kept until they are read again. */
import { cssColor, isWithin } from './sheets.js';

/** @typedef {import('./sheets.js').Tab} Tab */

/** Rows that are asked for at once. */
const CHUNK = 100;
const WHITE = '#ffffff';
/** @type {Record<string, string>} */
const VERTICAL = { TOP: 'top', MIDDLE: 'middle', BOTTOM: 'bottom' };

export class Looks {
  /**
   * @param {(tab: Tab, top: number, bottom: number) => Promise<any[][]>} read
   * @param {() => void} arrived some cells look different now
   */
  constructor(read, arrived) {
    this.read = read;
    this.arrived = arrived;
    /** @type {Tab | null} */
    this.tab = null;
    /** @type {Map<number, any[][]>} rows by chunk */
    this.chunks = new Map();
    /** @type {Set<number>} chunks that are as new as the tab's values, or on their way */
    this.fresh = new Set();
  }

  /** The tab was read anew: what is known of its looks is shown until newer ones are here. @param {Tab} tab */
  follow(tab) {
    if (tab.id !== this.tab?.id) this.chunks = new Map();
    this.tab = tab;
    this.fresh = new Set();
  }

  /** Ask for the looks of rows that come into view. @param {number[]} rows */
  want(rows) {
    for (const chunk of new Set(rows.map((row) => Math.floor(row / CHUNK)))) if (!this.fresh.has(chunk)) this.#ask(chunk);
  }

  /** @param {number} chunk */
  async #ask(chunk) {
    const { tab, fresh } = this;
    if (!tab) return;
    fresh.add(chunk);
    const top = chunk * CHUNK;
    if (top >= tab.rows) return;
    const rows = await this.read(tab, top, Math.min(top + CHUNK, tab.rows)).catch(() => null);
    if (this.tab !== tab || this.fresh !== fresh) return;
    if (!rows) return void fresh.delete(chunk);
    this.chunks.set(chunk, rows);
    this.arrived();
  }

  /** The CSS of a cell. @param {number} row @param {number} column @returns {string} */
  of(row, column) {
    const chunk = this.chunks.get(Math.floor(row / CHUNK));
    const { effectiveFormat: format = {}, effectiveValue: value = {}, hyperlink } = chunk?.[row % CHUNK]?.[column] || {};
    const text = format.textFormat || {};
    const own = cssColor(format.backgroundColor);
    const ground = own && own !== WHITE ? own : this.#band(row, column) || WHITE;
    const lines = [text.underline || hyperlink ? 'underline' : '', text.strikethrough ? 'line-through' : ''].filter(Boolean).join(' ');
    const css = [`background-color:${ground}`, `color:${hyperlink ? 'var(--blue)' : cssColor(text.foregroundColor) || 'var(--ink)'}`];
    const align = format.horizontalAlignment?.toLowerCase() || ('numberValue' in value ? 'right' : 'boolValue' in value ? 'center' : '');
    if (align) css.push(`text-align:${align}`);
    if (format.verticalAlignment) css.push(`vertical-align:${VERTICAL[format.verticalAlignment]}`);
    if (text.bold) css.push('font-weight:bold');
    if (text.italic) css.push('font-style:italic');
    if (lines) css.push(`text-decoration:${lines}`);
    if (/mono|courier|consolas/i.test(text.fontFamily || '')) css.push("font-family:'Roboto Mono',ui-monospace,monospace");
    if (text.fontSize && text.fontSize !== 10) css.push(`font-size:${text.fontSize}pt`);
    if (format.wrapStrategy === 'WRAP') css.push('white-space:pre-wrap;overflow-wrap:break-word');
    return css.join(';');
  }

  /** The colour of every other row. @param {number} row @param {number} column */
  #band(row, column) {
    const band = this.tab?.bands.find((each) => isWithin(each, row, column));
    if (!band) return '';
    if (band.header && row === band.top) return band.header;
    return band.colors[(row - band.top - (band.header ? 1 : 0)) % 2];
  }
}
