// How the motion of a stream joins, compared with a clip's: `kdtalker bench --workloads joins`. Both are sampled, nothing is rendered.
//
// A clip samples window after window; a stream plans head and eyes for as many frames, and samples the lips hop by hop. Both begin with the same
// noise, that of the frames: what differs is the scheme alone, so a few seeds say much. Measured are the yaw, in degrees, and the numbers of the
// lips in standard deviations of the pack's motion: steps of the yaw at the joins and in the two frames on either side (the head moves with
// the voice, so elsewhere it moves faster or slower), second differences of the yaw and of the lips where hops join and inside, and how alike
// yaw and lips of both are.
import { readFile } from 'node:fs/promises';
import { regionMask } from '../../dist/packs/regions.js';
import { fillNormal } from '../contenders/ortnode/noise.js';

const SIZE = 70;
const YAW = 1;
const EXPRESSION = 7;
const SEEDS = 8;
/** Frames that a stream's motion can be read of, and places of a file at which a clip begins: what a window does depends on what is in it. */
const FRAMES = 512;
const PLACES = 8;

/**
 * @param given.picture the portrait's file
 * @param given.files WAV files of 16 kHz, mono, 16 bits, of no more than 20 s
 * @param given.once each file once, instead of again and again from another place for each seed
 * @param given.hop, given.ahead, given.steps, given.replan as in a stream
 * @returns numbers of clips and of streams, over all files and seeds
 */
export async function measureJoins({ talker, portrait, picture, files, seeds = SEEDS, once, ...options }) {
  const { hop = 4, ahead = 2, steps = 10, replan = 4 } = options;
  const { window } = talker.pack.sampler;
  const pairs = [];
  for (const file of files) {
    const whole = await samplesOf(file);
    for (let seed = 0; seed < seeds; seed++) {
      const samples = once ? whole : saidFrom(whole, (seed * 5) % PLACES);
      pairs.push({
        clip: await clipMotion(talker, picture, samples, seed),
        stream: await streamMotion(talker, portrait, samples, { seed, hop, ahead, steps, replan }),
      });
    }
  }
  const scale = lipScale(talker.pack);
  const joins = {
    plans: (frame) => frame % window === 0,
    beside: (frame) => frame > 2 && [-2, -1, 1, 2].some((by) => (frame + by) % window === 0),
    hops: (frame) => frame % hop === 0,
  };
  const of = (kind) => pairs.map((pair) => pair[kind]);
  return {
    ...{ hop, ahead, steps, replan, files: files.length, seeds },
    clip: numbersOf(of('clip'), scale, joins),
    stream: numbersOf(of('stream'), scale, joins),
    yaw: yawRatio(pairs),
    yawCorrelation: mean(pairs.map(({ clip, stream }) => correlation(clip, stream, [YAW]))),
    lipsCorrelation: mean(pairs.map(({ clip, stream }) => correlation(clip, stream, [...scale.keys()]))),
  };
}

/** The numbers of one kind of motion: the yaw's standard deviation and steps, second differences of yaw and lips. */
function numbersOf(motions, scale, joins) {
  const yaws = motions.map((motion) => course(motion, YAW));
  const steps = yaws.flatMap((yaw) => differences(yaw));
  const lips = motions.flatMap((motion) =>
    [...scale].map(([index, deviation]) => course(motion, index).map((value) => value / deviation)),
  );
  const at = (values, join) => mean(values.filter(join).map(({ value }) => Math.abs(value)));
  const turn = (courses) => {
    const turns = courses.flatMap((values) => turnsOf(values));
    return {
      joins: at(turns, ({ frame }) => joins.hops(frame)),
      inside: at(turns, ({ frame }) => !joins.hops(frame)),
    };
  };
  return {
    yawDeviation: mean(yaws.map(deviation)),
    step: {
      joins: at(steps, ({ frame }) => joins.plans(frame)),
      inside: at(steps, ({ frame }) => joins.beside(frame)),
    },
    yawTurn: turn(yaws),
    lipsTurn: turn(lips),
  };
}

/** Second differences, each at its last but one frame. */
function turnsOf(values) {
  const turns = differences(differences(values).map(({ value }) => value));
  return turns.map(({ frame, value }) => ({ frame: frame + 1, value }));
}

/** The standard deviation of a stream's yaw over a clip's, and its standard error. */
function yawRatio(pairs) {
  const of = (kind) => pairs.map((pair) => deviation(course(pair[kind], YAW)));
  const [clip, stream] = [of('clip'), of('stream')];
  const ratio = mean(stream) / mean(clip);
  const errors = stream.map((value, i) => value - ratio * clip[i]);
  return { ratio, error: deviation(errors) / mean(clip) / Math.sqrt(Math.max(1, pairs.length - 1)) };
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

/** Of these numbers together: those that move most count most. */
function correlation(clip, stream, indices) {
  const [x, y] = [clip, stream].map((motion) => indices.flatMap((index) => centred(course(motion, index))));
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

/** As often as a stream's motion has room for, from one of the places on. */
function saidFrom(samples, place) {
  const frames = Math.floor(FRAMES / (samples.length / 640)) * (samples.length / 640);
  const first = Math.floor((place * samples.length) / PLACES);
  return Int16Array.from(
    { length: Math.floor(frames) * 640 },
    (_, i) => samples[(first + i) % samples.length],
  );
}

/** A clip's windows with a stream's noise, which goes on from window to window as that of one. */
async function clipMotion(talker, picture, samples, seed) {
  const { window } = talker.pack.sampler;
  const windows = Math.ceil(Math.floor(samples.length / 640) / window);
  const noise = { dims: [windows, window, SIZE], data: new Float32Array(windows * window * SIZE) };
  fillNormal(noise.data, seed, 0);
  const { tensors } = await talker.trace(picture, { samples, sampleRate: 16_000 }, { noise });
  return motionOf(tensors);
}

/** The rows of a trace before smoothing. */
function motionOf(tensors) {
  const parts = ['scale', 'yaw', 'pitch', 'roll', 't', 'exp'].map((part) => tensors[`denorm_${part}`]);
  const frames = parts[0].dims[0];
  const values = new Float32Array(frames * SIZE);
  let left = 0;
  for (const { data } of parts) {
    const width = data.length / frames;
    for (let f = 0; f < frames; f++) values.set(data.subarray(f * width, (f + 1) * width), f * SIZE + left);
    left += width;
  }
  return { values, frames };
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
