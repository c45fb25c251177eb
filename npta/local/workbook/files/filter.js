/** Which rows a filter lets through: the basic filter, which everybody sees, and a saved filter view, which is one's own. */

/**
 * @typedef {import('./sheets.js').Tab} Tab
 * @typedef {{values: any[][], numbers: any[][]}} Shown what cells show, and what they hold
 */

const DAY = 24 * 60 * 60 * 1000;
/** Day 0 of a spreadsheet's dates. */
const EPOCH = Date.UTC(1899, 11, 30);
/** @type {Record<string, number>} days before today */
const PAST = { TODAY: 0, YESTERDAY: 1, TOMORROW: -1, PAST_WEEK: 7, PAST_MONTH: 30, PAST_YEAR: 365 };

/** @param {any} value @returns {number} a date's serial number */
function serial(value) {
  if (value?.relativeDate) return Math.floor((Date.now() - EPOCH) / DAY) - (PAST[value.relativeDate] ?? 0);
  const given = value?.userEnteredValue ?? '';
  return Number.isNaN(Number(given)) ? (Date.parse(given) - EPOCH) / DAY : Number(given);
}

/** @param {any} condition of Google's @param {string} text what the cell shows @param {unknown} held what it holds @returns {boolean} */
function meets({ type, values = [] }, text, held) {
  const [first, second] = values;
  const wanted = String(first?.userEnteredValue ?? '').toLowerCase();
  const shown = text.toLowerCase();
  const number = typeof held === 'number' ? held : NaN;
  const than = type.startsWith('DATE') ? serial(first) : Number(wanted);
  switch (type) {
    case 'TEXT_EQ': return shown === wanted;
    case 'TEXT_NOT_EQ': return shown !== wanted;
    case 'TEXT_CONTAINS': return shown.includes(wanted);
    case 'TEXT_NOT_CONTAINS': return !shown.includes(wanted);
    case 'TEXT_STARTS_WITH': return shown.startsWith(wanted);
    case 'TEXT_ENDS_WITH': return shown.endsWith(wanted);
    case 'NUMBER_EQ': return number === than;
    case 'NUMBER_NOT_EQ': return number !== than;
    case 'NUMBER_GREATER': case 'DATE_AFTER': return number > than;
    case 'NUMBER_GREATER_THAN_EQ': case 'DATE_ON_OR_AFTER': return number >= than;
    case 'NUMBER_LESS': case 'DATE_BEFORE': return number < than;
    case 'NUMBER_LESS_THAN_EQ': case 'DATE_ON_OR_BEFORE': return number <= than;
    case 'NUMBER_BETWEEN': return number >= than && number <= Number(second?.userEnteredValue);
    case 'DATE_EQ': return Math.floor(number) === Math.floor(than);
    case 'BLANK': return text === '';
    case 'NOT_BLANK': return text !== '';
    default: return true; // a formula: Google alone can tell
  }
}

/** What is asked of each column. @param {any} filter @returns {[number, any][]} */
export function criteriaOf(filter) {
  if (!filter) return [];
  const specs = filter.filterSpecs?.map((/** @type {any} */ each) => [each.columnIndex, each.filterCriteria]);
  return (specs || Object.entries(filter.criteria || {}).map(([column, each]) => [Number(column), each])).filter((/** @type {any} */ [, each]) => each);
}

/** The rows that all filters let through, sorted as a view asks; null if nothing is filtered. @param {Tab} tab @param {any[]} filters @param {Shown} shown @returns {number[] | null} */
export function rowsOf(tab, filters, { values, numbers }) {
  const active = filters.filter((filter) => criteriaOf(filter).length || filter?.sortSpecs?.length);
  if (!active.length) return null;
  const rows = Array.from({ length: Math.max(0, values.length - tab.frozen) }, (_, place) => place + tab.frozen);
  const kept = rows.filter((row) => active.every((filter) => criteriaOf(filter).every(([column, { hiddenValues = [], condition }]) => {
    const text = String(values[row]?.[column] ?? '');
    return !hiddenValues.includes(text) && (!condition || meets(condition, text, numbers[row]?.[column]));
  })));
  for (const { dimensionIndex = 0, sortOrder } of active.flatMap((filter) => filter.sortSpecs || []).reverse()) {
    kept.sort((one, other) => (sortOrder === 'DESCENDING' ? -1 : 1) * compare(numbers[one]?.[dimensionIndex], numbers[other]?.[dimensionIndex]));
  }
  return kept;
}

/** Numbers before texts, empty cells last either way round is not needed here. @param {any} one @param {any} other */
function compare(one = '', other = '') {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  if (typeof one === 'number' || typeof other === 'number') return typeof one === 'number' ? -1 : 1;
  return String(one).localeCompare(String(other));
}
