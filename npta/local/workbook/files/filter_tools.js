/** The tools with which a person filters: a saved view for oneself, or values of a column for everybody. */
import { make, part } from './dom.js';
import { criteriaOf } from './filter.js';
import { letters } from './sheets.js';

/** @typedef {import('./sheets.js').Tab} Tab */

export class FilterTools {
  /**
   * @param {() => {tab: Tab, values: string[][], column: number} | null} here what is shown, and the cursor's column
   * @param {() => void} viewed another view was chosen
   * @param {(filter: any) => void} filtered the basic filter is to be this; null: none
   */
  constructor(here, viewed, filtered) {
    this.here = here;
    this.filtered = filtered;
    this.list = /** @type {HTMLSelectElement} */ (part('views'));
    this.dialog = /** @type {HTMLDialogElement} */ (part('filter-dialog'));
    /** @type {Map<number, string>} the view that was chosen, by tab */
    this.chosen = new Map();
    this.list.addEventListener('change', () => {
      const tab = here()?.tab;
      if (tab) this.chosen.set(tab.id, this.list.value);
      viewed();
    });
    part('filter').addEventListener('click', () => this.#ask());
    part('filter-none').addEventListener('click', () => this.#tick(false));
    part('filter-all').addEventListener('click', () => this.#tick(true));
    this.dialog.addEventListener('close', () => this.#answer());
  }

  /** The filters that hold on a tab. @param {Tab} tab @returns {any[]} */
  of(tab) {
    return [tab.filter, this.#view(tab)].filter(Boolean);
  }

  /** @param {Tab} tab */
  #view(tab) {
    return tab.views.find((view) => String(view.filterViewId) === this.chosen.get(tab.id));
  }

  /** @param {Tab} tab @param {number | null} rows that are shown; null: no filter */
  show(tab, rows) {
    const views = [{ filterViewId: '', title: 'All rows' }, ...tab.views];
    const drawn = JSON.stringify(views.map(({ filterViewId, title }) => [filterViewId, title]));
    if (this.list.dataset.drawn !== drawn) {
      this.list.dataset.drawn = drawn;
      this.list.replaceChildren(...views.map(({ filterViewId, title }) => make('option', { value: String(filterViewId) }, title)));
    }
    this.list.value = String(this.#view(tab)?.filterViewId ?? '');
    const columns = criteriaOf(tab.filter).map(([column]) => letters(column));
    const message = columns.length ? `Column ${columns.join(', ')} is filtered` : '';
    part('filter-told').textContent = rows === null ? '' : `${message || 'Filtered'}: ${rows} ${rows === 1 ? 'row' : 'rows'} shown`;
  }

  #ask() {
    const here = this.here();
    if (!here) return;
    const { tab, values, column } = here;
    const hidden = new Map(criteriaOf(tab.filter)).get(column)?.hiddenValues || [];
    const there = [...new Set(values.slice(tab.frozen).map((row) => row[column] ?? ''))].sort();
    this.asked = { tab, column, there };
    part('filter-title').textContent = `Show rows by column ${letters(column)} ${values[0]?.[column] ?? ''}`.trim();
    part('filter-values').replaceChildren(...there.map((value) => (
      make('label', {}, make('input', { type: 'checkbox', checked: !hidden.includes(value), value }), ` ${value || '(empty)'}`))));
    this.dialog.returnValue = '';
    this.dialog.showModal();
  }

  get #boxes() {
    return [.../** @type {NodeListOf<HTMLInputElement>} */ (part('filter-values').querySelectorAll('input'))];
  }

  /** @param {boolean} checked */
  #tick(checked) {
    for (const box of this.#boxes) box.checked = checked;
  }

  #answer() {
    if (!this.asked || !this.dialog.returnValue) return;
    const { tab, column } = this.asked;
    const hiddenValues = this.dialog.returnValue === 'all' ? [] : this.#boxes.filter((box) => !box.checked).map((box) => box.value);
    const others = criteriaOf(tab.filter).filter(([each]) => this.dialog.returnValue !== 'all' && each !== column);
    const specs = [...others, ...(hiddenValues.length ? [[column, { hiddenValues }]] : [])];
    const range = tab.filter?.range || { sheetId: tab.id, startRowIndex: Math.max(0, tab.frozen - 1), startColumnIndex: 0, endColumnIndex: tab.columns };
    // A filter that provisioning has made stays there without criteria; one that was made here goes again.
    if (!specs.length && !tab.filter) return;
    this.filtered({ range, filterSpecs: specs.map(([columnIndex, filterCriteria]) => ({ columnIndex, filterCriteria })) });
  }
}
