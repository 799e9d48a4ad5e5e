import { contenderOf } from './contenders/index.js';

/** Speed of the first contender divided by the second's, each at its best round and number of threads. */
const RATIOS = [
  ['fp32_vs_ort', 'full/frame', 'fp32', 'ort'],
  ['fp32_vs_torch', 'full/frame', 'fp32', 'torch-fp32'],
  ['bf16_vs_torch_bf16', 'full/frame', 'bf16', 'torch-bf16'],
  ['sampling_vs_ortnode', 'full/sample', 'fp32', 'ortnode'],
  ['sampling_bf16_vs_ortnode', 'full/sample', 'bf16', 'ortnode'],
  ['puppet_vs_ortnode', 'puppet/render-yuv420p', 'fp32', 'ortnode'],
  ['frame_vs_ortnode', 'full/frame', 'fp32', 'ortnode'],
  ['batch4_fp32_vs_torch', 'full/frame-4', 'fp32', 'torch-fp32'],
  ['batch4_bf16_vs_torch_bf16', 'full/frame-4', 'bf16', 'torch-bf16'],
  ['puppet_rgb_vs_ortnode', 'puppet/render-rgb24', 'fp32', 'ortnode'],
  ['puppet_save_vs_ortnode', 'puppet/save', 'fp32', 'ortnode'],
  ['puppet_sampling_vs_ortnode', 'puppet/sample', 'fp32', 'ortnode'],
];

/**
 * @param skipped {pack, contender, reason} of contenders that could not run
 * @returns {ratios, missing}: numbers by name, above 1 if this library is faster, null if one of the two was not measured; then `missing`
 *   has {reason, asked}, where `asked` says whether the workload was measured at all
 */
export function ratiosOf(rows, skipped) {
  const ratios = {};
  const missing = {};
  for (const [name, workload, ...pair] of RATIOS) {
    const [ours, theirs] = pair.map((contender) => bestRate(rows, workload, contender));
    const absent = pair.find((contender) => bestRate(rows, workload, contender) === undefined);
    ratios[name] = absent === undefined ? ours / theirs : null;
    if (absent !== undefined) missing[name] = whyAbsent(rows, workload, absent, skipped);
  }
  return { ratios, missing };
}

function bestRate(rows, workload, contender) {
  const rates = rows
    .filter((row) => row.workload === workload && row.contender === contender)
    .map(({ rate }) => rate);
  return rates.length > 0 ? Math.max(...rates) : undefined;
}

function whyAbsent(rows, workload, contender, skipped) {
  const pack = workload.split('/')[0];
  const known = skipped.find((each) => each.pack === pack && each.contender === contender);
  const reason = known?.reason ?? `${contenderOf(contender).label} was not asked for ${workload}`;
  return { reason, asked: rows.some((row) => row.workload === workload) };
}
