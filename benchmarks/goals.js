// The goals on two cores. They are reported, not enforced: a busy machine is no fault of the library.

const rate = ({ rate: value }) => value;
const GOALS = [
  { what: 'puppet frames rendered a second', workload: 'puppet/render-yuv420p', of: rate, least: 60 },
  { what: 'puppet frames a second with encoding', workload: 'puppet/save-speech', of: rate, least: 40 },
  {
    what: 'ms from call to first puppet frame',
    workload: 'puppet/first-frame',
    of: ({ p95 }) => p95,
    most: 1500,
  },
  {
    what: 'ms of event-loop delay, p99',
    workload: 'puppet/event-loop',
    of: ({ loopDelay }) => loopDelay.p99,
    most: 20,
  },
  {
    what: 'MiB at most, full pack in fp32',
    workload: 'full/frame',
    contender: 'fp32',
    of: ({ peakMiB }) => peakMiB,
    most: 1907, // 2.0 GB
  },
  {
    what: 'MiB at most, full pack in bf16',
    workload: 'full/frame',
    contender: 'bf16',
    of: ({ peakMiB }) => peakMiB,
    most: 1144, // 1.2 GB
  },
  { what: 'ms to load a lowered full pack', workload: 'full/load', of: ({ p50 }) => p50, most: 2000 },
];

const RATIOS = [
  { what: 'times ONNX Runtime, a frame in fp32', ratio: 'fp32_vs_ort', least: 1 / 0.3 },
  { what: 'times PyTorch, a frame in fp32', ratio: 'fp32_vs_torch', least: 1 / 0.25 },
  { what: 'times PyTorch, a frame in bf16', ratio: 'bf16_vs_torch_bf16', least: 1 / 0.33 },
  { what: 'times onnxruntime-node, a sampled window', ratio: 'sampling_vs_ortnode', least: 2 },
];

/**
 * The goals that these results can judge: the rows of this library, at the most threads, and the ratios.
 *
 * @returns {what, value, least or most, met} each
 */
export function goalsOf(rows, ratios) {
  const most = Math.max(...rows.map(({ threads }) => threads));
  const measured = GOALS.flatMap(({ workload, contender = 'fp32', of, ...goal }) =>
    rows
      .filter((row) => row.workload === workload && row.contender === contender && row.threads === most)
      .map((row) => judged(goal, of(row))),
  );
  const compared = RATIOS.filter(({ ratio }) => ratios[ratio] != null).map(({ ratio, ...goal }) =>
    judged(goal, ratios[ratio]),
  );
  return [...measured, ...compared];
}

function judged(goal, value) {
  return { ...goal, value, met: value >= (goal.least ?? value) && value <= (goal.most ?? value) };
}

/** One line for each goal. */
export function goalLines(goals) {
  return goals.map(({ what, value, least, most, met }) => {
    const wanted = least === undefined ? `at most ${most}` : `at least ${Number(least.toFixed(2))}`;
    return `${met ? 'met' : 'MISSED'}: ${value.toFixed(1)} ${what} (${wanted})`;
  });
}
