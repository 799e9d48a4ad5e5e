import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Clip,
  type Frame,
  type FramesOptions,
  type Portrait,
  type PortraitOptions,
  Talker,
  type TalkerOptions,
} from 'kdtalker';
import type { Test } from 'tap';
import { openSound } from '../../dist/media/index.js';
import { collect, fails, wav } from './media.js';
import { astronautFile } from './pictures.js';

/** Samples of one video frame at 16 kHz and 25 fps. */
export const SAMPLES_PER_FRAME = 640;
export const SAMPLE_RATE = 16000;

export const portraitFile = astronautFile();

// The demo's speech; a checkout beside the shared samples may not have it yet.
const SPEECH = ['../../examples/speech.wav', '../../../shared/samples/austen.wav'];

/** The path of the speech that the tests cut theirs from: 7.1 s, 16 kHz mono, a woman reading. */
export const speechFile = firstOf(SPEECH);

function firstOf(paths: readonly string[]): string {
  const places = paths.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const file = places.find((place) => existsSync(place));
  if (!file) throw new Error(`Expected a file in ${places.join(' or ')}`);
  return file;
}

/** PCM as `animate()` takes it. */
export interface Pcm {
  samples: Float32Array;
  sampleRate: number;
}

/** All samples of a sound file. */
export async function samplesOf(file: string): Promise<Float32Array> {
  const sound = await openSound(file);
  const samples = await collect(sound.chunks());
  await sound.close();
  return samples;
}

const whole = await samplesOf(speechFile);

/** The given number of frames of the example speech, from its middle, where she speaks without a break. */
export function speech(frames: number, from = 40): Pcm {
  const first = from * SAMPLES_PER_FRAME;
  const samples = whole.slice(first, first + frames * SAMPLES_PER_FRAME);
  return { samples, sampleRate: SAMPLE_RATE };
}

/** The same as a 16-bit WAV file in a folder. */
export function speechWav(folder: string, frames: number): string {
  const file = `${folder}/speech-${frames}.wav`;
  writeFileSync(file, wav({ channels: [speech(frames).samples] }));
  return file;
}

/** Loads a talker that is closed when the test ends. */
export async function loadTalker(t: Test, options?: TalkerOptions, pack = 'puppet'): Promise<Talker> {
  const talker = await Talker.load(pack, options);
  t.teardown(() => talker.close());
  return talker;
}

/** A talker with the example portrait. */
export async function loadBoth(
  t: Test,
  options?: TalkerOptions,
  portraitOptions?: PortraitOptions,
): Promise<{ talker: Talker; portrait: Portrait }> {
  const talker = await loadTalker(t, options);
  return { talker, portrait: await talker.portrait(portraitFile, portraitOptions) };
}

/** Aborts a clip, and closes its talker, while frames are made. */
export async function endInTheMiddle(t: Test, options: TalkerOptions): Promise<void> {
  const talker = await loadTalker(t, options);
  const portrait = await talker.portrait(portraitFile);
  const stop = new AbortController();
  const frames = talker.animate(portrait, speech(50), { signal: stop.signal }).frames();
  await frames.next();
  stop.abort();
  await fails(t, () => frames.next(), 'ABORTED');
  const others = talker.animate(portrait, speech(50)).frames();
  await others.next();
  await talker.close();
  await fails(t, () => others.next(), 'ABORTED');
}

/** All frames of a clip. */
export async function framesOf(clip: Clip, options?: FramesOptions): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of clip.frames(options)) frames.push(frame);
  return frames;
}

/** One hash over the bytes of all frames. */
export async function hashOf(clip: Clip, options?: FramesOptions): Promise<string> {
  const hash = createHash('sha256');
  for await (const { data } of clip.frames(options)) hash.update(data);
  return hash.digest('hex');
}

/** A child process's exit and its output. */
export interface ProgramResult {
  pid: number | undefined;
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** How to run a program of test/programs. */
export interface ProgramOptions {
  args?: readonly string[];
  node?: readonly string[];
  env?: Record<string, string | undefined>;
  /** Called with its process id once it runs. */
  onStart?: (pid: number) => void;
}

/** Longer than any program here takes on the slowest and busiest machine; a program that hangs is killed, and the signal shows it. */
const HANGS_AFTER = process.env.KDTALKER_LONG === '1' ? 1_200_000 : 600_000;

/** Runs test/programs/<name>.mjs in its own Node process; it may write to `folder`. */
export function runProgram(
  name: string,
  folder: string,
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const { args = [], node = [], env = {}, onStart } = options;
  const file = fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, [...node, file, ...args], {
    cwd: folder,
    env: {
      ...plainEnvironment(),
      KDTALKER_TEST_PORTRAIT: portraitFile,
      KDTALKER_TEST_SPEECH: speechWav(folder, 60),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: HANGS_AFTER,
    killSignal: 'SIGKILL',
  });
  if (child.pid !== undefined) onStart?.(child.pid);
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ pid: child.pid, code, signal, ...said }));
  });
}

/** The environment without what the test runner gives its own processes: loaders and coverage. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _loaders, ...rest } = process.env;
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !/^(TAP|_TAPJS|NODE_V8)/.test(name)));
}

/** Asserts that a program ended with a code, by no signal, and printed only the expected text on stderr. */
export function endedWith(t: Test, result: ProgramResult, code: number, name: string, stderr = /^$/): void {
  t.equal(result.signal, null, `${name}: no signal`);
  t.equal(result.code, code, `${name}: exit code ${code}`);
  t.match(result.stderr, stderr, `${name}: stderr is clean`);
}

/** A fixed stream of numbers in [0, 1): Park and Miller's generator. */
export function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
