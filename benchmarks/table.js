/**
 * Lines of an aligned table.
 *
 * @param columns {title, align: 'left' | 'right'} each
 * @param rows arrays of texts, one for each column
 */
export function tableLines(columns, rows) {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, at) => Math.max(...[titles, ...rows].map((row) => row[at].length)));
  const line = (cells) =>
    cells
      .map((cell, at) => pad(cell, widths[at], columns[at].align))
      .join('  ')
      .trimEnd();
  return [line(titles), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)];
}

function pad(text, width, align) {
  return align === 'right' ? text.padStart(width) : text.padEnd(width);
}

/** A number with about three significant digits. */
export function short(value) {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
