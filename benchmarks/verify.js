import { inChild } from './children.js';
import { contenderOf, REFERENCE } from './contenders/index.js';

/** The least dB of a picture against the reference's, before rounding to 8 bits, by precision. */
const LEAST_PSNR = { fp32: 90, bf16: 42 };
/** The least dB for other contenders: PyTorch's autocast scores a little below this library's limit. */
const OTHERS_PSNR = { fp32: 90, bf16: 38 };
/** The most levels of 255 by which a pixel may differ if both compute in float32. */
const PIXEL_TOLERANCE = 1;
/** Units of motion: degrees, or halves of the crop's side. */
const MOTION_TOLERANCE = { fp32: 1e-2, bf16: 1 };
const MAX = { rgbf32: 1, rgb24: 255, yuv420p: 255 };

/** The compared frames and their layouts: those of the built-in pack are cheap. */
const CHECKED = {
  puppet: { parts: [0, 1 / 3, 2 / 3, 1], formats: ['rgbf32', 'rgb24', 'yuv420p'] },
  full: { parts: [0.6], formats: ['rgbf32'] },
};

/**
 * Compares the contenders' output with the reference's, for the same portrait, motion and speech.
 *
 * @returns {pack, what, contender, psnr (dB, null when identical), least, difference, tolerance, passed} each
 */
export async function verify(pack, contenders, settings) {
  const { parts, formats } = CHECKED[pack];
  const chosen = parts.map((part) => Math.round(part * (settings.frames - 1)));
  const made = (contender) => {
    settings.progress(`checking ${contender.label}`);
    const threads = Math.max(...settings.threads);
    return inChild(contender, 'verify', { ...settings, threads, chosen, formats });
  };
  const reference = await made(contenderOf(REFERENCE));
  const results = [];
  for (const contender of contenders.filter(({ name }) => name !== REFERENCE))
    results.push(...comparisons(contender, formats, reference, await made(contender)));
  return results.map((result) => ({ pack, ...result }));
}

function comparisons({ name, precision, ours }, formats, reference, made) {
  const pictures = formats
    .filter((format) => made[format] !== undefined)
    .map((format) => ({
      ...pictureOf(format, { precision, ours }, reference[format], made[format]),
      contender: name,
    }));
  const { difference } = compare([reference.motion], [made.motion]);
  const tolerance = MOTION_TOLERANCE[precision];
  const motion = { what: 'motion of a window', contender: name, difference, tolerance };
  return [...pictures, { ...motion, passed: difference <= tolerance }];
}

/** Floats must be close on average; 8-bit pixels must each be close if both are exact. */
function pictureOf(format, { precision, ours }, reference, made) {
  const { difference, rms } = compare(reference, made);
  const psnr = rms === 0 ? null : 20 * Math.log10(MAX[format] / rms);
  const what = `${made.length} frames ${format}`;
  if (format !== 'rgbf32' && precision === 'fp32')
    return { what, psnr, difference, tolerance: PIXEL_TOLERANCE, passed: difference <= PIXEL_TOLERANCE };
  const least = (ours ? LEAST_PSNR : OTHERS_PSNR)[precision];
  return { what, psnr, least, difference, passed: psnr === null || psnr >= least };
}

/** Largest difference of two lists of arrays, and the root mean square difference. NaN differs from everything. */
export function compare(ours, theirs) {
  let difference = 0;
  let squares = 0;
  let count = 0;
  for (const [at, array] of ours.entries()) {
    if (theirs[at].length !== array.length)
      throw new Error(`Expected ${array.length} values but received ${theirs[at].length}`);
    count += array.length;
    array.forEach((value, i) => {
      const apart = Math.abs(value - theirs[at][i]);
      difference = apart <= difference ? difference : Number.isNaN(apart) ? Infinity : apart;
      squares += apart * apart;
    });
  }
  return { difference, rms: Math.sqrt(squares / count) };
}

/** What was compared, and the difference. */
export function verificationLines(results) {
  return results.map(({ what, contender, psnr, least, difference, tolerance, passed }) => {
    const apart = `at most ${difference.toPrecision(2)} apart`;
    const allowed = tolerance === undefined ? `${least} dB needed` : `${tolerance} allowed`;
    const quality = psnr === undefined ? '' : psnr === null ? ', identical' : `, PSNR ${psnr.toFixed(1)} dB`;
    const verdict = passed ? 'same' : 'DIFFERENT';
    return `${verdict}: ${what}, ${contender} and the reference: ${apart}${quality} (${allowed})`;
  });
}
