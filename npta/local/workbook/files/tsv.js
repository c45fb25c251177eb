/** What spreadsheets put on the clipboard: lines of cells separated by tabs, in quotes where a cell holds such signs. */

/** @param {string} text @returns {string[][]} */
export function parseTsv(text) {
  const rows = [[]];
  /** @type {string[]} */
  let row = rows[0];
  const cells = /(?:"((?:[^"]|"")*)"(?=[\t\r\n]|$)|([^\t\r\n]*))(\t|\r\n|\n|\r|$)/y;
  for (let match = cells.exec(text); match; match = cells.exec(text)) {
    row.push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
    if (match[3] === '' || cells.lastIndex >= text.length && match[3] !== '\t') break;
    if (match[3] !== '\t') rows.push(row = []);
  }
  return rows;
}

/** @param {string} cell @returns {string} as parseTsv reads it */
export function quoteTsv(cell) {
  return /[\t\r\n]|^"/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
