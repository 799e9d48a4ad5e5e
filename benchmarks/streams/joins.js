// How the motion of a stream joins, compared with a clip's: `kdtalker bench --workloads joins`. Both are sampled, nothing is rendered.
//
// A clip samples window after window; a stream plans head and eyes for as many frames, and samples the lips hop by hop. Measured are the
// yaw, in degrees, and the numbers of the lips in standard deviations of the pack's motion: steps and second differences at the joins and
// inside, and how alike the lips of both are.
import { readFile } from 'node:fs/promises';
import { regionMask } from '../../dist/packs/regions.js';

const SIZE = 70;
const YAW = 1;
const EXPRESSION = 7;
const SEEDS = 8;

/**
 * @param given.files WAV files of 16 kHz, mono, 16 bits, of no more than 20 s
 * @param given.hop, given.ahead, given.steps as in a stream
 * @returns numbers of clips and of streams, over all files and seeds
 */
export async function measureJoins({ talker, portrait, files, seeds = SEEDS, ...options }) {
  const { hop = 4, ahead = 2, steps = 10 } = options;
  const window = talker.pack.sampler.window;
  const pairs = [];
  for (const file of files) {
    const samples = await samplesOf(file);
    for (let seed = 0; seed < seeds; seed++)
      pairs.push({
        clip: await clipMotion(talker, portrait, samples, seed),
        stream: await streamMotion(talker, portrait, samples, { seed, hop, ahead, steps }),
      });
  }
  const scale = lipScale(talker.pack);
  const joins = { head: (frame) => frame % window === 0, lips: (frame) => frame % hop === 0 };
  return {
    ...{ hop, ahead, steps, files: files.length, seeds },
    clip: numbersOf(
      pairs.map(({ clip }) => clip),
      scale,
      joins,
    ),
    stream: numbersOf(
      pairs.map(({ stream }) => stream),
      scale,
      joins,
    ),
    lipsCorrelation: mean(pairs.map(({ clip, stream }) => lipsCorrelation(clip, stream, scale))),
  };
}

/** The numbers of one kind of motion: yaw's standard deviation, its steps, and the lips' second differences. */
function numbersOf(motions, scale, joins) {
  const yaws = motions.map((motion) => course(motion, YAW));
  const steps = yaws.flatMap((yaw) => differences(yaw));
  const turns = motions.flatMap((motion) =>
    [...scale].flatMap(([index, deviation]) =>
      differences(differences(course(motion, index)).map(({ value }) => value)).map(({ frame, value }) => ({
        frame: frame + 1,
        value: value / deviation,
      })),
    ),
  );
  const at = (values, join) =>
    mean(values.filter(({ frame }) => join(frame)).map(({ value }) => Math.abs(value)));
  return {
    yawDeviation: mean(yaws.map(deviation)),
    step: { joins: at(steps, joins.head), inside: at(steps, (frame) => !joins.head(frame)) },
    lipsTurn: { joins: at(turns, joins.lips), inside: at(turns, (frame) => !joins.lips(frame)) },
  };
}

/** The lips' numbers that move, each with its standard deviation. */
function lipScale(pack) {
  const mask = regionMask('lip', pack);
  const all = Array.from({ length: SIZE }, (_, index) => [
    index,
    pack.statistics.exp.std[index - EXPRESSION],
  ]);
  return new Map(all.filter(([index, std]) => mask[index] === 1 && std > 1e-6));
}

/** Of all numbers of the lips together: those that move most count most. */
function lipsCorrelation(clip, stream, scale) {
  const [x, y] = [clip, stream].map((motion) =>
    [...scale.keys()].flatMap((index) => centred(course(motion, index))),
  );
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

const course = ({ values, frames }, index) =>
  Array.from({ length: frames }, (_, f) => values[SIZE * f + index]);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** From the frame before to each frame. */
function differences(values) {
  return values.slice(1).map((value, i) => ({ frame: i + 1, value: value - values[i] }));
}

function deviation(values) {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

function centred(values) {
  const middle = mean(values);
  return values.map((value) => value - middle);
}

const product = (left, right) => left.reduce((sum, value, i) => sum + value * right[i], 0);

/** The samples of a WAV file of 16 kHz, mono, 16 bits. */
export async function samplesOf(file) {
  const bytes = await readFile(file);
  const begin = bytes.indexOf('data') + 8;
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset + begin, bytes.byteOffset + bytes.length));
}

async function clipMotion(talker, portrait, samples, seed) {
  const clip = talker.animate(portrait, { samples, sampleRate: 16_000 }, { seed });
  try {
    return await clip.rawMotion();
  } finally {
    await clip.close();
  }
}

async function streamMotion(talker, portrait, samples, options) {
  const stream = talker.stream(portrait, options);
  try {
    await stream.write(samples);
    stream.end();
    return await stream.rawMotion();
  } finally {
    await stream.close();
  }
}
