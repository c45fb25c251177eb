/** One tab as a table in which people move, type and paste as in a spreadsheet. It knows nothing of where cells go. */
import { make } from './dom.js';
import { edit } from './editor.js';
import { isLocked, letters } from './sheets.js';
import { parseTsv, quoteTsv } from './tsv.js';

/** @typedef {import('./sheets.js').Tab} Tab */
/** @typedef {import('./sheets.js').Content} Content */

const ROWS = 20;
/** Empty rows that are shown below the last filled one. */
const SPARE = 8;
const LOCKED = 'Protected: only the service writes here';
const COMPUTED = 'Filled in by the service: what is typed here is written over';
/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class Grid {
  /**
   * @param {HTMLElement} place
   * @param {(row: number, column: number, block: string[][]) => Promise<void>} write
   * @param {(row: number, column: number, now: string) => void} collided a cell holds something else than when its edit began
   * @param {(selection: {values: string[][], row: number}) => void} selected the header and the row that the cursor is in
   */
  constructor(place, write, collided, selected) {
    this.write = write;
    this.collided = collided;
    this.selected = selected;
    /** What is written goes out in the order in which it was typed. */
    this.writes = Promise.resolve();
    this.table = make('table', { role: 'grid' });
    this.table.setAttribute('aria-busy', 'false');
    this.head = make('tr');
    this.body = make('tbody');
    this.columns = make('colgroup');
    this.table.append(this.columns, make('thead', {}, this.head), this.body);
    place.replaceChildren(this.table);
    /** @type {HTMLTableCellElement[][]} */
    this.cells = [];
    /** @type {Tab | null} */
    this.tab = null;
    /** @type {Content} */
    this.content = { values: [], look: [] };
    this.row = 0;
    this.column = 0;
    /** What the frame was drawn from. */
    this.look = '';
    /** @type {Set<number>} columns that the service fills */
    this.computed = new Set();
    /** Nothing is painted while this is above zero: somebody types, or what was typed is on its way. */
    this.held = 0;
    /** Edits that are shown but not yet in the spreadsheet. */
    this.unsent = 0;
    this.table.addEventListener('focusin', (event) => this.#arrive(event));
    this.table.addEventListener('dblclick', () => this.#edit());
    this.table.addEventListener('keydown', (event) => this.#key(event));
    this.table.addEventListener('paste', (event) => this.#paste(event));
    this.table.addEventListener('copy', (event) => this.#copy(event));
  }

  /** What is shown in a cell. @param {number} row @param {number} column */
  text(row, column) {
    return this.content.values[row]?.[column] ?? '';
  }

  /** Show a tab. The one that is shown already is only brought up to date. @param {Tab} tab @param {Content} content @param {string[]} computed headers */
  show(tab, content, computed) {
    const other = tab.id !== this.tab?.id;
    const look = JSON.stringify([tab.title, tab.columns, tab.locked, content.look, content.values[0]]);
    this.tab = tab;
    this.content = content;
    if (this.held && !other) return;
    if (other || this.look !== look) {
      this.look = look;
      this.computed = new Set(content.values[0]?.map((header, place) => (computed.includes(header) ? place : -1)));
      this.#frame(tab, content);
    }
    if (other) [this.row, this.column] = [Math.min(tab.frozen, tab.rows - 1), 0];
    this.#paint();
    this.#cursor(false);
  }

  /** @param {Tab} tab @param {Content} content */
  #frame(tab, { look }) {
    this.table.setAttribute('aria-label', tab.title);
    this.columns.replaceChildren(make('col', { className: 'numbers' }), ...look.map(({ width }) => make('col', { style: `width: ${width}px` })));
    this.head.replaceChildren(make('td'), ...look.map((each, column) => {
      const told = [each.note, this.computed.has(column) ? COMPUTED : ''].filter(Boolean).join('. ');
      return make('th', { scope: 'col', title: told, className: this.computed.has(column) ? 'computed' : '' }, letters(column));
    }));
    this.body.replaceChildren();
    this.cells = [];
  }

  #paint() {
    const tab = this.tab;
    if (!tab) return;
    const wanted = Math.min(tab.rows, Math.max(ROWS, this.content.values.length + SPARE));
    while (this.cells.length > wanted) {
      this.cells.pop();
      this.body.lastElementChild?.remove();
    }
    while (this.cells.length < wanted) this.#addRow(tab, this.cells.length);
    this.cells.forEach((cells, row) => cells.forEach((cell, column) => {
      const text = this.text(row, column);
      if (cell.textContent !== text || cell.firstElementChild) cell.textContent = text;
    }));
  }

  /** @param {Tab} tab @param {number} row */
  #addRow(tab, row) {
    const cells = this.content.look.map(({ choices }, column) => {
      const cell = make('td', { tabIndex: -1 });
      const locked = isLocked(tab, row, column);
      if (locked) cell.setAttribute('aria-readonly', 'true');
      if (locked || (row >= tab.frozen && this.computed.has(column))) cell.title = locked ? LOCKED : COMPUTED;
      if (cell.title) cell.classList.add(locked ? 'locked' : 'computed');
      else if (choices.length && row >= tab.frozen) cell.classList.add('list');
      return cell;
    });
    this.cells.push(cells);
    this.body.append(make('tr', { className: row < tab.frozen ? 'frozen' : '' }, make('th', { scope: 'row' }, String(row + 1)), ...cells));
  }

  /** The cell the cursor is on. @returns {HTMLTableCellElement | undefined} */
  get active() {
    return this.cells[this.row]?.[this.column];
  }

  /** @param {boolean} focus */
  #cursor(focus) {
    this.row = Math.max(0, Math.min(this.row, this.cells.length - 1));
    this.column = Math.max(0, Math.min(this.column, this.content.look.length - 1));
    const active = this.active;
    for (const old of this.table.querySelectorAll('td[tabindex="0"]')) if (old !== active) /** @type {HTMLElement} */ (old).tabIndex = -1;
    if (!active) return;
    active.tabIndex = 0;
    if (focus) active.focus();
  }

  /** @param {FocusEvent} event */
  #arrive(event) {
    const cell = /** @type {HTMLElement} */ (event.target).closest('td');
    const row = this.cells.findIndex((cells) => cell && cells.includes(cell));
    if (!cell || row < 0) return;
    [this.row, this.column] = [row, this.cells[row].indexOf(cell)];
    this.#cursor(false);
    /** @type {string[][]} */
    const values = [];
    for (const place of [0, row]) values[place] = this.content.values[place] || [];
    this.selected({ values, row: row + 1 });
  }

  /** @param {number} down @param {number} right */
  #move(down, right) {
    this.row += down;
    this.column += right;
    this.#cursor(true);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key, shiftKey } = event;
    if (STEPS[key]) this.#move(...STEPS[key]);
    else if (key === 'Tab') {
      // From the first and the last column Tab leaves the table, so that nobody is caught in it.
      const next = this.column + (shiftKey ? -1 : 1);
      if (!this.cells[this.row]?.[next]) return;
      this.#move(0, next - this.column);
    } else if (key === 'Home') this.#move(0, -this.column);
    else if (key === 'End') this.#move(0, this.content.look.length);
    else if (key === 'Enter' || key === 'F2') this.#edit();
    else if (key === 'Delete' || key === 'Backspace') this.#send(this.row, this.column, [['']]);
    else if (key.length === 1) return this.#edit('');
    else return undefined;
    event.preventDefault();
    return undefined;
  }

  /** @param {string} [start] what the field holds at first; the cell's text if not given */
  #edit(start) {
    const cell = this.active;
    if (!cell || cell.firstElementChild) return;
    const [row, column] = [this.row, this.column];
    const before = this.text(row, column);
    const label = `${letters(column)}${row + 1} ${this.text(0, column)}`.trim();
    const choices = row >= (this.tab?.frozen ?? 0) ? this.content.look[column].choices : [];
    this.held += 1;
    edit(cell, label, before, start ?? before, choices, (text, onward) => {
      this.held -= 1;
      const mine = cell.contains(document.activeElement);
      cell.replaceChildren(this.text(row, column));
      const now = this.text(row, column);
      if (text !== null && now === before) this.#send(row, column, [[text]]);
      else if (text !== null) this.collided(row, column, now);
      if (!this.held) this.#paint();
      if (onward !== 'stay') this.#move(onward === 'down' ? 1 : 0, onward === 'right' ? 1 : onward === 'left' ? -1 : 0);
      else if (mine) cell.focus();
    });
  }

  /** Write cells, which show what was typed until the answer is there. @param {number} row @param {number} column @param {string[][]} block */
  #send(row, column, block) {
    const { values } = this.content;
    block.forEach((line, down) => line.forEach((text, right) => {
      values[row + down] = values[row + down] || [];
      values[row + down][column + right] = text;
    }));
    for (let place = 0; place < values.length; place += 1) values[place] = values[place] || [];
    this.#paint();
    this.held += 1;
    this.unsent += 1;
    this.table.setAttribute('aria-busy', 'true');
    this.writes = this.writes.then(() => this.write(row, column, block)).finally(() => {
      this.held -= 1;
      this.unsent -= 1;
      this.table.setAttribute('aria-busy', String(this.unsent > 0));
      if (!this.held) this.#paint();
    });
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    const block = parseTsv(event.clipboardData?.getData('text/plain') || '');
    event.preventDefault();
    if (block.flat().join('')) this.#send(this.row, this.column, block);
  }

  /** @param {ClipboardEvent} event */
  #copy(event) {
    if (this.active?.firstElementChild) return;
    event.clipboardData?.setData('text/plain', quoteTsv(this.text(this.row, this.column)));
    event.preventDefault();
  }
}
