import { type Cost, costOf, GPUS } from '../../packs/lowering/plan/budget.js';
import type { PlannedRole } from '../../packs/lowering/plan/plan-pack.js';
import type { Pack } from '../../packs/pack.js';
import type { Reporter } from '../report/reporter.js';

/** `kdtalker packs compile --budget`: a Markdown table of what each network costs on paper. */
export function budget({ manifest }: Pack, planned: readonly PlannedRole[], reporter: Reporter): void {
  const costs = planned.map(({ plan }) => costOf(plan));
  const { name: pack, version } = manifest;
  reporter.result(() => [...rows(costs), '', NOTE], { pack, version, device: 'cuda', budget: costs });
}

const NOTE =
  'Counted from the plans, not measured. GMAC done: with lanes and cells that only fill the tiles of tensor cores. Milliseconds: the larger of arithmetic, in float32 or on tensor cores, and traffic for each kernel, at the ' +
  "makers' rates, and 0.6 us from kernel to kernel.";

function rows(costs: readonly Cost[]): string[] {
  const gpus = Object.keys(GPUS);
  const head = ['network', 'runs', 'kernels', 'GMAC', 'GMAC done', 'weights MB', 'traffic MB', 'arena MB'];
  const columns = [...head, ...gpus.map((gpu) => `${gpu} ms`)];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns),
    line(columns.map((_, i) => (i < 2 ? '---' : '---:'))),
    ...costs.map((cost) => line(cells(cost))),
  ];
}

function cells(cost: Cost): string[] {
  const mega = (bytes: number) => (bytes / 1e6).toFixed(1);
  return [
    cost.role,
    RUNS[cost.role] ?? 'once a frame',
    `${cost.kernels}`,
    (cost.multiplyAdds / 1e9).toFixed(3),
    (cost.done / 1e9).toFixed(3),
    mega(cost.weightBytes),
    mega(cost.bytes),
    mega(cost.arenaBytes),
    ...Object.values(cost.milliseconds).map((milliseconds) => milliseconds.toFixed(3)),
  ];
}

/** How often a network runs; the others run for every frame. */
const RUNS: Record<string, string> = {
  appearance: 'once a portrait',
  motion: 'once a portrait',
  prepare: 'once a portrait',
  audio: 'once a window',
  condition: 'once a window',
  time: 'once a clip',
  denoiser: 'once a step',
};
