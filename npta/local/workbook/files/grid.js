/** One tab as a table in which people move, select, type and paste as in a spreadsheet. It knows nothing of where cells go. */
import { edit } from './editor.js';
import { letters } from './sheets.js';
import { Table } from './table.js';
import { parseTsv, quoteTsv } from './tsv.js';

/** @typedef {import('./looks.js').Looks} Looks */
/** @typedef {{row: number, column: number}} Place */

/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-15, 0], PageDown: [15, 0] };

export class Grid extends Table {
  /**
   * @param {HTMLElement} place
   * @param {Looks} looks
   * @param {(row: number, column: number, block: string[][], before: string[][]) => Promise<void>} write `before`: what was shown there
   * @param {(row: number, column: number, now: string) => void} collided a cell holds something else than when its edit began
   * @param {(selection: {values: string[][], row: number}) => void} selected the header and the row that the cursor is in
   * @param {(cells: string) => void} ranged how many cells are selected, in words; empty for one
   */
  constructor(place, looks, write, collided, selected, ranged) {
    super(place, looks, ranged);
    this.write = write;
    this.collided = collided;
    this.selected = selected;
    /** What is written goes out in the order in which it was typed. */
    this.writes = Promise.resolve();
    this.#listen();
  }

  #listen() {
    this.table.addEventListener('focusin', (event) => this.#arrive(event));
    this.table.addEventListener('mousedown', (event) => this.#press(event));
    this.table.addEventListener('mouseover', (event) => event.buttons === 1 && this.#drag(event));
    this.table.addEventListener('dblclick', () => this.#edit());
    this.place.addEventListener('keydown', (event) => this.#key(event));
    this.place.addEventListener('paste', (event) => this.#paste(event));
    this.place.addEventListener('copy', (event) => this.#copy(event));
    this.place.addEventListener('scroll', () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.place);
  }

  /** Which cell an event is about. @param {Event} event @returns {Place | null} */
  #at(event) {
    const cell = /** @type {HTMLElement} */ (event.target).closest('td');
    const row = Number(cell?.parentElement?.getAttribute('aria-rowindex')) - 1;
    return cell && row >= 0 ? { row, column: cell.cellIndex - 1 } : null;
  }

  /** @param {FocusEvent} event */
  #arrive(event) {
    const at = this.#at(event);
    if (!at) return;
    const moved = at.row !== this.row || at.column !== this.column;
    this.go(at);
    if (moved || !this.isRange) this.reach(at.row, at.column);
    this.cursor(false);
    /** @type {string[][]} */
    const values = [];
    for (const place of [0, at.row]) values[place] = this.content.values[place] || [];
    this.selected({ values, row: at.row + 1 });
  }

  /** @param {MouseEvent} event */
  #press(event) {
    const at = this.#at(event);
    if (!at || this.active?.firstElementChild) return;
    if (event.shiftKey) {
      event.preventDefault();
      this.reach(at.row, at.column);
    } else this.reach(this.row, this.column);
  }

  /** @param {MouseEvent} event */
  #drag(event) {
    const at = this.#at(event);
    if (at && this.place.contains(document.activeElement) && !this.active?.firstElementChild) this.reach(at.row, at.column);
  }

  /** @param {Place} from @param {number} down @param {number} right @returns {Place} */
  #step(from, down, right) {
    const { lines } = this.view;
    const line = Math.max(0, Math.min(lines.indexOf(from.row) + down, lines.length - 1));
    return { row: lines[line], column: Math.max(0, Math.min(from.column + right, this.content.look.length - 1)) };
  }

  /** @param {number} down @param {number} right */
  #move(down, right) {
    this.go(this.#step(this, down, right));
    this.reach(this.row, this.column);
    this.cursor(true);
  }

  /** @param {number} down @param {number} right */
  #extend(down, right) {
    const { row, column } = this.#step(this.end, down, right);
    this.bringIntoView(row);
    this.reach(row, column);
    this.drawn.get(row)?.cells[column]?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, shiftKey } = event;
    const end = this.view.lines.length;
    if (event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (key === 'Home') this.#move(-end, -this.column);
      else if (key === 'End') this.#move(end, this.content.look.length);
      else if (key.toLowerCase() === 'a') {
        this.go({ row: this.view.lines[0], column: 0 });
        this.reach(this.row, this.column);
        this.cursor(true);
        this.#extend(this.content.values.length - 1, this.content.look.length);
      } else return;
    } else if (STEPS[key]) {
      if (shiftKey) this.#extend(...STEPS[key]);
      else this.#move(...STEPS[key]);
    } else if (key === 'Tab') {
      // From the first and the last column Tab leaves the table, so that nobody is caught in it.
      const next = this.column + (shiftKey ? -1 : 1);
      if (!this.content.look[next]) return;
      this.#move(0, next - this.column);
    } else if (key === 'Home') this.#move(0, -this.column);
    else if (key === 'End') this.#move(0, this.content.look.length);
    else if (key === 'Enter' || key === 'F2') this.#edit();
    else if (key === 'Delete' || key === 'Backspace') this.#fill('');
    else if (key.length === 1) return void this.#edit('');
    else return;
    event.preventDefault();
  }

  /** @param {string} [start] what the field holds at first; the cell's text if not given */
  #edit(start) {
    this.bringIntoView(this.row);
    const cell = this.active;
    if (!cell || cell.firstElementChild) return;
    const [row, column] = [this.row, this.column];
    this.reach(row, column);
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
      if (!this.held) this.paint();
      if (onward !== 'stay') this.#move(onward === 'down' ? 1 : 0, onward === 'right' ? 1 : onward === 'left' ? -1 : 0);
      else if (mine) cell.focus();
    });
  }

  /** Set every selected cell; rows that a filter hides stay as they are. @param {string} text */
  #fill(text) {
    const { top, bottom, left, right } = this.range;
    const rows = this.view.lines.slice(top, bottom);
    const line = Array.from({ length: right - left }, () => text);
    for (let first = 0; first < rows.length;) {
      let count = 1;
      while (rows[first + count] === rows[first] + count) count += 1;
      this.#send(rows[first], left, Array.from({ length: count }, () => [...line]));
      first += count;
    }
  }

  /** Write cells, which show what was typed until the answer is there. @param {number} row @param {number} column @param {string[][]} block */
  #send(row, column, block) {
    const { values } = this.content;
    const before = block.map((line, down) => line.map((_, right) => this.text(row + down, column + right)));
    block.forEach((line, down) => line.forEach((text, right) => {
      values[row + down] = values[row + down] || [];
      values[row + down][column + right] = text;
    }));
    for (let place = 0; place < values.length; place += 1) values[place] = values[place] || [];
    this.paint();
    this.held += 1;
    this.unsent += 1;
    this.table.setAttribute('aria-busy', 'true');
    this.writes = this.writes.then(() => this.write(row, column, block, before)).finally(() => {
      this.held -= 1;
      this.unsent -= 1;
      this.table.setAttribute('aria-busy', String(this.unsent > 0));
      if (!this.held) this.paint();
    });
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    if (this.active?.firstElementChild) return;
    const block = parseTsv(event.clipboardData?.getData('text/plain') || '');
    event.preventDefault();
    if (!block.flat().join('')) return;
    if (block.length === 1 && block[0].length === 1 && this.isRange) this.#fill(block[0][0]);
    else this.#send(this.view.lines[this.range.top], this.range.left, block);
  }

  /** @param {ClipboardEvent} event */
  #copy(event) {
    if (this.active?.firstElementChild) return;
    const { top, bottom, left, right } = this.range;
    const columns = Array.from({ length: right - left }, (_, place) => left + place);
    const rows = this.view.lines.slice(top, bottom).map((row) => columns.map((column) => quoteTsv(this.text(row, column))).join('\t'));
    event.clipboardData?.setData('text/plain', rows.join('\n'));
    event.preventDefault();
  }
}
