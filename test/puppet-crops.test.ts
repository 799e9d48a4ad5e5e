// Frames of the puppet's crops: the network `field` says how the picture moves, and the engine moves it as the renderer would.

import { fileURLToPath } from 'node:url';
import t from 'tap';
import { openGraph } from './support/graphs.js';
import { framesOf, loadBoth, portraitFile, speech } from './support/talker.js';

const FRAMES = 9;
const RENDERER = fileURLToPath(new URL('../dist/built-in/puppet/renderer.onnx', import.meta.url));

t.test('a frame is what the renderer draws', async (t) => {
  const { talker, portrait } = await loadBoth(t);
  const frames = Array.from({ length: FRAMES }, (_, i) => i);
  const { tensors } = await talker.trace(portraitFile, speech(FRAMES), { seed: 5, frames });
  const clip = talker.animate(portrait, speech(FRAMES), { seed: 5, frame: 'crop' });
  const shown = await framesOf(clip);
  const run = await openGraph(RENDERER);
  let [different, furthest] = [0, 0];
  for (const frame of frames) {
    const x_d = { dims: [1, 21, 3], data: tensors.x_d!.data.slice(63 * frame, 63 * (frame + 1)) };
    const { out } = await run({ f_s: tensors.feature!, x_s: tensors.x_s!, x_d });
    const drawn = out!.data as Float32Array;
    const image = tensors[`image_${frame}`]!.data;
    for (const [i, value] of drawn.entries()) furthest = Math.max(furthest, Math.abs(value - image[i]!));
    for (const [i, level] of shown[frame]!.data.entries()) {
      const expected = Math.trunc(
        255 * Math.min(Math.max(drawn[(i % 3) * 512 * 512 + Math.floor(i / 3)]!, 0), 1),
      );
      if (level === expected) continue;
      different++;
      if (Math.abs(level - expected) > 1) t.fail(`frame ${frame}, ${i}: ${level} for ${expected}`);
    }
  }
  t.ok(furthest < 1e-4, `values are off by ${furthest} at most`);
  const share = different / (FRAMES * 3 * 512 * 512);
  t.ok(share < 0.02, `${(100 * share).toFixed(2)} % of the levels are another, by one`);
});
