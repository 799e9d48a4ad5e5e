// The tables of ./bench.js.
const milliseconds = (value) => value.toFixed(1);

/** Joins of streams beside those of clips. */
export function joinLines(rows) {
  const [{ clip, files, seeds }] = rows;
  const head = [
    '',
    'yaw sd',
    "of a clip's",
    'like the clip',
    'step at joins / beside',
    'turn at hops / inside',
    "lips' turn at hops / inside",
    'lips like the clip',
  ];
  const number = (value) => (Number.isNaN(value) ? '-' : value.toFixed(3)); // a hop of one frame has no inside
  const pair = ({ joins, inside }) => `${number(joins)} / ${number(inside)}`;
  const line = (name, { yawDeviation, step, yawTurn, lipsTurn }, [share, alike, lipsAlike]) => [
    ...[name, yawDeviation.toFixed(2), share, alike, pair(step), pair(yawTurn), pair(lipsTurn), lipsAlike],
  ];
  const share = ({ ratio, error }) => `${ratio.toFixed(3)} +- ${error.toFixed(3)}`;
  const beside = ({ yaw, yawCorrelation, lipsCorrelation }) => [
    ...[share(yaw), yawCorrelation.toFixed(3), lipsCorrelation.toFixed(3)],
  ];
  const table = [
    head,
    line('clip', clip, ['1', '1', '1']),
    ...rows.map((row) =>
      line(`hop ${row.hop}, ahead ${row.ahead}, replan ${row.replan}`, row.stream, beside(row)),
    ),
  ];
  return [
    `joins: ${files} file(s), ${seeds} seeds; degrees, and standard deviations; standard errors`,
    ...aligned(table),
  ];
}

/** What live streams cost. */
export function costLines({ crop, full, first, held, lateness }) {
  return [
    `processor time of a frame: crop ${milliseconds(crop.frame)} ms, whole picture ${milliseconds(full.frame)} ms`,
    `first frame after the last sample that it needs: ${milliseconds(first.processor)} ms of processor time, ${milliseconds(first.wall)} ms`,
    `live streams that the talker takes: ${held}`,
    ...aligned([
      ['streams', 'cores', 'expected', 'late: p50', 'p95', 'p99', 'most, ms'],
      ...lateness.map(({ streams, cores, needed, p50, p95, p99, most }) => [
        ...[String(streams), cores.toFixed(2), needed.toFixed(2)],
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
