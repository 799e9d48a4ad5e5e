import { short, tableLines } from '../table.js';

const TITLES = [
  'engine',
  'precision',
  'graphs',
  'frames/s',
  'first s',
  'audio',
  'sample',
  'warp',
  'decode',
  'convert',
];
const COUNTS = [
  'launches',
  'graphs/f',
  'waits',
  'copies',
  'kB',
  'allocated',
  'MB',
  'floor ms',
  'share',
  'dB',
];
const COLUMNS = [...TITLES, ...COUNTS].map((title, at) => ({ title, align: at < 3 ? 'left' : 'right' }));

/** Milliseconds of each stage, then counts of a frame. */
export function rowLines(rows) {
  return tableLines(COLUMNS, rows.map(cellsOf));
}

function cellsOf({
  engine,
  precision,
  graphs,
  fps,
  firstFrame,
  stages,
  perFrame,
  allocations,
  deviceMB,
  floor,
  psnr,
}) {
  const share = floor === undefined ? '' : `${((100 * floor) / (stages.warp + stages.decode)).toFixed(0)} %`;
  return [
    engine,
    precision,
    graphs ? 'on' : 'off',
    short(fps),
    firstFrame.toFixed(2),
    ...['audio', 'sample', 'warp', 'decode', 'convert'].map((name) => short(stages[name])),
    ...['launches', 'graphLaunches', 'waits', 'downloads'].map((name) => perFrame[name].toFixed(1)),
    (perFrame.bytes / 1000).toFixed(0),
    String(allocations),
    deviceMB.toFixed(0),
    floor === undefined ? '' : short(floor),
    share,
    psnr.toFixed(1),
  ];
}

const OTHERS = ['program', 'precision', 'ms of a frame', 'frames/s'].map((title, at) => ({
  title,
  align: at < 2 ? 'left' : 'right',
}));

/** Other programs: the networks of a frame, without what is around them; then those that are left out. */
export function contenderLines(rows) {
  const measured = rows.filter(({ refused }) => refused === undefined);
  const cells = measured.map(({ name, precision, ms }) => [name, precision, short(ms), short(1000 / ms)]);
  const refused = rows.filter((row) => row.refused !== undefined);
  return [
    ...(cells.length > 0 ? tableLines(OTHERS, cells) : []),
    ...refused.map(({ name, refused: why }) => `${name} is left out: ${why}`),
  ];
}
