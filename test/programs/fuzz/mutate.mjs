// Faults of a pack: in its pack.json, in the shapes of its networks, in the bytes of its graphs.
import { decodeModel, encodeModel } from '../../../dist/packs/onnx/proto.js';
import { pick } from './random.mjs';

const VALUES = [
  0,
  1,
  -1,
  2,
  3,
  0.5,
  -0.25,
  24,
  30,
  60,
  61,
  63,
  64,
  65,
  255,
  256,
  300,
  4096,
  8192,
  1e6,
  2 ** 31,
  2 ** 53,
  1e300,
  -1e300,
  1e-300,
  '',
  'x',
  'out',
  null,
  true,
  [],
  {},
  [1],
  [0, 0],
];

/** The paths of all parts of a value: keys of objects, and some indices of lists. */
function pathsOf(value, path = []) {
  if (value === null || typeof value !== 'object') return [path];
  const keys = Array.isArray(value) ? [...value.keys()].slice(0, 3) : Object.keys(value);
  return [path, ...keys.flatMap((key) => pathsOf(value[key], [...path, key]))];
}

function near(random, value) {
  if (typeof value === 'number')
    return pick(random, [value + 1, value - 1, value * 2, value / 2, -value, value * 1.5]);
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value)) return random() < 0.5 ? value.slice(1) : [...value, ...value.slice(0, 1)];
  return pick(random, VALUES);
}

/** Changes one value of pack.json in place; returns a description. */
export function mutateManifest(random, manifest) {
  const paths = pathsOf(manifest).filter(
    (path) => path.length > 0 && !['sha256', 'bytes'].includes(path.at(-1)),
  );
  // Prefers a number of the model to one of the hundreds of statistics.
  const path = pick(
    random,
    random() < 0.6 ? paths.filter(([first]) => first !== 'statistics' && first !== 'blink') : paths,
  );
  const place = path.slice(0, -1).reduce((at, key) => at[key], manifest);
  const key = path.at(-1);
  const how = random();
  if (how < 0.1) delete place[key];
  else if (how < 0.6) place[key] = near(random, place[key]);
  else if (how < 0.75) place[key] = structuredClone(pick(random, Object.values(place)));
  else place[key] = structuredClone(pick(random, VALUES));
  return `${path.join('.')} = ${JSON.stringify(place[key])?.slice(0, 60)}`;
}

const TYPES = ['float32', 'float16', 'float64', 'int64', 'int32', 'uint8', 'bool'];
const SHAPES = {
  rankLess: (_random, dims) => dims.slice(1),
  rankMore: (_random, dims) => [1, ...dims],
  scalar: () => [],
  batch: (_random, dims) => [2, ...dims.slice(1)],
  axis: (random, dims) =>
    dims.with(place(random, dims), pick(random, [0, 1, 2, 3, 7, 16, 62, 64, 65, 71, 128])),
  more: (_random, dims) =>
    dims.map((dim, i) => (i === dims.length - 1 && typeof dim === 'number' ? dim + 1 : dim)),
  fewer: (_random, dims) =>
    dims.map((dim, i) => (i === dims.length - 1 && typeof dim === 'number' ? dim - 1 : dim)),
  open: (random, dims) => dims.with(place(random, dims), pick(random, ['n', 'm'])),
  openAll: (_random, dims) => dims.map((_, i) => `d${i}`),
  swapped: (_random, dims) => dims.toReversed(),
};

const place = (random, dims) => Math.floor(random() * Math.max(1, dims.length));

/** Changes a tensor of one network's specification in place; returns a description. The declared shape may differ from the actual one. */
export function mutateShapes(random, networks) {
  const role = pick(random, Object.keys(networks));
  const side = random() < 0.65 ? 'outputs' : 'inputs';
  const word = pick(random, Object.keys(networks[role][side]));
  const tensor = networks[role][side][word];
  const how = pick(random, [...Object.keys(SHAPES), 'type', 'constant', 'through']);
  const changed = { ...tensor };
  if (how === 'type') changed.type = pick(random, TYPES);
  else if (how === 'constant')
    Object.assign(changed, { constant: true, actual: tensor.dims.map((dim) => (dim === 'n' ? 8 : dim)) });
  else if (how === 'through') changed.through = Math.floor(random() * 3);
  else if (tensor.dims.length > 0) change(random, changed, SHAPES[how](random, tensor.dims));
  networks[role][side] = { ...networks[role][side], [word]: changed };
  return `${role}.${side}.${word}: ${how} ${JSON.stringify(changed)}`;
}

