import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { KdtalkerError } from '../errors.js';
import { type FfmpegVersion, parseVersion } from './ffmpeg-version.js';

/** Where an ffmpeg was found. */
export interface FfmpegLocation {
  path: string;
  source: 'FFMPEG_PATH' | 'PATH' | '@ffmpeg-installer/ffmpeg';
}

/** The ffmpeg that was found, and its version. */
export interface Ffmpeg extends FfmpegLocation, FfmpegVersion {}

const HOW_TO_GET_IT =
  "Install ffmpeg (for example 'apt-get install ffmpeg' or 'npm install @ffmpeg-installer/ffmpeg') " +
  'or set FFMPEG_PATH to the program.';

/**
 * Looks for the ffmpeg program: FFMPEG_PATH, then PATH, then the optional package `@ffmpeg-installer/ffmpeg`.
 *
 * Reads the environment at every call, so a change takes effect at once.
 *
 * @throws FFMPEG_NOT_FOUND; also if FFMPEG_PATH names no program: no other ffmpeg replaces it
 */
export function locateFfmpeg(): FfmpegLocation {
  const named = process.env.FFMPEG_PATH;
  if (named) return { path: checkNamed(named), source: 'FFMPEG_PATH' };
  const onPath = findOnPath();
  if (onPath) return { path: onPath, source: 'PATH' };
  const installed = findInstalled();
  if (installed) return { path: installed, source: '@ffmpeg-installer/ffmpeg' };
  throw new KdtalkerError(
    'FFMPEG_NOT_FOUND',
    'Expected an ffmpeg program in FFMPEG_PATH, on PATH or in the package @ffmpeg-installer/ffmpeg but found none. ' +
      `It is needed for video files and for any sound but WAV. ${HOW_TO_GET_IT}`,
  );
}

/** Returns {@link locateFfmpeg} and the program's version, for reports. Runs the program once. */
export async function findFfmpeg(): Promise<Ffmpeg> {
  const location = locateFfmpeg();
  return { ...location, ...(await versionOf(location.path)) };
}

function checkNamed(path: string): string {
  if (isProgram(path)) return path;
  throw new KdtalkerError(
    'FFMPEG_NOT_FOUND',
    `Expected an executable file for FFMPEG_PATH but received '${path}'. Correct or unset it. ${HOW_TO_GET_IT}`,
  );
}

function findOnPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, 'ffmpeg')).find(isProgram);
}

/**
 * The program of the platform's own package, found as Node finds packages: `@ffmpeg-installer/ffmpeg` itself looks only in node_modules,
 * which Yarn Plug'n'Play lacks. It is absent with --omit=optional, or if there is none for the platform.
 */
function findInstalled(): string | undefined {
  try {
    const installer = createRequire(import.meta.url).resolve('@ffmpeg-installer/ffmpeg');
    const binary = `@ffmpeg-installer/${process.platform}-${process.arch}`;
    const path = join(dirname(createRequire(installer).resolve(`${binary}/package.json`)), 'ffmpeg');
    return isProgram(path) && !IN_ARCHIVE.test(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Yarn Plug'n'Play reads files inside an archive as if they were unpacked; the system cannot run them. */
const IN_ARCHIVE = /\.zip\//;

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function versionOf(path: string): Promise<FfmpegVersion> {
  return new Promise((resolve, reject) => {
    execFile(path, ['-version'], (cause, stdout) => {
      const found = parseVersion(stdout);
      if (found) return resolve(found);
      const message = `Expected '${path}' to be an ffmpeg program but it does not answer to -version. ${HOW_TO_GET_IT}`;
      reject(new KdtalkerError('FFMPEG_NOT_FOUND', message, { cause }));
    });
  });
}
