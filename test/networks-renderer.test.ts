import sharp from 'sharp';
import t from 'tap';
import { findGoldenFile, golden, goldenFile } from './support/golden.js';
import { numbers } from './support/graphs.js';
import { every, goldenPicture, near, openNetwork } from './support/networks.js';

const FRAMES = [0, 105, 210];
const PIXELS = 512 * 512;

/** Decibels between what the decoder gives and an 8-bit frame; the networks' picture is cut off, not rounded. */
async function signalToNoise(picture: Float32Array, file: string): Promise<number> {
  const frame = await sharp(file).removeAlpha().raw().toBuffer();
  const squares = frame.reduce(
    (sum, value, i) => sum + (Math.trunc(255 * picture[(i % 3) * PIXELS + Math.floor(i / 3)]!) - value) ** 2,
    0,
  );
  return 10 * Math.log10(255 ** 2 / (squares / frame.length));
}

function reasonToSkip(): string | false {
  if (!process.env.KDTALKER_LONG) return 'a minute of rendering: set KDTALKER_LONG=1';
  return findGoldenFile('render.safetensors') ? false : 'render.safetensors is not here';
}

t.test('W and G draw the golden frames', { skip: reasonToSkip(), timeout: 600_000 }, async (t) => {
  const expected = golden('render.safetensors');
  const { f_s } = await (await openNetwork(t, 'appearance'))({
    img: await goldenPicture('portrait_256.png'),
  });
  const warp = await openNetwork(t, 'warp');
  const decode = await openNetwork(t, 'decode');
  for (const [i, frame] of FRAMES.entries()) {
    const x_d = { dims: [1, 21, 3], data: expected.x_d!.data.slice(63 * i, 63 * (i + 1)) };
    const found = await warp({ f_s: f_s!, x_s: expected.x_s!, x_d });
    const stage = (name: string, step: number, tolerance: number) => {
      const key = step > 1 ? `${name}_${frame}_every_${step}th` : `${name}_${frame}`;
      near(t, every(step, numbers(found[name])), expected[key]!.data, tolerance, `W ${name}, frame ${frame}`);
    };
    stage('deformation', 5, 1e-3);
    stage('occlusion', 1, 1e-3);
    stage('warped', 17, 1e-3);
    const picture = numbers((await decode({ feature: found.warped! })).out);
    near(t, every(11, picture), expected[`image_${frame}_every_11th`]!.data, 1e-3, `G image, frame ${frame}`);
    const decibels = await signalToNoise(picture, goldenFile(`frame_${frame}.png`));
    t.ok(decibels >= 60, `G frame ${frame}: PSNR ${decibels.toFixed(1)} dB, wanted 60`);
  }
});
