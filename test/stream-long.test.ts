import t from 'tap';
import { FRAME_SOUND } from './support/streams.js';
import { loadBoth, SAMPLES_PER_FRAME } from './support/talker.js';

/** Frames: twelve seconds, or with KDTALKER_LONG an hour. */
const FRAMES = process.env.KDTALKER_LONG ? 90_000 : 300;
/** Frames after which memory must not grow: buffers and caches are full. */
const WARM = process.env.KDTALKER_LONG ? 1500 : 100;
const MEGABYTES = 2 ** 20;
const TONES = 16;

/** The mark of a frame: whole waves, 25 for the first tone and one more for each, so that none leaks into another. */
const wavesOf = (frame: number): number => 25 + (frame % TONES);

function marked(frame: number): Int16Array {
  const turn = (2 * Math.PI * wavesOf(frame)) / SAMPLES_PER_FRAME;
  return Int16Array.from({ length: SAMPLES_PER_FRAME }, (_, i) => Math.round(6000 * Math.sin(turn * i)));
}

/** The share of a frame's energy in one of the tones. */
function share(sound: Int16Array, waves: number): number {
  let [real, imaginary, energy] = [0, 0, 0];
  for (const [i, sample] of sound.entries()) {
    const angle = (2 * Math.PI * waves * i) / SAMPLES_PER_FRAME;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
    energy += sample * sample;
  }
  return (2 * (real ** 2 + imaginary ** 2)) / (SAMPLES_PER_FRAME * energy);
}

t.test(
  `${FRAMES} frames: as many as the sound has, each with its own, in memory that does not grow`,
  async (t) => {
    const { talker, portrait } = await loadBoth(t);
    const stream = talker.stream(portrait, { frame: 'crop', format: 'yuv420p' });
    const writing = (async () => {
      for (let frame = 0; frame < FRAMES; frame++) await stream.write(marked(frame));
      stream.end();
    })();
    let count = 0;
    let [wrong, apart] = [0, 0];
    const held = { resident: 0, device: 0 };
    for await (const { index, sound } of stream) {
      if (index !== count++) wrong += 1;
      const own = new Int16Array(sound.buffer, sound.byteOffset, FRAME_SOUND / 2);
      if (share(own, wavesOf(index)) < 0.99) apart += 1;
      if (count !== WARM) continue;
      held.resident = process.memoryUsage.rss();
      held.device = talker.deviceBytes();
    }
    await writing;
    t.equal(count, FRAMES);
    t.equal(wrong, 0, 'in order, each once');
    t.equal(apart, 0, 'the tone of each is in its own 40 ms');
    const grown = (process.memoryUsage.rss() - held.resident) / MEGABYTES;
    t.comment(`resident memory grew by ${grown.toFixed(1)} MB after frame ${WARM}`);
    if (process.env.KDTALKER_LONG) t.ok(grown < 20, `${grown} MB`);
    t.ok(talker.deviceBytes() <= held.device, 'nothing is allocated on the device');
  },
);
