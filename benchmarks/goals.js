// What the built-in pack has to reach on two cores. Told, not enforced: a busy machine is no fault of the library.

const GOALS = [
  { what: 'frames rendered a second', workload: 'render-yuv420p', value: ({ rate }) => rate, least: 60 },
  { what: 'frames a second with encoding', workload: 'save-speech', value: ({ rate }) => rate, least: 40 },
  { what: 'ms from call to first frame', workload: 'first-frame', value: ({ p95 }) => p95, most: 1500 },
  {
    what: 'ms of event-loop delay, p99',
    workload: 'event-loop',
    value: ({ loopDelay }) => loopDelay.p99,
    most: 20,
  },
];

/**
 * The goals that the rows of this library tell something of.
 *
 * @returns {what, value, least or most, met} each
 */
export function goalsOf(rows) {
  const most = Math.max(...rows.map(({ threads }) => threads));
  const ours = rows.filter(({ contender, threads }) => contender === 'kdtalker' && threads === most);
  return GOALS.flatMap(({ workload, value, ...goal }) =>
    ours.filter((row) => row.workload === workload).map((row) => judged(goal, value(row))),
  );
}

function judged(goal, value) {
  return { ...goal, value, met: value >= (goal.least ?? value) && value <= (goal.most ?? value) };
}

/** One line a goal. */
export function goalLines(goals) {
  return goals.map(({ what, value, least, most, met }) => {
    const wanted = least === undefined ? `at most ${most}` : `at least ${least}`;
    return `${met ? 'met' : 'MISSED'}: ${value.toFixed(1)} ${what} (${wanted})`;
  });
}
