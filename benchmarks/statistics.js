/** The value below which the share `p` (0..1) of the values lies, by linear interpolation. */
export function percentile(values, p) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = p * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

/**
 * Merges the rounds of one row: the fastest round represents the row, because other work on a machine only slows it down; the spread shows
 * by how much.
 */
export function summarise(rounds) {
  const rates = rounds.map(({ laps, seconds }) => laps.length / seconds);
  const best = rounds[rates.indexOf(Math.max(...rates))];
  return {
    rate: Math.max(...rates),
    slowest: Math.min(...rates),
    median: percentile(rates, 0.5),
    p50: percentile(best.laps, 0.5),
    p95: percentile(best.laps, 0.95),
    cpuMs: (1000 * best.cpuSeconds) / best.laps.length,
    peakMiB: Math.max(...rounds.map(({ peakMiB }) => peakMiB)),
    stages: stagesOf(best),
    loopDelay: bestDelay(rounds),
  };
}

/** {p50, p95} in ms of each timed stage. */
function stagesOf({ stages = {} }) {
  const entries = Object.entries(stages).map(([name, times]) => [
    name,
    { p50: percentile(times, 0.5), p95: percentile(times, 0.95) },
  ]);
  return Object.fromEntries(entries);
}

function bestDelay(rounds) {
  const delays = rounds.map(({ loopDelay }) => loopDelay).filter((delay) => delay !== undefined);
  return delays.sort((a, b) => a.p99 - b.p99)[0];
}
