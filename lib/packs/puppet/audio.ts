import { Graph, type Value } from '../onnx/index.js';
import { CLASSES, CURVES } from '../visemes.js';
import { type DenseMatrix, matrix, range } from './linalg.js';
import { visemes } from './visemes.js';

const BINS = 80;
const COLUMNS = 16;
/** Width of an audio feature. The channels beyond {@link CHANNEL} are zero. */
export const FEATURE_SIZE = 512;

/** Where the parts of a feature begin: ten of formulas, then the mouth's curves and the chances of the classes of visemes. */
export const CHANNEL = {
  loudness: 0,
  b1: 1,
  b5: 5,
  onset: 7,
  curves: 10,
  classes: 10 + CURVES.length,
  end: 10 + CURVES.length + CLASSES.length,
} as const;

type Band = readonly [low: number, high: number];
const VOICE: Band = [150, 4000];
// About voicing, first formant of close and open vowels, second formant, fricatives.
const BANDS: readonly Band[] = [
  [200, 450],
  [550, 1000],
  [750, 1300],
  [1700, 2700],
  [4000, 7000],
];

/** Hz to mel and back on the Slaney scale: linear below 1 kHz, logarithmic above. */
const LOG_STEP = Math.log(6.4) / 27;
const melFromHz = (hz: number) => (hz < 1000 ? (hz * 3) / 200 : 15 + Math.log(hz / 1000) / LOG_STEP);
const hzFromMel = (mel: number) => (mel < 15 ? (mel * 200) / 3 : 1000 * Math.exp(LOG_STEP * (mel - 15)));

/** Centre frequencies of the mel bins, Hz. */
export function binCentres(): number[] {
  const [low, high] = [melFromHz(55), melFromHz(7600)];
  return range(1, BINS + 1).map((i) => hzFromMel(low + ((high - low) * i) / (BINS + 1)));
}

/** Weights of the 16 columns around the frame's centre, column 8; they sum to 1. */
function columnWeights(): number[] {
  const weights = range(0, COLUMNS).map((column) => Math.exp(-0.5 * ((column - 8) / 1.6) ** 2));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

const meanOf = (columns: readonly number[]) =>
  range(0, COLUMNS).map((column) => (columns.includes(column) ? 1 / columns.length : 0));

/** Every linear feature as a column over the flattened window [80 x 16]. */
function pooling(): DenseMatrix {
  const centres = binCentres();
  const around = columnWeights();
  const rise = meanOf(range(7, 11)).map((weight, i) => weight - meanOf(range(2, 6))[i]!);
  const features: [Band, number[]][] = [VOICE, ...BANDS].map((band) => [band, around]);
  features.push([VOICE, meanOf(range(0, COLUMNS))], [VOICE, rise]);
  const inBand = features.map(([[low, high]]) => centres.map((f) => f >= low && f <= high));
  const counts = inBand.map((bins) => bins.filter(Boolean).length);
  return matrix(BINS * COLUMNS, features.length, (i, j) => {
    const [bin, column] = [Math.floor(i / COLUMNS), i % COLUMNS];
    return inBand[j]![bin] ? features[j]![1][column]! / counts[j]! : 0;
  });
}

/** The audio encoder: mel [n, 1, 80, 16] to feature [n, 512]. */
export function audioGraph(): Graph {
  const g = new Graph('puppet_audio', { description: 'Loudness, formant bands and visemes of a mel window' });
  const mel = g.input('mel', 'float32', ['n', 1, BINS, COLUMNS]);
  const pooled = mel.reshape(-1, BINS * COLUMNS).matmul(g.matrix('pooling', pooling()));
  const [levels, rise] = g.split(pooled, 1, [7, 1]) as [Value, Value];
  const voicing = g.formula('sigmoid(2 * (b1 - b5))', {
    b1: pooled.slice(1, CHANNEL.b1, CHANNEL.b1 + 1),
    b5: pooled.slice(1, CHANNEL.b5, CHANNEL.b5 + 1),
  });
  const shapes = g.scope('visemes', () => visemes(g, mel));
  const used = g.concat(1, [levels, rise.relu(), centroid(g, mel), voicing, shapes]);
  const feature = g.op('Pad', [used, g.ints([0, 0, 0, FEATURE_SIZE - CHANNEL.end])]);
  g.output('feature', feature, 'float32', ['n', FEATURE_SIZE]);
  return g;
}

/** Where in 0..1 of the bins the sound lies, [n, 1]. */
function centroid(g: Graph, mel: Value): Value {
  const weights = g.constant('columns', Float32Array.from(columnWeights()), [COLUMNS, 1]);
  const spectrum = mel.reshape(-1, COLUMNS).matmul(weights).reshape(-1, BINS);
  const position = g.constant(
    'position',
    Float32Array.from(range(0, BINS), (bin) => bin / (BINS - 1)),
  );
  return spectrum.mul(2).softmax(1).mul(position).sum([1]);
}
