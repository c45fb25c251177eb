/** One tab drawn as a table: its cells, their looks, what is selected. Of a long tab only what is in view. */
import { make } from './dom.js';
import { isLocked, letters } from './sheets.js';
import { View } from './view.js';

/** @typedef {import('./sheets.js').Tab} Tab */
/** @typedef {import('./sheets.js').Content} Content */
/** @typedef {import('./looks.js').Looks} Looks */
/** @typedef {{row: number, column: number}} Place */
/** @typedef {{tr: HTMLTableRowElement, cells: HTMLTableCellElement[]}} Line */

const ROWS = 20;
/** Empty rows that are shown below the last filled one. */
const SPARE = 8;
/** What stands left of the cells and above them, in pixels. */
const NUMBERS = 44;
const LETTERS = 22;
const LOCKED = 'Protected: only the service writes here';
const COMPUTED = 'Filled in by the service: what is typed here is written over';

export class Table {
  /** @param {HTMLElement} place @param {Looks} looks @param {(cells: string) => void} ranged how many cells are selected, in words; empty for one */
  constructor(place, looks, ranged) {
    this.place = place;
    this.looks = looks;
    this.ranged = ranged;
    this.table = make('table', { role: 'grid' });
    this.table.setAttribute('aria-busy', 'false');
    this.table.setAttribute('aria-multiselectable', 'true');
    this.head = make('tr');
    this.body = make('tbody');
    this.columns = make('colgroup');
    this.table.append(this.columns, make('thead', {}, this.head), this.body);
    /** As high as all rows together, so that the scroll bar tells the truth. */
    this.paper = make('div', { className: 'paper' }, this.table);
    place.replaceChildren(this.paper);
    this.view = new View();
    /** @type {Map<number, Line>} the rows that are in the page, by the sheet's row */
    this.drawn = new Map();
    /** @type {WeakMap<Element, string>} the CSS that a cell has */
    this.styled = new WeakMap();
    /** @type {Tab | null} */
    this.tab = null;
    /** @type {Content} */
    this.content = { values: [], look: [] };
    this.row = 0;
    this.column = 0;
    /** The cell that Tab reaches. @type {HTMLTableCellElement | undefined} */
    this.current = undefined;
    /** The other end of what is selected. @type {Place} */
    this.end = { row: 0, column: 0 };
    /** What is selected, if it is more than a cell. @type {{rows: Set<number>, left: number, right: number} | null} */
    this.picked = null;
    /** What the frame was drawn from. */
    this.look = '';
    /** @type {Set<number>} columns that the service fills */
    this.computed = new Set();
    /** @type {number[] | null} rows that a filter lets through, in their order; null for all */
    this.filtered = null;
    /** Nothing is painted while this is above zero: somebody types, or what was typed is on its way. */
    this.held = 0;
    /** Edits that are shown but not yet in the spreadsheet. */
    this.unsent = 0;
  }

  /** What is shown in a cell. @param {number} row @param {number} column */
  text(row, column) {
    return this.content.values[row]?.[column] ?? '';
  }

  /** @param {Tab} tab @param {Content} content */
  frame(tab, { look }) {
    this.table.setAttribute('aria-label', tab.title);
    this.table.setAttribute('aria-colcount', String(tab.columns));
    this.table.style.width = `${this.left(look.length)}px`;
    this.columns.replaceChildren(make('col', { className: 'numbers' }), ...look.map(({ width }) => make('col', { style: `width: ${width}px` })));
    this.head.replaceChildren(make('td'), ...look.map((each, column) => {
      const title = [each.note, this.computed.has(column) ? COMPUTED : ''].filter(Boolean).join('. ');
      const stuck = column < tab.frozenColumns;
      return make('th', { scope: 'col', title, className: stuck ? 'stuck' : '', style: stuck ? `left:${this.left(column)}px` : '' }, letters(column));
    }));
    this.body.replaceChildren();
    this.drawn.clear();
    this.view.heights.clear();
  }

  /** Where a column begins. @param {number} column */
  left(column) {
    return this.content.look.slice(0, column).reduce((sum, { width }) => sum + width, NUMBERS);
  }

  /** Where a row begins; what it is drawn beside may lie anywhere. @param {number} row */
  top(row) {
    const { lines, frozen } = this.view;
    const place = lines.findIndex((each) => each >= row);
    const head = lines.slice(0, Math.min(row, frozen)).reduce((sum, each) => sum + this.view.height(each), LETTERS);
    return head + this.view.above(place < 0 ? lines.length : place);
  }

