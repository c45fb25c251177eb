/** The charts of a tab, drawn by Chart.js from what Google stores of them, where they lie on the sheet. */
import { make } from './dom.js';
import { cssColor, letters, quoted } from './sheets.js';

/**
 * @typedef {import('./sheets.js').Tab} Tab
 * @typedef {import('./sheets.js').Spreadsheet} Spreadsheet
 * @typedef {{id: number, spec: any, position: any, labels: string[], series: {name: string, color: string, values: (number | null)[]}[]}} Drawing
 */

/** Google's own colours for series without one. */
const COLORS = ['#1967d2', '#a50e0e', '#b06000', '#188038', '#8430ce', '#00796b'];
/** @type {Record<string, string>} */
const KINDS = { COLUMN: 'bar', BAR: 'bar', LINE: 'line', AREA: 'line', STEPPED_AREA: 'line', COMBO: 'bar', SCATTER: 'line' };
/** Characters of a name beside a chart. What tells pools apart stands at their end. */
const LONGEST = 26;
const SIZE = { widthPixels: 600, heightPixels: 371 };

/** @param {Tab[]} tabs @param {any} data @returns {string} in A1 notation */
function rangeOf(tabs, data) {
  const { sheetId = 0, startRowIndex = 0, endRowIndex, startColumnIndex = 0, endColumnIndex } = data.sourceRange.sources[0];
  const title = tabs.find((tab) => tab.id === sheetId)?.title || '';
  return `${quoted(title)}!${letters(startColumnIndex)}${startRowIndex + 1}:${letters(endColumnIndex - 1)}${endRowIndex}`;
}

/** @param {any} cell */
function numberOf(cell) {
  return typeof cell === 'number' ? cell : null;
}

/** What the charts of a tab are to show. @param {Spreadsheet} api @param {Tab[]} tabs @param {Tab} tab @returns {Promise<Drawing[]>} */
export async function readCharts(api, tabs, tab) {
  const charts = tab.charts.filter(({ spec, position }) => KINDS[spec?.basicChart?.chartType] && position?.overlayPosition);
  const domains = charts.map(({ spec }) => rangeOf(tabs, spec.basicChart.domains[0].domain));
  const series = charts.map(({ spec }) => spec.basicChart.series.map((/** @type {any} */ each) => rangeOf(tabs, each.series)));
  if (!charts.length) return [];
  const [shown, held] = await Promise.all([api.valuesOf([...domains, ...series.flat()], 'FORMATTED_VALUE'), api.valuesOf(series.flat(), 'UNFORMATTED_VALUE')]);
  let place = 0;
  return charts.map(({ chartId, spec, position }, which) => {
    const heads = spec.basicChart.headerCount || 0;
    const labels = shown[which].map((row) => String(row[0] ?? ''));
    const drawn = series[which].map((/** @type {string} */ _, /** @type {number} */ each) => {
      const [texts, values] = [shown[charts.length + place], held[place]];
      place += 1;
      return {
        name: heads ? String(texts[0]?.[0] ?? '') : '',
        color: cssColor(spec.basicChart.series[each].color) || COLORS[each % COLORS.length],
        values: values.map((row) => numberOf(row[0])),
      };
    });
    const length = Math.max(labels.length, ...drawn.map((/** @type {any} */ each) => each.values.length));
    return {
      id: chartId, spec, position,
      labels: Array.from({ length: length - heads }, (_, row) => labels[row + heads] ?? ''),
      series: drawn.map((/** @type {any} */ each) => ({ ...each, values: Array.from({ length: length - heads }, (_, row) => each.values[row + heads] ?? null) })),
    };
  });
}

/** Chart.js' own words for a drawing. @param {Drawing} drawing */
export function configOf({ spec, labels, series }) {
  const { chartType, stackedType = '', legendPosition, axis = [] } = spec.basicChart;
  const lying = chartType === 'BAR';
  const stacked = stackedType.includes('STACKED') && stackedType !== 'NOT_STACKED';
  /** @param {string} position */
  const title = (position) => {
    const text = axis.find((/** @type {any} */ each) => each.position === position)?.title || '';
    return { display: Boolean(text), text, color: '#3c4043' };
  };
  const counts = { beginAtZero: true, stacked, ticks: { precision: 0, color: '#3c4043' } };
  /** @param {unknown} _ @param {number} place */
  const short = (_, place) => (labels[place].length > LONGEST ? `…${labels[place].slice(1 - LONGEST)}` : labels[place]);
  const names = { stacked, ticks: { color: '#3c4043', autoSkip: !lying, callback: short }, grid: { display: false } };
  return {
    type: KINDS[chartType],
    data: {
      labels,
      datasets: series.map(({ name, color, values }) => ({
        label: name, data: values, backgroundColor: color, borderColor: color, fill: chartType.includes('AREA'), stepped: chartType === 'STEPPED_AREA', showLine: chartType !== 'SCATTER',
      })),
    },
    options: {
      animation: false, responsive: false, indexAxis: lying ? 'y' : 'x',
      scales: { x: { ...(lying ? counts : names), title: title('BOTTOM_AXIS') }, y: { ...(lying ? names : counts), title: title('LEFT_AXIS') } },
      plugins: {
        title: { display: Boolean(spec.title), text: spec.title, align: 'start', color: '#202124', font: { size: 15, weight: 'normal' } },
        legend: { display: legendPosition !== 'NO_LEGEND', position: legendPosition === 'BOTTOM_LEGEND' ? 'bottom' : 'top', labels: { color: '#3c4043', boxWidth: 12 } },
      },
    },
  };
}

export class Charts {
  /** @param {HTMLElement} paper what they lie on @param {(row: number) => number} top @param {(column: number) => number} left */
  constructor(paper, top, left) {
    this.top = top;
    this.left = left;
    this.layer = make('div', { className: 'charts' });
    paper.append(this.layer);
    /** What is drawn. */
    this.drawn = '';
    /** @type {any[]} */
    this.charts = [];
  }

  /** @param {Drawing[]} drawings */
  show(drawings) {
    const places = drawings.map(({ position }) => this.#place(position.overlayPosition));
    const drawn = JSON.stringify([drawings, places]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    for (const chart of this.charts) chart.destroy();
    this.layer.replaceChildren();
    this.charts = drawings.map((drawing, which) => {
      const canvas = make('canvas', { role: 'img', 'aria-label': inWords(drawing) });
      const { left, top, width, height } = places[which];
      [canvas.width, canvas.height] = [width - 16, height - 16];
      this.layer.append(make('div', { style: `left:${left}px;top:${top}px;width:${width}px;height:${height}px` }, canvas));
      return new Chart(canvas, configOf(drawing));
    });
  }

  /** @param {any} overlay */
  #place({ anchorCell = {}, offsetXPixels = 0, offsetYPixels = 0, widthPixels = SIZE.widthPixels, heightPixels = SIZE.heightPixels }) {
    return {
      left: this.left(anchorCell.columnIndex || 0) + offsetXPixels, top: this.top(anchorCell.rowIndex || 0) + offsetYPixels,
      width: widthPixels, height: heightPixels,
    };
  }
}

/** What a chart shows, for those who do not see it. @param {Drawing} drawing */
function inWords({ spec, labels, series }) {
  const described = series.map(({ name, values }) => `${name || 'values'}: ${values.map((value, index) => (value === null ? '' : `${labels[index]} ${value}`)).filter(Boolean).slice(-12).join(', ') || 'nothing yet'}`);
  return `Chart: ${spec.title || 'without a title'}. ${described.join('. ')}`;
}
