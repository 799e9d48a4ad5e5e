import { rangeOf } from '../arithmetic/statistics.js';
import { type MetricName, metricOf } from '../metrics.js';
import { REAL } from '../score/names.js';
import type { MethodSummary, Table } from '../score/table.js';

/** The quality that is drawn: the first of these that was measured. */
const QUALITIES: readonly MetricName[] = ['lseC', 'lipSyncScore', 'lipSync', 'cpbd'];
const [WIDTH, HEIGHT, MARGIN] = [640, 400, 60];

/** One value of a sweep. */
interface Spot {
  label: string;
  speed: number;
  quality: number;
  low: number;
  high: number;
}

/** Quality against speed, with the interval of each value: right is faster. */
export function chartOf(table: Table, varied: string): string {
  const methods = table.methods.filter(({ name }) => name !== REAL);
  const metric =
    QUALITIES.find((name) => methods.some(({ metrics }) => metrics[name].mean !== undefined)) ?? 'cpbd';
  const spots = methods.flatMap((method) => spotOf(method, metric));
  return drawing(
    spots,
    `${metricOf(metric).title} (${metricOf(metric).better ?? 'near the real one'} is better)`,
    varied,
  );
}

function spotOf({ name, metrics }: MethodSummary, metric: MetricName): Spot[] {
  const { mean, low = mean, high = mean } = metrics[metric];
  const speed = metrics.fps.mean ?? metrics.fpsWhole.mean;
  if (mean === undefined || speed === undefined) return [];
  return [{ label: name.replace(/^.*-/, ''), speed, quality: mean, low: low!, high: high! }];
}

function drawing(spots: readonly Spot[], quality: string, varied: string): string {
  const across = scaleOf([0, ...spots.map(({ speed }) => speed)], MARGIN, WIDTH - MARGIN / 2);
  const up = scaleOf(
    spots.flatMap(({ low, high }) => [low, high]),
    HEIGHT - MARGIN,
    MARGIN,
  );
  const marks = spots.map((spot) => mark(spot, across(spot.speed), up)).join('\n');
  const bottom = HEIGHT - MARGIN + 10;
  const axes = `<path d="M${MARGIN - 10} ${MARGIN - 10}V${bottom}H${WIDTH - 20}" fill="none" stroke="#888"/>`;
  const titles = [
    `<text x="${MARGIN}" y="30">${quality}, by ${varied}</text>`,
    `<text x="${WIDTH - 20}" y="${HEIGHT - 20}" text-anchor="end">frames per second</text>`,
  ];
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="14">`;
  return [
    head,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    axes,
    ...titles,
    marks,
    '</svg>',
    '',
  ].join('\n');
}

function mark({ label, speed, quality, low, high }: Spot, x: number, up: (value: number) => number): string {
  const y = up(quality).toFixed(1);
  const text = `${label}: ${quality.toFixed(3)} at ${speed.toFixed(1)}`;
  return [
    `<path d="M${x.toFixed(1)} ${up(low).toFixed(1)}V${up(high).toFixed(1)}" stroke="#36c" stroke-width="2"/>`,
    `<circle cx="${x.toFixed(1)}" cy="${y}" r="5" fill="#36c"><title>${text}</title></circle>`,
    `<text x="${(x + 9).toFixed(1)}" y="${y}">${label}</text>`,
  ].join('');
}

/** Maps values to places; a single value lies in the middle. */
function scaleOf(values: readonly number[], from: number, to: number): (value: number) => number {
  const [least, most] = rangeOf(values);
  return (value) =>
    most > least ? from + ((value - least) / (most - least)) * (to - from) : (from + to) / 2;
}
