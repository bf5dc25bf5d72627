/**
 * @typedef {{ label: string, value: number, least: number, most: number, emphasis: boolean }} Bar
 * @typedef {{ title: string, bars: Bar[] }} Panel
 */

const WIDTH = 760;
const LABELS = 230;
const VALUES = 80;
const ROW = 24;
const HEAD = 34;
const GAP = 14;
/** Legible on white, which the plot brings along, and told apart in grey as well. */
const COLOURS = { own: '#1f6feb', other: '#9aa4b2', whisker: '#30363d', text: '#1f2328' };

/** Horizontal bars, one panel for each figure, with a line from the least to the most. @param {Panel[]} panels */
export function barChart(panels) {
  const heights = panels.map(({ bars }) => HEAD + bars.length * ROW + GAP);
  const height = heights.reduce((sum, each) => sum + each, 0);
  const body = panels.map((panel, i) => drawPanel(panel, sumOf(heights.slice(0, i))));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13" fill="${COLOURS.text}">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    ...body.flat(),
    '</svg>',
    '',
  ].join('\n');
}

function drawPanel({ title, bars }, top) {
  const longest = Math.max(...bars.map(({ most }) => most)) || 1;
  const scale = (WIDTH - LABELS - VALUES) / longest;
  return [
    `<text x="8" y="${top + 21}" font-weight="bold">${escape(title)}</text>`,
    ...bars.flatMap((bar, i) => drawBar(bar, top + HEAD + i * ROW, scale)),
  ];
}

function drawBar({ label, value, least, most, emphasis }, top, scale) {
  const at = (x) => (LABELS + x * scale).toFixed(1);
  const middle = top + ROW / 2;
  const colour = emphasis ? COLOURS.own : COLOURS.other;
  return [
    `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escape(label)}</text>`,
    `<rect x="${LABELS}" y="${top + 4}" width="${(value * scale).toFixed(1)}" height="${ROW - 8}" fill="${colour}"/>`,
    `<line x1="${at(least)}" x2="${at(most)}" y1="${middle}" y2="${middle}" stroke="${COLOURS.whisker}" stroke-width="2"/>`,
    `<text x="${(LABELS + most * scale + 6).toFixed(1)}" y="${middle + 4}">${shown(value)}</text>`,
  ];
}

const shown = (value) => (value < 100 ? value.toPrecision(3) : Math.round(value).toLocaleString('en'));
const sumOf = (values) => values.reduce((sum, each) => sum + each, 0);
const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
