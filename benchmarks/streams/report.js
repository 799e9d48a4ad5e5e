// The tables of ./bench.js.
const milliseconds = (value) => value.toFixed(1);

/** Joins of streams beside those of clips. */
export function joinLines(rows) {
  const [{ clip, files, seeds }] = rows;
  const head = ['', 'yaw sd', 'step at joins / inside', "lips' turn at joins / inside", 'lips like the clip'];
  const number = (value) => (Number.isNaN(value) ? '-' : value.toFixed(3)); // a hop of one frame has no inside
  const pair = ({ joins, inside }) => `${number(joins)} / ${number(inside)}`;
  const line = (name, { yawDeviation, step, lipsTurn }, alike) => [
    ...[name, yawDeviation.toFixed(2), pair(step), pair(lipsTurn), alike],
  ];
  const table = [
    head,
    line('clip', clip, '1'),
    ...rows.map(({ hop, ahead, stream, lipsCorrelation }) =>
      line(`hop ${hop}, ahead ${ahead}`, stream, lipsCorrelation.toFixed(3)),
    ),
  ];
  return [`joins: ${files} file(s), ${seeds} seeds; degrees, and standard deviations`, ...aligned(table)];
}

/** What live streams cost. */
export function costLines({ crop, full, first, held, lateness }) {
  return [
    `processor time of a frame: crop ${milliseconds(crop.frame)} ms, whole picture ${milliseconds(full.frame)} ms`,
    `first frame after the last sample that it needs: ${milliseconds(first.processor)} ms of processor time, ${milliseconds(first.wall)} ms`,
    `live streams that this machine holds: ${held}`,
    ...aligned([
      ['streams', 'cores', 'late: p50', 'p95', 'p99', 'most, ms'],
      ...lateness.map(({ streams, cores, p50, p95, p99, most }) => [
        ...[String(streams), cores.toFixed(2)],
        ...[p50, p95, p99, most].map((value) => value.toFixed(0)),
      ]),
    ]),
  ];
}

function aligned(table) {
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const pad = (cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]));
  return table.map((row) => row.map(pad).join('  '));
}
