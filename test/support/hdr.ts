import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { ffmpeg } from './media.js';
import { portraitFile } from './talker.js';

/** Nits of white paper in a film of high dynamic range (BT.2408), and of the screen that HLG is made for. */
const PAPER_WHITE = 203;
const SCREEN = 1000;

/** How light becomes a code from 0 to 1, given RGB of BT.2020 in nits. */
const CODES = {
  /** BT.2100's perceptual quantiser. */
  smpte2084: (nits: readonly number[]) => nits.map(perceptual),
  /** BT.2100's hybrid log-gamma, its system gamma of 1.2 taken back on the luminance. */
  'arib-std-b67': (nits: readonly number[]) => {
    const [r, g, b] = nits.map((value) => value / SCREEN) as [number, number, number];
    const luminance = 0.2627 * r + 0.678 * g + 0.0593 * b;
    const scene = luminance > 0 ? luminance ** (1 / 1.2 - 1) : 0;
    return [r, g, b].map((value) => hybridLog(value * scene));
  },
} as const;

export type HdrTransfer = keyof typeof CODES;

function perceptual(nits: number): number {
  const power = (Math.max(nits, 0) / 10000) ** 0.1593017578125;
  return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375;
}

function hybridLog(light: number): number {
  if (light <= 1 / 12) return Math.sqrt(3 * Math.max(light, 0));
  return 0.17883277 * Math.log(12 * light - 0.28466892) + 0.55991073;
}

/** BT.709's primaries in BT.2020's. */
const TO_2020 = [
  [0.6274, 0.3293, 0.0433],
  [0.0691, 0.9195, 0.0114],
  [0.0164, 0.088, 0.8956],
];

/** The example portrait as a screen of 203 nits shows it, as a phone would film it. @returns its file and its pixels, 320 x 320 RGB24 */
export async function hdrPortrait(folder: string, name: string, transfer: HdrTransfer) {
  const side = 320;
  const image = sharp(portraitFile).resize(side, side).removeAlpha().toColourspace('srgb');
  const pixels = await image.raw().toBuffer();
  const codes = new Uint16Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const light = [0, 1, 2].map((c) => PAPER_WHITE * (pixels[at + c]! / 255) ** 2.4);
    const wide = TO_2020.map((row) => row.reduce((sum, weight, c) => sum + weight * light[c]!, 0));
    CODES[transfer](wide).forEach((code, c) => {
      codes[at + c] = Math.round(65535 * Math.min(1, code));
    });
  }
  const raw = join(folder, 'raw');
  writeFileSync(raw, codes);
  const file = join(folder, name);
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb48le', '-video_size', `${side}x${side}`, '-i', raw];
  const filter =
    'scale=out_color_matrix=bt2020:out_range=tv:flags=accurate_rnd+full_chroma_int,format=yuv420p10le';
  const tags = ['-color_range', 'tv', '-colorspace', 'bt2020nc', '-color_primaries', 'bt2020'];
  ffmpeg(...input, '-vf', filter, '-c:v', 'ffv1', ...tags, '-color_trc', transfer, file);
  return { file, pixels };
}
