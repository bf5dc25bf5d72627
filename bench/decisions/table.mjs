/** Medians, and in brackets the least and the most. */
export function table(results) {
  return results.map(({ name, figures }) => `  ${name}\n${linesOf(figures)}`).join('');
}

function linesOf(figures) {
  const lines = Object.entries(figures).map(([figure, { median: middle, rounds }]) => {
    const range = `${short(Math.min(...rounds))} – ${short(Math.max(...rounds))}`;
    return `    ${figure.padEnd(48)}${short(middle).padStart(10)}   (${range})\n`;
  });
  return lines.join('');
}

const short = (value) => Number(value.toPrecision(3)).toLocaleString('en');
