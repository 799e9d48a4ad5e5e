import { escapeHtml } from '../../html.js';
import { FrameSource } from '../../media/index.js';
import type { Picture } from '../../picture.js';
import { loadSharp } from '../../sharp.js';
import { BENCH_FPS, MOST_SECONDS } from '../bench/bench.js';
import { METRIC_NAMES, type MetricName, metricOf } from '../metrics.js';
import { orReason } from '../reasons.js';
import type { Unit } from './journal.js';
import type { Task } from './measure-unit.js';
import type { Table } from './table.js';
import { cellOf, missingOf } from './text-tables.js';
import { type Worst, worstOf } from './worst.js';

/** Frames of a video that are shown, and their side in pixels. */
const [FRAMES, SIDE] = [4, 240];

/** A page with the table of what was measured, and the frames of the worst clips of all methods side by side. It loads nothing. */
export async function reportOf(
  table: Table,
  units: readonly Unit[],
  tasks: readonly Task[],
  signal: AbortSignal | undefined,
): Promise<string> {
  const clips = new Map<string, Worst[]>();
  for (const worst of worstOf(units)) clips.set(worst.clip, [...(clips.get(worst.clip) ?? []), worst]);
  const sections: string[] = [];
  for (const [clip, worst] of clips) {
    const strips = await stripsOf(clip, units, tasks, signal);
    sections.push(`${worst.map(headOf).join('')}${strips}`);
  }
  const lists = [
    ['Not measured', missingOf(table)],
    ['Notes', table.notes],
  ] as const;
  const rest = lists.map(([title, items]) => listOf(title, items)).join('');
  return page(`${tableHtml(table)}<h2>Worst clips</h2>${sections.join('') || '<p>None.</p>'}${rest}`);
}

function headOf({ metric, clip, method, value }: Worst): string {
  const { title, digits, shows } = metricOf(metric);
  return `<h3>${title} ${value.toFixed(digits)}: ${escapeHtml(method)}, ${escapeHtml(clip)}</h3><p>${escapeHtml(shows)}</p>`;
}

/** The frames of a clip, a row for each method. */
async function stripsOf(
  clip: string,
  units: readonly Unit[],
  tasks: readonly Task[],
  signal: AbortSignal | undefined,
): Promise<string> {
  const rows: string[] = [];
  for (const [i, task] of tasks.entries()) {
    const frames = units[i]?.frames ?? 0;
    if (task.clip.name !== clip || task.file === undefined || frames === 0) continue;
    const { file } = task;
    const pictures = await orReason(() => framesOf(file, frames, signal));
    const cells =
      'why' in pictures ? `<td>${escapeHtml(pictures.why)}</td>` : pictures.map(imageCell).join('');
    rows.push(`<tr><th>${escapeHtml(task.method)}</th>${cells}</tr>`);
  }
  return `<table class="frames">${rows.join('')}</table>`;
}

function imageCell(data: string): string {
  return `<td><img alt="" src="data:image/jpeg;base64,${data}"></td>`;
}

/** Frames at even times, as JPEG in Base64. */
async function framesOf(file: string, count: number, signal: AbortSignal | undefined): Promise<string[]> {
  const wanted = Array.from({ length: FRAMES }, (_, i) => Math.floor(((i + 0.5) * count) / FRAMES));
  const video = await FrameSource.open(file, { fps: BENCH_FPS, signal, maxSeconds: MOST_SECONDS });
  const found: string[] = [];
  try {
    let index = 0;
    for await (const picture of video.frames()) {
      for (const frame of wanted) if (frame === index) found.push(await thumbnail(picture));
      if (found.length === FRAMES) break;
      index += 1;
    }
    return found;
  } finally {
    await video.close();
  }
}

async function thumbnail({ data, width, height }: Picture): Promise<string> {
  const sharp = await loadSharp();
  const image = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
  const small = image.resize(SIDE, SIDE, { fit: 'inside' }).jpeg({ quality: 85 });
  return (await small.toBuffer()).toString('base64');
}

function tableHtml({ methods, paper, clips, bench }: Table): string {
  const heads = ['metric', 'better', ...methods.map(({ name }) => name), 'paper, real', 'paper, KDTalker'];
  const isKnown = (name: MetricName) => methods.some(({ metrics }) => metrics[name].mean !== undefined);
  const rows = METRIC_NAMES.filter(isKnown).map((name) => {
    const { title, shows, better = '', unit } = metricOf(name);
    const label = `<th title="${escapeHtml(shows)}">${title}${unit === undefined ? '' : `, ${unit}`}</th>`;
    const values = methods.map(({ metrics }) => cellOf(name, metrics[name]));
    const cells = [better, ...values, paper.real[name] ?? '–', paper.kdtalker[name] ?? '–'];
    return `<tr>${label}${cells.map((cell) => `<td>${escapeHtml(String(cell))}</td>`).join('')}</tr>`;
  });
  const head = heads.map((cell) => `<th>${escapeHtml(cell)}</th>`).join('');
  const about = `Means over ${clips} clips with their 95 % intervals. Bench ${bench.slice(0, 12)}.`;
  return `<h1>Evaluation</h1><p>${about}</p><div class="wide"><table><tr>${head}</tr>${rows.join('')}</table></div>`;
}

function listOf(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<h2>${title}</h2><ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .75rem;border-bottom:1px solid #ddd;text-align:left}
td{font-variant-numeric:tabular-nums}.frames td{padding:2px;border:0}.frames img{display:block}.wide{overflow-x:auto}h3{margin-bottom:0}h3+p{margin:0;color:#666}`;

function page(body: string): string {
  const head = `<meta charset="utf-8"><title>Evaluation</title><style>${STYLE}</style>`;
  return `<!doctype html>\n<html lang="en"><head>${head}</head><body>${body}</body></html>\n`;
}
