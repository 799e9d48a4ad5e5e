import { Talker } from '../../dist/index.js';
import { psnrOf } from './psnr.js';

const SEED = 7;
/** Frames that are compared with the processor's, and decibels that they reach at least. */
const COMPARED = 3;
const LEAST = { fp32: 48, fp16: 45 };

/**
 * Clips of one pack in one way: the fastest of some rounds.
 *
 * @param given.expected the processor's frames, of {@link framesOnProcessor}
 * @returns {frames, fps, firstFrame, stages: {name: ms a lap}, perFrame: {launches, graphLaunches, waits, downloads, bytes}, allocations,
 *   deviceMB, psnr, passed}: counts of the last round, when everything is allocated
 */
export async function measureClips({
  pack,
  device,
  engine,
  precision,
  graphs,
  rounds,
  expected,
  signal,
  ...inputs
}) {
  const asked = engine === 'onnxruntime' ? { engine } : {};
  const talker = await Talker.load(pack, { device, ...asked, precision, graphs, signal });
  try {
    const portrait = await talker.portrait(inputs.portrait, { signal });
    const clips = [];
    await clipOf(talker, portrait, inputs, signal); // loads kernels, captures, allocates
    for (let round = 0; round < rounds; round++)
      clips.push(await counted(talker, () => clipOf(talker, portrait, inputs, signal)));
    const best = clips.reduce((fastest, each) => (each.fps > fastest.fps ? each : fastest));
    const made = await framesOf(talker, portrait, inputs.speech, signal);
    const psnr = Math.min(...made.map((frame, i) => psnrOf(frame, expected[i])));
    return { ...best, deviceMB: talker.deviceBytes() / 1e6, psnr, passed: psnr >= LEAST[precision] };
  } finally {
    await talker.close();
  }
}

/** Frames a second after the first; seconds until the first. */
async function clipOf(talker, portrait, { speech, frames }, signal) {
  const begun = performance.now();
  let count = 0;
  let first;
  for await (const _ of talker.animate(portrait, speech, { seed: SEED, signal })) {
    first ??= performance.now();
    if (++count === frames) break;
  }
  const seconds = (performance.now() - first) / 1000;
  return { frames: count, fps: (count - 1) / seconds, firstFrame: (first - begun) / 1000 };
}

/** What a clip asked the device for, and how long its stages took there. */
async function counted(talker, make) {
  const [work, crossings, stages] = [talker.deviceWork(), talker.counters(), talker.stages()];
  const clip = await make();
  const [later, crossed, timed] = [talker.deviceWork(), talker.counters(), talker.stages()];
  const each = (name) => (later[name] - work[name]) / clip.frames;
  const frame = (name) => (crossed.frame[name] - crossings.frame[name]) / clip.frames;
  return {
    ...clip,
    stages: Object.fromEntries(Object.keys(timed).map((name) => [name, lapOf(stages[name], timed[name])])),
    perFrame: {
      launches: each('launches'),
      graphLaunches: each('graphLaunches'),
      waits: each('synchronisations'),
      downloads: frame('downloads'),
      bytes: frame('downloadBytes'),
    },
    allocations: later.allocations - work.allocations,
  };
}

const lapOf = (before, after) => (after.milliseconds - before.milliseconds) / (after.laps - before.laps || 1);

/** Some frames of a pack on the processor in float32, with which all ways are compared. */
export async function framesOnProcessor(pack, { portrait, speech, signal }) {
  const talker = await Talker.load(pack, { device: 'cpu', signal });
  try {
    return await framesOf(talker, await talker.portrait(portrait, { signal }), speech, signal);
  } finally {
    await talker.close();
  }
}

async function framesOf(talker, portrait, speech, signal) {
  const frames = [];
  for await (const { data } of talker.animate(portrait, speech, { seed: SEED, signal }))
    if (frames.push(data) === COMPARED) break;
  return frames;
}
