import { escapeHtml } from '../html.js';
import type { TrainingEvent } from './process.js';

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [860, 320, 60, 30];
/** More points than pixels are of no use. */
const MOST_POINTS = 800;

/** A curve of the page: which numbers of which events. */
interface Curve {
  event: TrainingEvent['event'];
  name: 'loss' | 'pose' | 'expression';
  label: string;
  colour: string;
}

const CURVES: readonly Curve[] = [
  { event: 'step', name: 'loss', label: 'training', colour: '#8aa4c8' },
  { event: 'validation', name: 'loss', label: 'validation', colour: '#c0392b' },
  { event: 'validation', name: 'pose', label: 'pose', colour: '#27ae60' },
  { event: 'validation', name: 'expression', label: 'expression', colour: '#8e44ad' },
];

type Point = readonly [step: number, value: number];

/** A page with the curves of a run. `live`: it reloads itself. */
export function chartPage(title: string, events: readonly TrainingEvent[], live: boolean): string {
  const curves = CURVES.map((curve) => ({ ...curve, points: pointsOf(events, curve) }));
  const drawn = curves.filter(({ points }) => points.length > 0);
  const reload = live ? '<meta http-equiv="refresh" content="10">' : '';
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">${reload}<title>${escapeHtml(title)}</title>
<style>body{font:14px sans-serif;margin:2em;color:#222}td{padding:0 1.5em 0 0}text{font-size:12px;fill:#555}</style></head>
<body><h1>${escapeHtml(title)}</h1>${drawn.length > 0 ? plot(drawn) : '<p>No step is done yet.</p>'}${table(events)}</body></html>
`;
}

function pointsOf(events: readonly TrainingEvent[], { event, name }: Curve): Point[] {
  const points = events
    .filter((each) => each.event === event)
    .map((each): Point => [each.step, Number(each[name])]);
  const every = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

function plot(curves: readonly (Curve & { points: readonly Point[] })[]): string {
  const all = curves.flatMap(({ points }) => points);
  const last = Math.max(...all.map(([step]) => step));
  const [low, high] = [Math.min, Math.max].map((of) =>
    Math.log10(of(...all.map(([, value]) => Math.max(value, 1e-6)))),
  );
  const bounds = { last, low: Math.floor(low! * 4) / 4, high: Math.ceil(high! * 4 + 0.01) / 4 };
  const lines = curves.map(({ points, colour, label }, i) => {
    const path = points.map((point) => place(point, bounds).join(',')).join(' ');
    const legend = `<text x="${WIDTH - 120}" y="${20 + 16 * i}" style="fill:${colour}">${label}</text>`;
    return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${path}"/>${legend}`;
  });
  const axes = [bounds.low, (bounds.low + bounds.high) / 2, bounds.high].map((log) => {
    const [, y] = place([0, 10 ** log], bounds);
    return `<line x1="${LEFT}" x2="${WIDTH}" y1="${y}" y2="${y}" stroke="#ddd"/><text x="4" y="${y + 4}">${(10 ** log).toPrecision(2)}</text>`;
  });
  const steps = `<text x="${LEFT}" y="${HEIGHT - 8}">0</text><text x="${WIDTH - 70}" y="${HEIGHT - 8}">step ${last}</text>`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}">${axes.join('')}${lines.join('')}${steps}</svg>`;
}

/** Steps are linear, losses logarithmic. */
function place([step, value]: Point, { last, low, high }: { last: number; low: number; high: number }) {
  const x = LEFT + ((WIDTH - LEFT) * step) / Math.max(1, last);
  const share = (Math.log10(Math.max(value, 1e-6)) - low) / (high - low);
  return [x.toFixed(1), ((HEIGHT - BOTTOM) * (1 - share) + 4).toFixed(1)].map(Number) as [number, number];
}

/** The newest numbers. */
function table(events: readonly TrainingEvent[]): string {
  const newest = new Map(events.map((event) => [event.event, event]));
  const rows = [...newest.values()].flatMap(({ event, ...numbers }) =>
    Object.entries(numbers).map(([name, value]) => [event, name, JSON.stringify(value)]),
  );
  return `<table>${rows.map((cells) => `<tr>${cells.map((cell) => `<td>${escapeHtml(cell!)}</td>`).join('')}</tr>`).join('')}</table>`;
}
