/** The spreadsheet on the page: its tabs, the table of the chosen one, and what people do with rows, columns and tabs. */
import { make, part } from './dom.js';
import { Grid } from './grid.js';
import { Refused, Spreadsheet, isLockedWhole, letters } from './sheets.js';

/** @typedef {import('./sheets.js').Tab} Tab */

const LOCK = '<svg class="lock" viewBox="0 0 12 14" width="10" height="12" role="img" aria-label="protected">'
  + '<title>Protected: only the service writes here</title>'
  + '<path d="M2 6V4a4 4 0 0 1 8 0v2h1v8H1V6zm2 0h4V4a2 2 0 0 0-4 0z" fill="currentColor"/></svg>';

export class Workbook {
  /**
   * @param {string} spreadsheetId
   * @param {Record<string, string[]>} computed headers of columns that the service fills, by tab
   * @param {(selection: {values: string[][], row: number}) => void} selected the header and the row that the cursor is in
   */
  constructor(spreadsheetId, computed, selected) {
    this.api = new Spreadsheet(spreadsheetId);
    this.computed = computed;
    /** @type {Tab[]} */
    this.tabs = [];
    this.chosen = '';
    /** What the strip of tabs was drawn from. */
    this.drawn = '';
    /** The newest reading; what an older one finds is not shown. */
    this.reading = Symbol('none yet');
    this.grid = new Grid(
      part('grid'),
      (row, column, block) => this.#act((tab) => this.api.write(tab, row, column, block), this.#cell(row, column)),
      (row, column, now) => this.#say(`${this.#cell(row, column)} was changed meanwhile: it holds “${now}”. What you typed was not written.`),
      selected,
    );
    part('show-hidden').addEventListener('change', () => this.#showTabs());
    /** @type {Record<string, (tab: Tab) => Promise<unknown>>} */
    const deeds = {
      'insert-row': (tab) => this.api.insertRows(tab, this.grid.row, 1),
      'delete-row': (tab) => this.api.deleteRow(tab, this.grid.row),
      'add-rows': (tab) => this.api.insertRows(tab, tab.rows, 100),
      'sort-up': (tab) => this.api.sort(tab, this.grid.column, false),
      'sort-down': (tab) => this.api.sort(tab, this.grid.column, true),
    };
    for (const [id, deed] of Object.entries(deeds)) part(id).addEventListener('click', () => this.#act(deed));
    this.#letDelete();
  }

  get tab() {
    return this.tabs.find((tab) => tab.title === this.chosen);
  }

  /** Read tabs and the chosen one's cells again. */
  async refresh() {
    const mine = this.reading = Symbol('reading');
    const tabs = await this.api.tabs();
    const tab = tabs.find((each) => each.title === this.chosen) || tabs.find((each) => !each.hidden);
    if (mine !== this.reading || !tab) return;
    let content;
    try {
      content = await this.api.content(tab);
    } catch (error) {
      // Somebody has deleted or renamed it since; the next reading knows.
      if (error instanceof Refused) return;
      throw error;
    }
    if (mine !== this.reading) return;
    this.tabs = tabs;
    this.chosen = tab.title;
    this.#showTabs();
    this.grid.show(tab, content, this.computed[tab.title] || []);
  }

  /** @param {string} title */
  async choose(title) {
    this.chosen = title;
    this.#say('');
    this.#showTabs();
    await this.refresh();
  }

  #showTabs() {
    const all = /** @type {HTMLInputElement} */ (part('show-hidden')).checked;
    const shown = this.tabs.filter((tab) => all || !tab.hidden || tab.title === this.chosen);
    const drawn = JSON.stringify([shown, this.chosen]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const focused = part('tabs').contains(document.activeElement);
    part('tabs').replaceChildren(...shown.map((tab) => {
      const button = make('button', { type: 'button', className: tab.hidden ? 'hidden-tab' : '' }, tab.title);
      if (isLockedWhole(tab)) button.insertAdjacentHTML('beforeend', ` ${LOCK}`);
      if (tab.title === this.chosen) button.setAttribute('aria-current', 'true');
      button.addEventListener('click', () => this.choose(tab.title));
      return button;
    }));
    if (focused) /** @type {HTMLElement | null} */ (part('tabs').querySelector('[aria-current]'))?.focus();
  }

  /** @param {number} row @param {number} column */
  #cell(row, column) {
    return `${this.chosen}, ${letters(column)}${row + 1}`;
  }

  /** Do something to the chosen tab; what the Sheets API has against it is told. @param {(tab: Tab) => Promise<unknown>} deed @param {string} [where] */
  async #act(deed, where = this.chosen) {
    const tab = this.tab;
    if (!tab) return;
    try {
      await deed(tab);
      this.#say('');
    } catch (error) {
      this.#say(error instanceof Refused ? `${where} was not changed. ${error.message}` : 'This page’s server does not answer: is make serve running?');
    }
    await this.refresh().catch(() => undefined); // told at the top of the page
  }

  /** @param {string} text */
  #say(text) {
    part('refusal').textContent = text;
  }

  #letDelete() {
    const dialog = /** @type {HTMLDialogElement} */ (part('delete-dialog'));
    part('delete-tab').addEventListener('click', () => {
      part('delete-title').textContent = `Delete the tab “${this.chosen}”?`;
      dialog.returnValue = '';
      dialog.showModal();
    });
    dialog.addEventListener('close', () => {
      if (dialog.returnValue === 'delete') this.#act((tab) => this.api.deleteTab(tab));
    });
  }
}
