import { short, tableLines } from '../table.js';

const TITLES = ['precision', 'graphs', 'frames/s', 'first s', 'audio', 'sample', 'warp', 'decode', 'convert'];
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
const COLUMNS = [...TITLES, ...COUNTS].map((title, at) => ({ title, align: at < 2 ? 'left' : 'right' }));

/** Milliseconds of each stage, then counts of a frame. */
export function rowLines(rows) {
  return tableLines(COLUMNS, rows.map(cellsOf));
}

function cellsOf({
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