  /** Show what there is now. */
  paint() {
    const tab = this.tab;
    if (!tab) return;
    const { view } = this;
    view.frozen = tab.frozen;
    const wanted = Math.min(tab.rows, Math.max(ROWS, this.content.values.length + SPARE));
    const frozen = Array.from({ length: tab.frozen }, (_, row) => row);
    view.lines = this.filtered ? [...frozen, ...this.filtered] : Array.from({ length: wanted }, (_, row) => row);
    this.table.setAttribute('aria-rowcount', String(wanted));
    this.draw();
    this.drawn.forEach((line, row) => this.paintLine(line, row));
    this.measure();
  }

  /** Let exactly the rows that belong into the window be in the page. */
  draw() {
    const tab = this.tab;
    if (!tab) return;
    const { view } = this;
    const [from, to] = view.window(this.place.scrollTop, this.place.clientHeight);
    const rows = [...view.lines.slice(0, view.frozen), ...view.lines.slice(from, to)];
    const wanted = new Set(rows);
    let changed = false;
    for (const [row, { tr, cells }] of this.drawn) {
      if (wanted.has(row)) continue;
      // What is typed in a row that is scrolled away is written, as when the cell is left.
      const field = /** @type {HTMLElement | null} */ (tr.querySelector('input, select'));
      field?.blur();
      if (cells.includes(/** @type {any} */ (document.activeElement))) this.place.focus({ preventScroll: true });
      tr.remove();
      this.drawn.delete(row);
      changed = true;
    }
    /** @type {Element | null} */
    let next = this.body.firstElementChild;
    for (const row of rows) {
      let line = this.drawn.get(row);
      if (!line) {
        line = this.line(tab, row);
        this.drawn.set(row, line);
        this.paintLine(line, row);
        changed = true;
      }
      if (line.tr === next) next = next.nextElementSibling;
      else this.body.insertBefore(line.tr, next);
    }
    this.looks.want(rows);
    this.table.style.marginTop = `${view.above(from)}px`;
    if (changed) this.measure();
    this.place.tabIndex = this.active ? -1 : 0;
  }

  /** Learn how high the rows are that can be seen. */
  measure() {
    const { view } = this;
    for (const [row, { tr }] of this.drawn) view.heights.set(row, tr.offsetHeight);
    this.paper.style.width = this.table.style.width;
    const frozen = view.lines.slice(0, view.frozen).reduce((sum, row) => sum + view.height(row), LETTERS);
    this.paper.style.height = `${frozen + view.above(view.lines.length)}px`;
    this.place.style.scrollPadding = `${frozen}px 0 0 ${this.left(this.tab?.frozenColumns ?? 0)}px`;
    let top = LETTERS;
    for (const row of view.lines.slice(0, view.frozen)) {
      for (const cell of this.drawn.get(row)?.tr.children || []) /** @type {HTMLElement} */ (cell).style.top = `${top}px`;
      top += view.height(row);
    }
  }

  /** @param {Tab} tab @param {number} row @returns {Line} */
  line(tab, row) {
    const cells = this.content.look.map(({ choices }, column) => {
      const cell = make('td', { tabIndex: -1 });
      const locked = isLocked(tab, row, column);
      if (locked) cell.setAttribute('aria-readonly', 'true');
      if (locked || (row >= tab.frozen && this.computed.has(column))) cell.title = locked ? LOCKED : COMPUTED;
      else if (choices.length && row >= tab.frozen) cell.classList.add('list');
      if (column < tab.frozenColumns) cell.classList.add('stuck');
      if (column === tab.frozenColumns - 1) cell.classList.add('edge');
      return cell;
    });
    const tr = make('tr', { className: row < tab.frozen ? 'frozen' : '', 'aria-rowindex': row + 1 }, make('th', { scope: 'row' }, String(row + 1)), ...cells);
    return { tr, cells };
  }

  /** @param {Line} line @param {number} row */
  paintLine(line, row) {
    line.cells.forEach((cell, column) => {
      const text = this.text(row, column);
      if (this.held ? !cell.firstElementChild && cell.textContent !== text : cell.textContent !== text || cell.firstElementChild) cell.textContent = text;
    });
    this.style(line, row);
  }

  /** Show looks that are known now; what stands in the cells stays. */
  restyle() {
    this.drawn.forEach((line, row) => this.style(line, row));
    this.measure();
  }

