import { warnOnce } from '../warnings.js';

/** What an ffmpeg says of itself in its first line. */
export interface FfmpegVersion {
  /** The word after 'ffmpeg version': '7.1', 'N-47683-g0e8eb07980-static'. */
  version: string;
  /** Whether it is older than {@link OLDEST_SAFE}. */
  outdated: boolean;
}

/** 4.4 is of April 2021. Vulnerabilities in the decoders of older ones are public, and most of those builds were never mended. */
const OLDEST_SAFE = '4.4';
const OLDEST_SAFE_YEAR = 2021;

/** What to tell of an outdated ffmpeg, in two sentences. */
export function outdatedText(version: string): string {
  return (
    `This ffmpeg (${version}) is older than ${OLDEST_SAFE}: vulnerabilities in its decoders have been published since, and a prepared file can ` +
    'run code with your rights. Use it only for files that you trust; for others install a current ffmpeg or set FFMPEG_PATH to one.'
  );
}

/**
 * Reads the first line that ffmpeg prints. Builds between releases have no number ('N-47683-g0e8eb07980'): the last year of their
 * copyright tells.
 *
 * @returns undefined where the text is not ffmpeg's.
 */
export function parseVersion(text: string): FfmpegVersion | undefined {
  const version = /^ffmpeg version (\S+)/m.exec(text)?.[1];
  if (version === undefined) return undefined;
  const [, major, minor] = (/^n?(\d{1,3})\.(\d{1,3})/.exec(version) ?? []).map(Number);
  if (major !== undefined && minor !== undefined)
    return { version, outdated: major < 4 || (major === 4 && minor < 4) };
  const year = Number(/Copyright \(c\) (?:\d{4}-)?(\d{4})/.exec(text)?.[1] ?? Number.NaN);
  return { version, outdated: year < OLDEST_SAFE_YEAR };
}

/** Warns the process, once for each version, where the text begins as an outdated ffmpeg's. */
export function warnIfOutdated(text: string): void {
  const found = parseVersion(text);
  if (found?.outdated) warnOnce('FFMPEG_OUTDATED', outdatedText(found.version), found.version);
}
