import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Check } from './check.js';

/** The ffmpeg features that the output formats need. */
const ENCODERS = { mp4: ['libx264', 'aac'], webm: ['libvpx-vp9', 'libopus'], gif: ['gif'] } as const;
const FORMATS = Object.keys(ENCODERS) as (keyof typeof ENCODERS)[];

export const ffmpeg: Check = {
  name: 'ffmpeg',
  async look() {
    const { findFfmpeg } = await import('../../media/ffmpeg.js');
    const { path, source, version, outdated } = await findFfmpeg();
    const lacks = await missingEncoders(path);
    const formats = FORMATS.filter((format) => lacks[format].length === 0);
    const advice = await adviceFor(version, outdated, Object.values(lacks).flat());
    return {
      state: lacks.mp4.length > 0 ? 'missing' : advice ? 'note' : 'ok',
      found: `${version}, ${path} (${source}): ${formats.join(', ') || 'no format'}`,
      ...(advice && { advice }),
      details: { path, source, version, outdated, formats },
    };
  },
};

async function adviceFor(version: string, outdated: boolean, lacks: string[]): Promise<string> {
  const { outdatedText } = await import('../../media/ffmpeg-version.js');
  const advice = outdated ? [outdatedText(version)] : [];
  if (lacks.length > 0)
    advice.push(`It was built without ${lacks.join(', ')}. Set FFMPEG_PATH to a complete one.`);
  return advice.join(' ');
}

export const sharp: Check = {
  name: 'sharp',
  async look() {
    const { loadSharp } = await import('../../sharp.js');
    const { sharp: version, vips } = (await loadSharp()).versions;
    return { state: 'ok', found: `${version}, libvips ${vips}`, details: { version, vips } };
  },
};

async function missingEncoders(path: string): Promise<Record<keyof typeof ENCODERS, string[]>> {
  const { stdout } = await promisify(execFile)(path, ['-hide_banner', '-encoders'], { maxBuffer: 1 << 24 });
  const known = new Set([...stdout.matchAll(/^ [A-Z.]{6} (\S+)/gm)].map(([, name]) => name!));
  const lacks = Object.entries(ENCODERS).map(([format, names]) => [
    format,
    names.filter((name) => !known.has(name)),
  ]);
  return Object.fromEntries(lacks);
}