  /** @param {Line} line @param {number} row */
  style({ tr, cells }, row) {
    const stuck = this.tab?.frozenColumns ?? 0;
    const top = row < this.view.frozen ? tr.firstElementChild : null;
    cells.forEach((cell, column) => {
      let css = this.looks.of(row, column);
      if (column < stuck) css += `;left:${this.left(column)}px`;
      if (this.styled.get(cell) !== css) {
        this.styled.set(cell, css);
        cell.style.cssText = css;
        if (top) cell.style.top = /** @type {HTMLElement} */ (top).style.top;
      }
      this.mark(cell, row, column);
    });
  }

  /** The cell the cursor is on. @returns {HTMLTableCellElement | undefined} */
  get active() {
    return this.drawn.get(this.row)?.cells[this.column];
  }

  /** What is selected, as places in the lines that are shown and columns. */
  get range() {
    const places = [this.view.lines.indexOf(this.row), this.view.lines.indexOf(this.end.row)].map((place) => Math.max(0, place));
    return {
      top: Math.min(...places), bottom: Math.max(...places) + 1,
      left: Math.min(this.column, this.end.column), right: Math.max(this.column, this.end.column) + 1,
    };
  }

  get isRange() {
    return this.end.row !== this.row || this.end.column !== this.column;
  }

  /** @param {HTMLElement} cell @param {number} row @param {number} column */
  mark(cell, row, column) {
    const inside = this.picked !== null && this.picked.rows.has(row) && column >= this.picked.left && column < this.picked.right;
    if (inside !== cell.classList.contains('picked')) {
      cell.classList.toggle('picked', inside);
      if (inside) cell.setAttribute('aria-selected', 'true');
      else cell.removeAttribute('aria-selected');
    }
  }

  /** Let the selection reach from the cursor to here. @param {number} row @param {number} column */
  reach(row, column) {
    const was = this.isRange;
    this.end = { row, column };
    if (!was && !this.isRange) return;
    const { top, bottom, left, right } = this.range;
    this.picked = this.isRange ? { rows: new Set(this.view.lines.slice(top, bottom)), left, right } : null;
    this.drawn.forEach(({ cells }, each) => cells.forEach((cell, place) => this.mark(cell, each, place)));
    this.ranged(this.isRange ? `${bottom - top} × ${right - left} cells selected` : '');
  }

  /** @param {number} row */
  bringIntoView(row) {
    const { view, place } = this;
    if (this.drawn.has(row)) return;
    const line = view.lines.indexOf(row);
    place.scrollTop = Math.max(0, view.above(line) - place.clientHeight / 2);
    this.draw();
  }

  /** Put the cursor on a cell. @param {Place} place */
  go({ row, column }) {
    [this.row, this.column] = [row, column];
  }

  /** Show a tab. The one that is shown already is only brought up to date. @param {Tab} tab @param {Content} content @param {string[]} computed headers @param {number[] | null} filtered rows */
  show(tab, content, computed, filtered) {
    const other = tab.id !== this.tab?.id;
    const look = JSON.stringify([tab.title, tab.columns, tab.frozen, tab.frozenColumns, tab.locked, content.look, content.values[0]]);
    this.tab = tab;
    this.content = content;
    this.filtered = filtered;
    if (this.held && !other) return;
    if (other || this.look !== look) {
      this.look = look;
      this.computed = new Set(content.values[0]?.map((header, place) => (computed.includes(header) ? place : -1)));
      this.frame(tab, content);
    }
    if (other) {
      [this.row, this.column] = [Math.min(tab.frozen, tab.rows - 1), 0];
      this.reach(this.row, this.column);
      this.place.scrollTo(0, 0);
    }
    this.paint();
    this.cursor(false);
  }

  /** @param {boolean} focus */
  cursor(focus) {
    const { lines } = this.view;
    if (!lines.includes(this.row)) this.row = lines.find((row) => row >= this.row) ?? lines.at(-1) ?? 0;
    this.column = Math.max(0, Math.min(this.column, this.content.look.length - 1));
    if (focus) this.bringIntoView(this.row);
    const { active } = this;
    if (this.current !== active && this.current) this.current.tabIndex = -1;
    this.current = active;
    if (!active) return;
    active.tabIndex = 0;
    this.place.tabIndex = -1;
    if (focus) active.focus();
  }
}
