/** Which rows of a tab are in the page: all of a short one; of a long one those in view and some about them. */

/** A tab with no more rows than this is drawn whole. */
const WHOLE = 120;
/** Rows that are drawn above and below what is in view. */
const ABOUT = 15;
/** The height of a row that was not yet seen, in pixels. */
const ROW = 22;

export class View {
  constructor() {
    /** @type {number[]} the sheet's rows that are shown, frozen ones first */
    this.lines = [];
    this.frozen = 0;
    /** @type {Map<number, number>} heights of rows that were seen */
    this.heights = new Map();
  }

  /** @param {number} row of the sheet */
  height(row) {
    return this.heights.get(row) ?? ROW;
  }

  /** How far below the first row that is not frozen a line begins. @param {number} place in lines */
  above(place) {
    let sum = 0;
    for (let each = this.frozen; each < place; each += 1) sum += this.height(this.lines[each]);
    return sum;
  }

  /** The lines to be drawn: from, and up to but without. @param {number} top scrolled @param {number} height of the window @returns {[number, number]} */
  window(top, height) {
    const { lines, frozen } = this;
    if (lines.length <= WHOLE) return [frozen, lines.length];
    let from = frozen;
    let sum = 0;
    while (from < lines.length && sum + this.height(lines[from]) <= top) sum += this.height(lines[from++]);
    let to = from;
    while (to < lines.length && sum < top + height) sum += this.height(lines[to++]);
    return [Math.max(frozen, from - ABOUT), Math.min(lines.length, to + ABOUT)];
  }
}
