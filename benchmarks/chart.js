import { contenderOf } from './contenders/index.js';
import { short } from './table.js';

// Draws a report of `kdtalker bench --json` as an SVG picture: bars of speed, longer is better, a panel for each measured workload. The
// colours suit light and dark pages.

const PANELS = [
  ['full/frame', 'A frame of the full model, 512 × 512', 'frames a second'],
  ['full/frame-4', 'Four clips at once', 'frames a second'],
  ['full/sample', 'Motion of 64 frames in 50 steps', 'windows a second'],
  ['puppet/render-yuv420p', 'A frame of the built-in puppet, 512 × 512', 'frames a second'],
];

const WIDTH = 760;
const MARGIN = 20;
const LABEL = 150;
const VALUE = 130;
const BAR = { height: 16, pitch: 24 };
const PANEL = { title: 30, after: 18 };
const FOOT = { line: 16, before: 14 };

const STYLE = `text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#24292f}
.title{font-weight:600;font-size:14px}.unit,.foot{fill:#656d76;font-size:12px}.value{font-variant-numeric:tabular-nums}
.ours{fill:#2f6fdb}.other{fill:#a8b1bb}.ours-text{font-weight:600}.rule{stroke:#d0d7de}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.unit,.foot{fill:#9198a1}.ours{fill:#5a93f0}.other{fill:#59636e}.rule{stroke:#3d444d}}`;

/** The whole picture as text. */
export function chart(report) {
  const panels = PANELS.map(([workload, title, unit]) => ({
    title,
    unit,
    bars: barsOf(report, workload),
  })).filter(({ bars }) => bars.length > 0);
  const body = [];
  let top = MARGIN;
  for (const panel of panels) {
    body.push(panelOf(panel, top));
    top += PANEL.title + panel.bars.length * BAR.pitch + PANEL.after;
  }
  const notes = notesOf(report);
  body.push(footOf(notes, top));
  const height = top + FOOT.before + notes.length * FOOT.line + MARGIN / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>Speed of kdtalker beside others, measured ${escaped(report.machine.date.slice(0, 10))}</title>`,
    `<style>${STYLE}</style>`,
    ...body,
    '</svg>\n',
  ].join('\n');
}

/** The fastest row of each contender, this library first, then the others by speed. */
function barsOf({ rows }, workload) {
  const best = new Map();
  for (const row of rows.filter((each) => each.workload === workload))
    if (!(best.get(row.contender)?.rate > row.rate)) best.set(row.contender, row);
  return [...best.values()].sort((a, b) => Number(b.ours) - Number(a.ours) || b.rate - a.rate);
}

function panelOf({ title, unit, bars }, top) {
  const longest = Math.max(...bars.map(({ rate }) => rate));
  const others = bars.filter(({ ours }) => !ours).map(({ rate }) => rate);
  const lines = bars.map((bar, i) =>
    barOf(bar, longest, Math.max(...others), top + PANEL.title + i * BAR.pitch),
  );
  const heading = `<text x="${MARGIN}" y="${top + 14}"><tspan class="title">${escaped(title)}</tspan><tspan class="unit" dx="8">${escaped(unit)}</tspan></text>`;
  return [heading, ...lines].join('\n');
}

function barOf({ label, contender, ours, rate }, longest, bestOther, top) {
  const room = WIDTH - 2 * MARGIN - LABEL - VALUE;
  const left = MARGIN + LABEL;
  const width = Math.max(2, (room * rate) / longest);
  const middle = top + BAR.height - 4;
  const name = contenderOf(contender)?.label ?? label;
  const times = ours && bestOther > 0 ? ` (${short(rate / bestOther)} ×)` : '';
  const strong = ours ? ' class="ours-text"' : '';
  return [
    `<text${strong} x="${left - 10}" y="${middle}" text-anchor="end">${escaped(name)}</text>`,
    `<rect class="${ours ? 'ours' : 'other'}" x="${left}" y="${top}" width="${width.toFixed(1)}" height="${BAR.height}" rx="3"/>`,
    `<text class="value" x="${(left + width + 8).toFixed(1)}" y="${middle}">${short(rate)}${times}</text>`,
  ].join('\n');
}

/** Machine, versions and date, with × written in words. */
function notesOf({ machine, packs, rows }) {
  const { cpu, cores, memoryGiB, system, node, kdtalker, commit, runtime, ortnode, torch, date } = machine;
  const versions = [
    `kdtalker ${kdtalker} (${commit})`,
    `ONNX Runtime ${runtime}`,
    `onnxruntime-node ${ortnode}`,
  ];
  const named = Object.values(packs).map(({ name }) => name);
  const rounds = Math.max(...rows.map((row) => row.rounds));
  const taken = rounds > 1 ? `best of ${rounds} rounds` : 'one round';
  return [
    `${cpu}, ${cores} cores, ${memoryGiB.toFixed(0)} GiB, ${system}, Node ${node}; ${date.slice(0, 10)}`,
    [...versions, ...(torch ? [`PyTorch ${torch}`] : [])].join(', '),
    `Longer is faster; × is over the fastest of the others. Packs: ${named.join(', ')}; ${taken}`,
  ];
}

function footOf(notes, top) {
  const rule = `<line class="rule" x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${top - 4}" y2="${top - 4}"/>`;
  const lines = notes.map(
    (note, i) =>
      `<text class="foot" x="${MARGIN}" y="${top + FOOT.before + i * FOOT.line}">${escaped(note)}</text>`,
  );
  return [rule, ...lines].join('\n');
}

const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