/** The new shape is the declared one, the actual one, or both; axes may be declared open if the actual shape changes. */
function change(random, tensor, dims) {
  const how = random();
  if (how < 0.4) tensor.dims = dims;
  else if (how < 0.6) Object.assign(tensor, { actual: tensor.dims, dims });
  else if (how < 0.8) tensor.actual = dims;
  else Object.assign(tensor, { actual: dims, dims: tensor.dims.map((_, i) => `d${i}`) });
}

const GRAPH_CHANGES = {
  inputShape: (random, { graph }) => editShape(random, pick(random, graph.input)),
  outputShape: (random, { graph }) => editShape(random, pick(random, graph.output)),
  inputType: (random, { graph }) => editType(random, pick(random, graph.input)),
  outputType: (random, { graph }) => editType(random, pick(random, graph.output)),
  constantShape: (random, { graph }) => {
    const constant = pick(random, graph.initializer);
    if (!constant?.dims.length) return 'nothing';
    const [axis, length] = [place(random, constant.dims), pick(random, [0, 1, 2, 3, 5, 64, 1000])];
    if (random() < 0.5) constant.dims.reverse();
    else constant.dims[axis] = length;
    return `constant ${constant.name} ${constant.dims}`;
  },
  attribute: (random, { graph }) => {
    const node = pick(
      random,
      graph.node.filter(({ attribute }) => attribute.some(({ ints, i }) => ints?.length || i !== undefined)),
    );
    const attribute = pick(random, node?.attribute ?? []);
    if (!attribute) return 'nothing';
    const value = pick(random, [0, 1, -1, 2, 3, 7, 100, 100000]);
    if (attribute.ints?.length) attribute.ints[place(random, attribute.ints)] = value;
    else if (attribute.type === 2) attribute.i = value;
    return `${node.opType} ${attribute.name} ${value}`;
  },
  rewired: (random, { graph }) => {
    const node = pick(random, graph.node);
    const other = pick(random, graph.node);
    if (!node?.input.length) return 'nothing';
    const values = [
      ...other.output,
      ...graph.input.map(({ name }) => name),
      ...graph.initializer.map(({ name }) => name),
      '',
    ];
    const value = pick(random, values);
    const at = place(random, node.input);
    node.input[at] = value;
    return `${node.name} input ${at} = '${value}'`;
  },
  operator: (random, { graph }) => {
    const node = pick(random, graph.node);
    node.opType = pick(random, [
      'Relu',
      'Add',
      'Mul',
      'Reshape',
      'Identity',
      'Transpose',
      'Conv',
      'Nothing',
      'Shape',
      'Cast',
    ]);
    return `${node.name} is ${node.opType}`;
  },
  extraInput: (_random, { graph }) => {
    graph.input.push({ ...structuredClone(graph.input[0]), name: 'another' });
    return 'another input';
  },
  renamed: (random, { graph }) => {
    const info = pick(random, [...graph.input, ...graph.output]);
    info.name = pick(random, ['other', '', pick(random, graph.output).name]);
    return `renamed to '${info.name}'`;
  },
};

function editShape(random, info) {
  const shape = info.type?.tensorType?.shape;
  if (!shape) return 'nothing';
  const how = random();
  if (how < 0.15) delete info.type.tensorType.shape;
  else if (how < 0.3) shape.dim.shift();
  else if (how < 0.45) shape.dim.unshift({ dimValue: 1 });
  else if (shape.dim.length > 0)
    shape.dim[place(random, shape.dim)] = pick(random, [
      {},
      { dimParam: 'z' },
      { dimValue: 0 },
      { dimValue: 2 },
      { dimValue: 65 },
      { dimValue: 100000 },
    ]);
  return `${info.name} is ${JSON.stringify(info.type.tensorType.shape?.dim)}`;
}

function editType(random, info) {
  if (info.type?.tensorType)
    info.type.tensorType.elemType = pick(random, [0, 1, 2, 6, 7, 8, 9, 10, 11, 16, 99]);
  return `${info.name} has type ${info.type?.tensorType?.elemType}`;
}

/** Another graph made from the bytes of one; returns a description of the difference. */
export function mutateGraph(random, bytes) {
  const model = decodeModel(bytes);
  const how = pick(random, Object.keys(GRAPH_CHANGES));
  const what = GRAPH_CHANGES[how](random, model);
  return { bytes: encodeModel(model), what: `${how}: ${what}` };
}
