import { inChild } from './children.js';
import { CONTENDERS } from './contenders/index.js';

/** Levels of 255 that a pixel may differ by, and units of motion: degrees, or halves of the crop's side. */
const PIXEL_TOLERANCE = 1;
const MOTION_TOLERANCE = 1e-2;

/**
 * Compares what the contenders make of the same portrait, motion and speech with what the first one makes.
 *
 * @returns {what, contender, psnr (dB, null when identical), difference, tolerance, passed} each
 */
export async function verify(settings) {
  const threads = Math.max(...settings.threads);
  const chosen = chosenFrames(settings.frames);
  const results = [];
  for (const { name } of CONTENDERS)
    results.push(await inChild(name, 'verify', { ...settings, threads, chosen }));
  return CONTENDERS.slice(1).flatMap(({ name }, i) => comparisons(name, results[0], results[i + 1]));
}

/** The first frame, the last, and two between them. */
function chosenFrames(frames) {
  return [0, 1, 2, 3].map((part) => Math.round((part * (frames - 1)) / 3));
}

function comparisons(contender, ours, theirs) {
  const pixels = ['rgb24', 'yuv420p'].map((format) => {
    const { difference, rms } = compare(ours[format], theirs[format]);
    const psnr = rms === 0 ? null : 20 * Math.log10(255 / rms);
    return {
      what: `${ours[format].length} frames ${format}`,
      contender,
      psnr,
      difference,
      tolerance: PIXEL_TOLERANCE,
    };
  });
  const { difference } = compare([ours.motion], [theirs.motion]);
  const motion = { what: 'motion of a window', contender, difference, tolerance: MOTION_TOLERANCE };
  return [...pixels, motion].map((result) => ({ ...result, passed: result.difference <= result.tolerance }));
}

/** Largest difference of two lists of arrays, and the root of the mean of its square. NaN differs from everything. */
function compare(ours, theirs) {
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

/** What was compared, and how near it was. */
export function verificationLines(results) {
  return results.map(({ what, contender, psnr, difference, tolerance, passed }) => {
    const quality = psnr === undefined ? '' : psnr === null ? ', identical' : `, PSNR ${psnr.toFixed(1)} dB`;
    const verdict = passed ? 'same' : 'DIFFERENT';
    return `${verdict}: ${what}, kdtalker and ${contender}: at most ${difference.toPrecision(2)} apart (${tolerance} allowed)${quality}`;
  });
}
