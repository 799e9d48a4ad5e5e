import { KdtalkerError } from '../dist/errors.js';

// The workloads, in the order of the table.
//
// pack: 'puppet' is built in, 'full' is the published networks at their size; task: of contenders/*, with its settings; unit: the
// content of one lap; warm and count: laps before and during the measurement, omitted if the task decides, and rounds: fresh processes,
// each as [full, quick]; by: the contenders that do it, by default the engine in float32; threads: all compared numbers, by default only
// the largest. The group 'scaling' is measured only on request.

const OURS = ['fp32', 'bf16'];
const ALL = ['fp32', 'bf16', 'ort', 'ortnode', 'torch-fp32', 'torch-bf16'];
const ENGINE = ['fp32', 'bf16', 'ort'];
const NODE = ['fp32', 'ort', 'ortnode'];
const PACKAGES = ['fp32', 'ortnode'];

const ONCE = { warm: [0, 0], count: [1, 1] };
const WHOLE = { unit: 'frame', warm: [0, 0], count: [0, 0] };
const FEW = { warm: [2, 1], count: [8, 2] };
/** Frames of the puppet, which take milliseconds each. */
const MANY = { unit: 'frame', warm: [20, 4], count: [200, 12] };

const render = (format, atOnce) => ({ task: 'render', with: { format, ...(atOnce && { atOnce }) } });

const PUPPET = [
  { name: 'load', what: 'a talker', task: 'load', unit: 'load', warm: [1, 0], count: [10, 2] },
  { name: 'portrait', what: 'a portrait prepared', task: 'portrait', unit: 'portrait', ...FEW },
  { name: 'first-frame-cold', what: 'load to first frame', task: 'firstFrameCold', unit: 'call', ...ONCE },
  { name: 'first-frame', what: 'call to first frame', task: 'firstFrame', unit: 'call', ...FEW },
  {
    name: 'render-yuv420p',
    what: 'frames for an encoder',
    ...render('yuv420p'),
    ...MANY,
    by: NODE,
    threads: 'all',
  },
  { name: 'render-rgb24', what: 'frames as pixels', ...render('rgb24'), ...MANY, by: PACKAGES },
  { name: 'save', what: 'motion to MP4', task: 'save', ...MANY, by: PACKAGES, threads: 'all' },
  { name: 'save-speech', what: 'speech to MP4', task: 'saveSpeech', ...WHOLE },
  {
    name: 'sample',
    what: '64 frames, 50 steps',
    task: 'sample',
    unit: 'window',
    warm: [10, 2],
    count: [60, 4],
    by: NODE,
    threads: 'all',
  },
  {
    name: 'motion',
    what: 'clip.motion(), 2.6 s',
    task: 'motion',
    unit: 'call',
    warm: [5, 1],
    count: [30, 2],
  },
  { name: 'event-loop', what: 'delay while rendering', task: 'eventLoop', ...MANY },
];

const FULL = [
  {
    name: 'frame',
    what: 'warp, decode, convert',
    ...render('yuv420p', 1),
    unit: 'frame',
    warm: [1, 1],
    count: [4, 1],
    by: ALL,
  },
  {
    name: 'frame-4',
    what: '4 clips at once',
    ...render('yuv420p', 4),
    unit: 'frame',
    warm: [4, 4],
    count: [8, 4],
    rounds: [2, 1],
    by: ALL,
  },
  {
    name: 'sample',
    what: '64 frames, 50 steps',
    task: 'sample',
    unit: 'window',
    warm: [1, 1],
    count: [4, 1],
    by: ALL,
  },
  {
    name: 'portrait',
    what: 'a portrait prepared',
    task: 'portrait',
    unit: 'portrait',
    warm: [1, 1],
    count: [3, 1],
    by: ENGINE,
  },
  {
    name: 'first-frame',
    what: 'call to first frame',
    task: 'firstFrame',
    unit: 'call',
    warm: [1, 0],
    count: [2, 1],
    rounds: [2, 1],
    by: ENGINE,
  },
  { name: 'load', what: 'a talker, lowered before', task: 'load', unit: 'load', ...ONCE, by: ENGINE },
  {
    name: 'load-cold',
    what: 'a talker, nothing cached',
    task: 'loadCold',
    unit: 'load',
    ...ONCE,
    rounds: [1, 1],
    by: OURS,
  },
  {
    name: 'convert',
    what: 'checkpoints to a pack',
    task: 'convert',
    unit: 'pack',
    ...ONCE,
    rounds: [1, 1],
    needs: 'checkpoints',
  },
];

/** Concurrent clips, on one thread and on all. */
const CLIPS = [1, 2, 3, 4].map((atOnce) => ({
  name: `clips-${atOnce}`,
  what: `${atOnce} at once`,
  ...render('yuv420p', atOnce),
  unit: 'frame',
  warm: [atOnce, atOnce],
  count: [4 * atOnce, atOnce],
  rounds: [2, 1],
  by: OURS,
  threads: 'all',
}));

/** From speech to all its frames: the time per frame must not grow with the length. Quick: nothing above 10 s. */
const LENGTHS = [2, 10, 60, 600].map((seconds) => ({
  name: `length-${seconds}`,
  what: `${seconds} s of speech`,
  task: 'length',
  with: { seconds },
  ...WHOLE,
  rounds: [2, 1],
}));

const listed = (group, pack, workloads) =>
  workloads.map((workload) => ({ by: ['fp32'], rounds: [3, 1], with: {}, ...workload, group, pack }));

export const WORKLOADS = [
  ...listed('puppet', 'puppet', PUPPET),
  ...listed('full', 'full', FULL),
  ...listed('scaling', 'full', CLIPS),
  ...listed('scaling', 'puppet', LENGTHS),
];

/** `puppet/sample`: the name of a workload in the report and in `--workloads`. */
export const nameOf = ({ group, name }) => `${group}/${name}`;

/**
 * Selects the requested workloads, with the repetitions of this run. A word names a group, or matches every workload whose name contains
 * it.
 *
 * @throws INVALID_ARGUMENT for a word that names nothing
 */
export function chooseWorkloads({ workloads = ['puppet', 'full'], quick, rounds }) {
  const chosen = workloads.flatMap((word) => matches(word));
  return WORKLOADS.filter((workload) => chosen.includes(workload)).map((workload) => ({
    ...workload,
    ...repetitions(workload, quick),
    ...(rounds !== undefined && { rounds }),
  }));
}

function matches(word) {
  const group = WORKLOADS.filter((workload) => workload.group === word);
  const found = group.length > 0 ? group : WORKLOADS.filter((workload) => nameOf(workload).includes(word));
  if (found.length > 0) return found;
  throw new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected a workload for --workloads but received '${word}'. There are ${WORKLOADS.map(nameOf).join(', ')}`,
  );
}

function repetitions({ warm, count, rounds }, quick) {
  const at = quick ? 1 : 0;
  return { warm: warm[at], count: count[at], rounds: rounds[at] };
}
