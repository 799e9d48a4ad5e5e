// What is measured, in the order of the table.
//
// unit: what one lap is; warm and count: laps before and during the measurement, as [full, quick];
// by: the contenders that do it. A workload may be given a ratio's name: speed of the first contender over the second's.

export const WORKLOADS = [
  { name: 'load', what: 'a talker', unit: 'load', warm: [1, 0], count: [10, 2], by: ['kdtalker'] },
  {
    name: 'portrait',
    what: 'a portrait prepared',
    unit: 'portrait',
    warm: [2, 1],
    count: [8, 2],
    by: ['kdtalker'],
  },
  {
    name: 'first-frame-cold',
    what: 'load to first frame',
    unit: 'call',
    warm: [0, 0],
    count: [1, 1],
    by: ['kdtalker'],
  },
  {
    name: 'first-frame',
    what: 'call to first frame',
    unit: 'call',
    warm: [2, 1],
    count: [8, 2],
    by: ['kdtalker'],
  },
  {
    name: 'render-yuv420p',
    what: 'frames for an encoder',
    unit: 'frame',
    warm: [20, 4],
    count: [200, 12],
    by: ['kdtalker', 'ortnode'],
    ratio: 'puppet_vs_ortnode',
  },
  {
    name: 'render-rgb24',
    what: 'frames as pixels',
    unit: 'frame',
    warm: [20, 4],
    count: [200, 12],
    by: ['kdtalker', 'ortnode'],
    ratio: 'puppet_rgb_vs_ortnode',
  },
  {
    name: 'save',
    what: 'motion to MP4',
    unit: 'frame',
    warm: [20, 4],
    count: [200, 12],
    by: ['kdtalker', 'ortnode'],
    ratio: 'save_vs_ortnode',
  },
  {
    name: 'save-speech',
    what: 'speech to MP4',
    unit: 'frame',
    warm: [0, 0],
    count: [0, 0],
    by: ['kdtalker'],
  },
  {
    name: 'sample',
    what: '64 frames, 50 steps',
    unit: 'window',
    warm: [10, 2],
    count: [60, 4],
    by: ['kdtalker', 'ortnode'],
    ratio: 'sampling_vs_ortnode',
  },
  {
    name: 'motion',
    what: 'clip.motion(), 2.6 s',
    unit: 'call',
    warm: [5, 1],
    count: [30, 2],
    by: ['kdtalker'],
  },
  {
    name: 'event-loop',
    what: 'delay while rendering',
    unit: 'frame',
    warm: [20, 4],
    count: [200, 12],
    by: ['kdtalker'],
  },
];

/** The workloads that were asked for, with the repetitions of this run. */
export function chooseWorkloads({ only, quick }) {
  const chosen = WORKLOADS.filter(({ name }) => name.includes(only));
  if (chosen.length > 0) return chosen.map((workload) => ({ ...workload, ...repetitions(workload, quick) }));
  const known = WORKLOADS.map(({ name }) => name).join(', ');
  throw Object.assign(
    new Error(`Expected a workload for --only but received '${only}'. There are ${known}`),
    { usage: true },
  );
}

function repetitions({ warm, count }, quick) {
  const at = quick ? 1 : 0;
  return { warm: warm[at], count: count[at] };
}
