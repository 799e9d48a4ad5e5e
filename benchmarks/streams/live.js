// What a live stream costs: `kdtalker bench --workloads live`.
import { setTimeout as wait } from 'node:timers/promises';

const RATE = 16_000;
const SAMPLES_PER_FRAME = 640;

/** Processor milliseconds of this process since a moment, and the time that has passed. */
function spent(since) {
  const { user, system } = process.cpuUsage(since.cpu);
  return { processor: (user + system) / 1000, wall: performance.now() - since.wall };
}
const now = () => ({ cpu: process.cpuUsage(), wall: performance.now() });

/** Samples of so many frames, from a speech that is repeated. */
function cutTo(samples, frames) {
  return Int16Array.from({ length: frames * SAMPLES_PER_FRAME }, (_, i) => samples[i % samples.length]);
}

/** Processor milliseconds of a frame, as fast as it goes. */
export async function measureCost(talker, portrait, samples, { frames, ...options }) {
  const stream = talker.stream(portrait, { format: 'yuv420p', ...options });
  const said = cutTo(samples, frames + 50);
  let begun;
  let count = 0;
  const writing = stream.write(said).then(() => stream.end());
  for await (const { index } of stream) {
    if (index === 24) begun = now(); // buffers and threads are there
    if (index >= 25) count += 1;
    if (count === frames) break;
  }
  const { processor, wall } = spent(begun);
  await writing.catch(() => {}); // it was closed
  return { frame: processor / count, wall: wall / count };
}

/** From the last sample that the first frame needs to that frame, in milliseconds: what the processor did, and what passed. */
export async function measureFirst(talker, portrait, samples, { times, hop = 4, ahead = 2 }) {
  const needed = SAMPLES_PER_FRAME * (hop - 1 + ahead) + 2120;
  const made = [];
  for (let i = 0; i < times; i++) {
    const stream = talker.stream(portrait, { format: 'yuv420p', hop, ahead, seed: i });
    const frames = stream[Symbol.asyncIterator]();
    const first = frames.next();
    await stream.write(samples.subarray(0, needed - SAMPLES_PER_FRAME));
    await wait(300); // threads start, buffers are made
    const begun = now();
    await stream.write(samples.subarray(needed - SAMPLES_PER_FRAME, needed));
    await first;
    made.push(spent(begun));
    await stream.close();
  }
  return {
    processor: median(made.map((each) => each.processor)),
    wall: median(made.map((each) => each.wall)),
  };
}

/**
 * How late frames leave in so many streams at once, in milliseconds, by percentile: 0 is in time. With the cores that the process takes, and
 * those that the talker believes the streams to need, by which it takes them.
 */
export async function measureLateness(talker, portrait, samples, { streams, frames }) {
  const late = [];
  let needed = 0;
  const begun = now();
  const play = async (seed) => {
    const stream = talker.stream(portrait, { pace: 'live', format: 'yuv420p', seed });
    let milliseconds = 0;
    stream.on('late', (frame) => {
      milliseconds = frame.milliseconds;
    });
    const speaking = speak(stream, samples).catch(() => {}); // it was closed
    let count = 0;
    for await (const _ of stream) {
      late.push(milliseconds);
      milliseconds = 0;
      const { lanes, live } = talker.stats();
      needed = Math.max(needed, lanes * live.load);
      if (++count === frames) break;
    }
    await speaking;
  };
  let taken = streams;
  const refused = (error) => {
    if (error.code !== 'BUSY') throw error;
    taken -= 1; // costs have changed
  };
  await Promise.all(Array.from({ length: streams }, (_, seed) => play(seed).catch(refused)));
  const { processor, wall } = spent(begun);
  late.sort((a, b) => a - b);
  const at = (share) => late[Math.min(late.length - 1, Math.floor(share * late.length))];
  const cores = processor / wall;
  return { streams: taken, cores, needed, p50: at(0.5), p95: at(0.95), p99: at(0.99), most: late.at(-1) };
}

/** In real time, in pieces of 20 ms. */
async function speak(stream, samples) {
  const begun = performance.now();
  for (let i = 0; ; i++) {
    await wait(Math.max(0, begun + 20 * i - performance.now()));
    const at = (_, sample) => samples[((i * RATE) / 50 + sample) % samples.length];
    await stream.write(Int16Array.from({ length: RATE / 50 }, at));
  }
}

/** Live streams that a talker takes at a time, by the costs that it has measured: it refuses the next. */
export async function streamsTaken(talker, portrait) {
  const streams = [];
  try {
    for (;;) {
      streams.push(talker.stream(portrait, { pace: 'live', format: 'yuv420p' }));
      await streams.at(-1)[Symbol.asyncIterator]().next();
    }
  } catch (error) {
    if (error.code !== 'BUSY') throw error;
    return streams.length - 1;
  } finally {
    await Promise.all(streams.map((stream) => stream.close()));
  }
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
