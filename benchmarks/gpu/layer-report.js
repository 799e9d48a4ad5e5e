import { tableLines } from '../table.js';

const COLUMNS = [
  { title: 'role', align: 'left' },
  { title: 'layer', align: 'left' },
  { title: 'times', align: 'right' },
  { title: 'GMAC each', align: 'right' },
  { title: 'us each', align: 'right' },
  { title: 'TFLOPS', align: 'right' },
  { title: 'PyTorch us', align: 'right' },
  { title: 'ours / its', align: 'right' },
];

/** Lines of a report of layers.js: layers of one form in one role are one row, with their middle; then kernels that are no layers. */
export function layerLines({ pack, version, gpu, refused, torch, rows }) {
  const layers = rows.filter(({ layer }) => layer);
  return [
    `${pack} ${version}, ${layers.length} layers and ${rows.length - layers.length} other kernels`,
    gpu ? gpu.text : `Nothing is timed: ${refused}`,
    torchLine(torch),
    ...tableLines(COLUMNS, alike(layers).map(rowOf)),
    ...(gpu ? [sumLine(rows)] : []),
  ];
}

function torchLine({ version, refused, ceilings }) {
  if (refused) return `PyTorch is left out: ${refused}`;
  const { half, float, copy } = ceilings;
  return `PyTorch ${version}; products of 8192 x 8192: ${half.toFixed(0)} TFLOPS in fp16, ${float.toFixed(0)} in fp32; a copy: ${copy.toFixed(0)} GB/s`;
}

/** [[layer, ...], ...]: those of one role and form. */
function alike(layers) {
  const groups = new Map();
  for (const each of layers) {
    const key = `${each.role} ${JSON.stringify(each.layer)} ${each.kind}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()];
}

function rowOf(group) {
  const [{ role, layer, kind, multiplyAdds, torchMs }] = group;
  const ms = middle(group.map((each) => each.ms));
  const us = (value) => (value === undefined ? '' : (1000 * value).toFixed(1));
  return [
    role,
    `${textOf(layer)} (${kind})`,
    String(group.length),
    (multiplyAdds / 1e9).toFixed(3),
    us(ms),
    ms === undefined ? '' : ((2 * multiplyAdds) / ms / 1e9).toFixed(1),
    us(torchMs),
    ms === undefined || torchMs === undefined ? '' : (ms / torchMs).toFixed(2),
  ];
}

const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const by = (lengths) => lengths.join('x');

function textOf(layer) {
  if (layer.what === 'product') {
    const { batch, rows, length, columns } = layer;
    return `${layer.precision} product ${batch > 1 ? `${batch} x ` : ''}${by([rows, length])} by ${by([length, columns])}`;
  }
  const { batch, inputs, outputs, kernel, cells, factor } = layer;
  const repeated = factor > 1 ? `, repeated ${factor} times` : '';
  return `${layer.precision} ${inputs} to ${outputs}, kernel ${by(kernel)}, cells ${batch > 1 ? `${batch} x ` : ''}${by(cells)}${repeated}`;
}

/** All kernels of a frame's networks, and those layers that PyTorch has too. */
function sumLine(rows) {
  const sum = (of, value) => of.reduce((total, each) => total + value(each), 0).toFixed(3);
  const both = rows.filter(({ torchMs }) => torchMs !== undefined);
  const others = rows.filter(({ layer }) => !layer);
  const kernels = `all kernels once: ${sum(rows, ({ ms }) => ms)} ms, of that ${sum(others, ({ ms }) => ms)} are no layers`;
  if (both.length === 0) return kernels;
  return `${kernels}; layers that PyTorch has: ${sum(both, ({ ms }) => ms)} ms, in PyTorch ${sum(both, ({ torchMs }) => torchMs)}`;
}
