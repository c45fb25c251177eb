/** The spreadsheet on the page: its tabs, the table of the chosen one, and what people do with rows, columns and tabs. */
import { Charts, readCharts } from './charts.js';
import { make, part } from './dom.js';
import { rowsOf } from './filter.js';
import { FilterTools } from './filter_tools.js';
import { Grid } from './grid.js';
import { Changed, History } from './history.js';
import { Looks } from './looks.js';
import { Unreachable } from './net.js';
import { Refused, Spreadsheet, isLockedWhole, letters, quoted } from './sheets.js';

/** @typedef {import('./sheets.js').Tab} Tab */

const LOCK = '<svg class="lock" viewBox="0 0 12 14" width="10" height="12" role="img" aria-label="protected">'
  + '<title>Protected: only the service writes here</title>'
  + '<path d="M2 6V4a4 4 0 0 1 8 0v2h1v8H1V6zm2 0h4V4a2 2 0 0 0-4 0z" fill="currentColor"/></svg>';

const AGAIN_MILLISECONDS = 1000;

/** @param {unknown} error @param {string} where @returns {string} for people */
function errorText(error, where) {
  if (error instanceof Changed) return `Not done: ${error.message}`;
  if (error instanceof Refused) return `${where} was not changed. ${error.message}`;
  return 'Not done: this page’s server does not answer. Is make serve running?';
}

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
    /** What the chosen tab holds. @type {import('./sheets.js').Content} */
    this.content = { values: [], look: [] };
    this.looks = new Looks((tab, top, bottom) => this.api.looks(tab, top, bottom), () => this.grid.restyle());
    this.history = new History(this.api);
    this.grid = new Grid(
      part('grid'),
      this.looks,
      (row, column, block, before) => this.#write(row, column, block, before),
      (row, column, now) => this.#say(`${this.#cell(row, column)} was changed meanwhile: it holds “${now}”. What you typed was not written.`),
      selected,
      (cells) => { part('picked').textContent = cells; },
    );
    this.charts = new Charts(this.grid.paper, (row) => this.grid.top(row), (column) => this.grid.left(column));
    this.filters = new FilterTools(
      () => (this.tab ? { tab: this.tab, values: this.content.values, column: this.grid.column } : null),
      () => this.refresh(),
      (filter) => this.#act((tab) => this.api.filter(tab, filter)),
    );
    part('show-hidden').addEventListener('change', () => this.#showTabs());
    /** @type {Record<string, (tab: Tab) => Promise<unknown>>} */
    const deeds = {
      'insert-row': (tab) => this.history.insertRows(tab, this.grid.row, 1),
      'delete-row': (tab) => this.history.deleteRow(tab, this.grid.row),
      'add-rows': (tab) => this.history.insertRows(tab, tab.rows, 100),
      'sort-up': (tab) => this.#sort(tab, false),
      'sort-down': (tab) => this.#sort(tab, true),
      undo: () => this.#again(true),
      redo: () => this.#again(false),
    };
    for (const [id, deed] of Object.entries(deeds)) part(id).addEventListener('click', () => this.#act(deed));
    part('workbook').addEventListener('keydown', (event) => {
      const { ctrlKey, metaKey, shiftKey, key } = event;
      const back = key.toLowerCase() === 'z' && !shiftKey;
      if (!(ctrlKey || metaKey) || !(back || key.toLowerCase() === 'y' || key.toLowerCase() === 'z')) return;
      event.preventDefault();
      this.grid.writes = this.grid.writes.then(() => this.#act(() => this.#again(back)));
    });
    this.#letDelete();
    window.addEventListener('beforeunload', (event) => this.grid.unsent && event.preventDefault());
  }

  /**
   * Write what was typed. While the server does not answer it is kept, shown, and sent again and again.
   *
   * @param {number} row @param {number} column @param {string[][]} block @param {string[][]} before what was shown there
   */
  async #write(row, column, block, before) {
    const area = { top: row, bottom: row + block.length, left: column, right: column + Math.max(...block.map((line) => line.length)) };
    const [title, where] = [this.chosen, this.#cell(row, column)];
    const wasThere = () => this.tabs.find((tab) => tab.title === title);
    for (let again = false; ; again = true) {
      const tab = wasThere();
      if (!tab) return;
      try {
        if (again) await this.#refuseChanged(tab, area, block, before, where);
        await this.history.cells(tab, area, where, () => this.api.write(tab, row, column, block));
        this.#say('');
        break;
      } catch (error) {
        if (!(error instanceof Unreachable)) {
          this.#say(errorText(error, where));
          break;
        }
        this.#say(`${where} is not written yet: this page’s server does not answer. What you typed is kept, and written when it does.`);
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MILLISECONDS));
      }
    }
    await this.refresh().catch(() => undefined); // told at the top of the page
  }

  /** Raise `Changed` if somebody wrote there while this page was cut off. @param {Tab} tab @param {import('./sheets.js').Area} area @param {string[][]} block @param {string[][]} before @param {string} where */
  async #refuseChanged(tab, area, block, before, where) {
    const [now] = await this.api.valuesOf([`${quoted(tab.title)}!${letters(area.left)}${area.top + 1}:${letters(area.right - 1)}${area.bottom}`], 'FORMATTED_VALUE');
    const differs = block.some((line, down) => line.some((text, right) => ![text, before[down][right]].includes(String(now[down]?.[right] ?? ''))));
    if (differs) throw new Changed(`${where} was changed by somebody else meanwhile. What you typed was “${block.map((line) => line.join(' | ')).join(' / ')}”.`);
  }

  /** @param {Tab} tab @param {boolean} descending */
  #sort(tab, descending) {
    const area = { top: tab.frozen, bottom: Math.max(tab.frozen + 1, this.content.values.length), left: 0, right: tab.columns };
    const words = `The order of ${tab.title}`;
    return this.history.cells(tab, area, words, () => this.api.sort(tab, this.grid.column, descending));
  }

  /** @param {boolean} back */
  async #again(back) {
    const deed = await (back ? this.history.undo(this.tabs) : this.history.redo(this.tabs));
    part('picked').textContent = deed ? `${back ? 'Undone' : 'Done again'}: ${deed.words}` : `Nothing to ${back ? 'undo' : 'do again'}`;
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
    let charts;
    let rows;
    try {
      [content, charts] = await Promise.all([this.api.content(tab), readCharts(this.api, tabs, tab)]);
      rows = await this.#filtered(tab, content.values);
    } catch (error) {
      // Somebody has deleted or renamed it since; the next reading knows.
      if (error instanceof Refused) return;
      throw error;
    }
    if (mine !== this.reading) return;
    this.tabs = tabs;
    this.chosen = tab.title;
    this.content = content;
    this.#showTabs();
    this.looks.follow(tab);
    this.grid.show(tab, content, this.computed[tab.title] || [], rows);
    this.charts.show(charts);
    this.filters.show(tab, rows && rows.length);
  }

  /** The rows that filters let through; null for all. @param {Tab} tab @param {string[][]} values */
  async #filtered(tab, values) {
    const filters = this.filters.of(tab);
    if (!filters.length) return null;
    const [numbers] = await this.api.valuesOf([quoted(tab.title)], 'UNFORMATTED_VALUE');
    return rowsOf(tab, filters, { values, numbers });
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
    const drawn = JSON.stringify([shown.map((tab) => [tab.title, tab.hidden, tab.color, isLockedWhole(tab)]), this.chosen]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const focused = part('tabs').contains(document.activeElement);
    part('tabs').replaceChildren(...shown.map((tab) => {
      const button = make('button', { type: 'button', className: tab.hidden ? 'hidden-tab' : '', style: `--tab: ${tab.color || 'transparent'}` }, tab.title);
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

  /** Do something to the chosen tab; what the Sheets API has against it is shown. @param {(tab: Tab) => Promise<unknown>} deed @param {string} [where] */
  async #act(deed, where = this.chosen) {
    const tab = this.tab;
    if (!tab) return;
    try {
      await deed(tab);
      this.#say('');
    } catch (error) {
      this.#say(errorText(error, where));
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
