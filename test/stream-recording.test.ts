// The video of `kdtalker stream`: pictures and sound are equally long, also where pictures were left out.

import type { StreamFrame } from 'kdtalker';
import t from 'tap';
import { Recording } from '../dist/cli/stream/recording.js';

t.test('where pictures were left out the last one stays as long as their sound lasts', async (t) => {
  const frame = (index: number, frames: number) =>
    ({ index, data: new Uint8Array([index]), sound: new Uint8Array(frames * 2 * 640) }) as StreamFrame;
  const stream = {
    write: async () => {},
    end: () => {},
    close: async () => {},
    async *[Symbol.asyncIterator]() {
      yield frame(0, 1);
      yield frame(1, 1);
      yield frame(5, 4);
      yield frame(6, 1);
    },
  };
  const written: number[] = [];
  let samples = 0;
  const video = {
    format: 'mp4',
    write: async (picture: Uint8Array) => void written.push(picture[0]!),
    finish: async () => ({ bytes: 1 }),
  };
  const add = (piece: Float32Array) => {
    samples += piece.length;
  };
  const sound = { add, end: () => {} };
  const meter = { advance: () => {} };
  const pcm = { format: { rate: 16_000, channels: 1, format: 's16le' }, pieces: [] };
  const output = { video, sound, fps: 25, meter };
  const { frames, seconds } = await new Recording(stream as never, pcm as never, output as never).run();
  t.same(written, [0, 1, 1, 1, 1, 5, 6]);
  t.equal(samples, 640 * written.length);
  t.match({ frames, seconds }, { frames: 7, seconds: 7 / 25 });
});
