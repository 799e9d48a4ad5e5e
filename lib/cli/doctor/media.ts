import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Check } from './check.js';

/** What the output formats ask of an ffmpeg. */
const ENCODERS = { mp4: ['libx264', 'aac'], webm: ['libvpx-vp9', 'libopus'], gif: ['gif'] } as const;

export const ffmpeg: Check = {
  name: 'ffmpeg',
  async look() {
    const { findFfmpeg } = await import('../../media/ffmpeg.js');
    const { path, source, version } = await findFfmpeg();
    const found = `${version}, ${path} (${source})`;
    const lacks = await missingEncoders(path);
    const formats = (Object.keys(ENCODERS) as (keyof typeof ENCODERS)[]).filter(
      (format) => lacks[format].length === 0,
    );
    const details = { path, source, version, formats };
    const gone = Object.values(lacks).flat();
    if (gone.length === 0) return { state: 'ok', found: `${found}: ${formats.join(', ')}`, details };
    const advice = `It was built without ${gone.join(', ')}. Set FFMPEG_PATH to a complete one.`;
    return {
      state: lacks.mp4.length > 0 ? 'missing' : 'note',
      found: `${found}: ${formats.join(', ') || 'no format'}`,
      advice,
      details,
    };
  },
};

export const sharp: Check = {
  name: 'sharp',
  async look() {
    const { default: library } = await import('sharp');
    const { sharp: version, vips } = library.versions;
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
