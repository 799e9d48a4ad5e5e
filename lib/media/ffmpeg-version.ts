import { warnOnce } from '../warnings.js';

/** What the first line of an ffmpeg's output says. */
export interface FfmpegVersion {
  /** The word after 'ffmpeg version': '7.1', 'N-47683-g0e8eb07980-static'. */
  version: string;
  /** Whether it is older than {@link OLDEST_SAFE}. */
  outdated: boolean;
}

/** 4.4 appeared in April 2021. Vulnerabilities in older decoders are public, and most of those builds were never fixed. */
const OLDEST_SAFE = '4.4';
const OLDEST_SAFE_YEAR = 2021;

/** The warning about an outdated ffmpeg, in two sentences. */
export function outdatedText(version: string): string {
  return (
    `This ffmpeg (${version}) is older than ${OLDEST_SAFE}: vulnerabilities in its decoders have been published since, and a prepared file can ` +
    'run code with your rights. Use it only for files that you trust; for others install a current ffmpeg or set FFMPEG_PATH to one.'
  );
}

/**
 * Parses the first line that ffmpeg prints. Builds between releases have no number ('N-47683-g0e8eb07980'): there the last year of the
 * copyright decides.
 *
 * @returns undefined if the text is not from ffmpeg
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

/** Emits a process warning, once per version, if the text begins like an outdated ffmpeg's. */
export function warnIfOutdated(text: string): void {
  const found = parseVersion(text);
  if (found?.outdated) warnOnce('FFMPEG_OUTDATED', outdatedText(found.version), found.version);
}
