// Packs whose networks are a few operators with the shapes of a specification, valid or invalid.
import { Graph } from '../../../dist/packs/onnx/index.js';

const [CROP, SMALL, WIDTH, HEIGHT, WINDOW, FEATURES] = [64, 32, 48, 64, 8, 12];
const VOLUME = [1, 4, 2, 8, 8];
const POINTS = [1, 21, 3];

const tensor = (name, dims, type = 'float32') => ({ name, dims, type });
const image = (side) => tensor('img', [1, 3, side, side]);
const points = (name) => tensor(name, POINTS);

/** A network by its role: words of the pack, tensors of the graph. */
const heads = {
  keypoints: points('kp'),
  pitch: tensor('pitch', [1, 1]),
  yaw: tensor('yaw', [1, 1]),
  roll: tensor('roll', [1, 1]),
  translation: tensor('t', [1, 3]),
  expression: tensor('exp', POINTS),
  scale: tensor('scale', [1, 1]),
};
const rendering = { feature: tensor('f_s', VOLUME), source: points('x_s'), driving: points('x_d') };
const picture = { image: tensor('out', [1, 3, HEIGHT, WIDTH]) };
const frames = (n, width, name) => tensor(name, [1, n, width]);

/** Specifications of the networks: `split` has condition and time, warp and decode; its windows are open. */
export function tinyNetworks(split) {
  const n = split ? 'n' : WINDOW;
  const rows = { canonical: tensor('ori', [1, 70]), reference: tensor('ref', [1, 70]) };
  const whole = { timestep: tensor('t', [1], 'int64'), audio: frames(n, FEATURES, 'audio') };
  const parts = { condition: frames(n, 6, 'condition'), time: tensor('time', [1, 5]) };
  const network = (inputs, outputs) => ({ inputs, outputs });
  return {
    appearance: network({ image: image(CROP) }, { feature: tensor('f_s', VOLUME) }),
    motion: network({ image: image(SMALL) }, heads),
    audio: network({ mel: tensor('mel', ['n', 1, 80, 16]) }, { feature: tensor('feature', ['n', FEATURES]) }),
    denoiser: network(
      { x: frames(n, 70, 'x'), ...rows, ...(split ? parts : whole) },
      { noise: frames(n, 70, 'eps') },
    ),
    ...(split ? splitNetworks() : { render: network(rendering, picture) }),
    stitching: network(
      { source: points('x_s'), driving: points('x_d') },
      { stitched: points('stitched'), delta: tensor('delta', [1, 65]) },
    ),
    eye: network({ source: points('x_s'), ratio: tensor('ratio', [1, 3]) }, { delta: points('delta') }),
    lip: network({ source: points('x_s'), ratio: tensor('ratio', [1, 2]) }, { delta: points('delta') }),
  };
}

function splitNetworks() {
  const network = (inputs, outputs) => ({ inputs, outputs });
  const warped = (name) => tensor(name, [1, 6, 8, 8]);
  return {
    condition: network({ audio: frames('n', FEATURES, 'audio') }, { condition: frames('n', 6, 'condition') }),
    time: network({ timestep: tensor('t', ['s'], 'int64') }, { time: tensor('time', ['s', 5]) }),
    warp: network(rendering, { feature: warped('warped'), occlusion: tensor('occlusion', [1, 1, 8, 8]) }),
    decode: network({ feature: warped('feature') }, picture),
  };
}

/** pack.json without sizes and hashes of its networks. */
export function tinyManifest(split, networks) {
  const names = (words) => Object.fromEntries(Object.entries(words).map(([word, { name }]) => [word, name]));
  const roles = Object.entries(networks).map(([role, { inputs, outputs }]) => [
    role,
    { file: `${role}.onnx`, inputs: names(inputs), outputs: names(outputs) },
  ]);
  const statistic = (length, std) => ({ mean: Array(length).fill(0.01), std: Array(length).fill(std) });
  const one = () => statistic(1, 1);
  return {
    format: 1,
    name: 'tiny',
    version: '1.0.0',
    description: 'Made by a test',
    licence: { name: 'MIT', nonCommercial: false },
    fps: 25,
    crop: { default: 'none', size: CROP },
    motionSize: SMALL,
    output: { width: WIDTH, height: HEIGHT },
    sessionThreads: 1,
    roles: Object.fromEntries(roles),
    sampler: {
      steps: 2,
      window: WINDOW,
      fixedWindow: !split,
      trainTimesteps: 1000,
      betaStart: 1e-5,
      betaEnd: 8e-3,
      smoothing: { process: 0.05, observation: 0.001 },
    },
    statistics: {
      scale: { mean: [1], std: [0.1] },
      yaw: one(),
      pitch: one(),
      roll: one(),
      t: statistic(3, 0.01),
      exp: statistic(63, 0.01),
      kp: statistic(63, 0.1),
    },
    blink: { direction: Array(63).fill(0.01), template: [0.5, 1, 0.5] },
  };
}

const SAMPLES = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array, uint8: Uint8Array };
/** ONNX's codes of types without an array type here. */
const CODES = { float32: 1, uint8: 2, int32: 6, int64: 7, string: 8, bool: 9, float16: 10, float64: 11 };

/**
 * The graph of a specification: every output is a wave, shifted a little by every input. A tensor's `actual` is its real shape, if it
 * differs from the declared one; `constant` makes an output a constant, and `through` copies the input with that index.
 */
export function tinyGraph(role, { inputs, outputs }) {
  const g = new Graph(role);
  const given = Object.values(inputs).map(({ name, type, dims }) => ({
    value: g.input(name, CODES[type] === undefined ? 'float32' : type, dims),
    dims,
  }));
  const moved = given
    .map(({ value, dims }) =>
      value.cast(1).mean(
        dims.map((_, axis) => axis),
        false,
      ),
    )
    .reduce((sum, value) => sum.add(value.mul(1e-3)), g.scalar(0.25));
  for (const output of Object.values(outputs))
    g.output(output.name, valueFor(g, output, given, moved), output.type, output.dims);
  return g;
}

function valueFor(g, { name, type, dims, actual = dims, constant, through }, given, moved) {
  if (through !== undefined && given[through]) return given[through].value;
  const fixed = actual.map((dim) => (typeof dim === 'number' ? dim : 1));
  const count = fixed.reduce((a, b) => a * b, 1);
  const waves = Float32Array.from({ length: count }, (_, i) => 0.3 * Math.sin(1.3 * i + name.length));
  if (constant)
    return g.constant(
      `${name}_is`,
      SAMPLES[type]?.from(waves, type === 'int64' ? () => 1n : (x) => x) ?? waves,
      fixed,
    );
  const value = g.constant(`${name}_waves`, waves, fixed).add(moved);
  const open = actual.map((dim) => (typeof dim === 'number' ? g.ints([dim]) : lengthOf(g, dim, given)));
  const whole = fixed.length === actual.filter((dim) => typeof dim === 'number').length;
  const shaped = whole ? value : g.op('Expand', [value, g.concat(0, open)]);
  return type === 'float32' ? shaped : shaped.cast(CODES[type]);
}

/** The length of the first input's axis of that name. */
function lengthOf(g, name, given) {
  for (const { value, dims } of given) {
    const axis = dims.indexOf(name);
    if (axis >= 0) return g.op('Shape', [value]).slice(0, axis, axis + 1);
  }
  return g.ints([3]);
}
