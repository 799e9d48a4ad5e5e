import { z } from 'zod';
import { longCall } from '../abort.js';
import { native } from '../binding.js';
import { invalidArgument, KdtalkerError, throwIfAborted } from '../errors.js';
import { writeWholeFile } from '../files/whole-file.js';
import { ReusableSound, type Sound, type SoundInput } from '../media/index.js';
import { CLASSES, CURVES, type VisemeClass, type VisemeCurve } from '../packs/visemes.js';
import { abortSignal, callback, checkPath, integer, parseOptions } from '../validate.js';
import type { AnimateOptions } from './clip/clip-options.js';
import { pushAll } from './clip/clip-run.js';
import { engineWork, type TalkerHost } from './host/host.js';
import { type Progress, safely } from './host/progress.js';

/** Options of `talker.visemes()`, as in {@link AnimateOptions}. */
export type VisemesOptions = Pick<AnimateOptions, 'soundTrack' | 'signal' | 'onProgress'>;

/** What is spoken in one frame. */
export interface VisemeFrame {
  /** Seconds from the start of the sound to the start of the frame. */
  time: number;
  /** The likeliest class. */
  viseme: VisemeClass;
  /** The chance of each of the fifteen classes; they sum to 1. */
  chances: Record<VisemeClass, number>;
  /** Curves of the mouth, 0 to 1. */
  curves: Record<VisemeCurve, number>;
}

const HEARING = 'Hearing visemes';
const FORMAT = 'kdtalker-visemes';

const schema = z.strictObject(
  {
    soundTrack: integer(0, 1000).optional(),
    signal: abortSignal.optional(),
    onProgress: callback<Progress>().optional(),
  },
  { error: 'an object' },
);

/**
 * Visemes and curves of the mouth for each frame of a speech, from `talker.visemes()`.
 *
 * @example
 * const visemes = await talker.visemes('speech.wav')
 * for (let i = 0; i < visemes.frames; i++) avatar.show(visemes.frame(i).viseme)
 * await visemes.save('speech.visemes.json')
 */
export class Visemes {
  /** Frames per second. */
  readonly fps: number;
  /** [frames, 6]: the curves as the network gives them, in the order open, wide, round, press, bite, teeth. */
  readonly curves: Float32Array;
  /** [frames, 15]: the chances, in the order sil, PP, FF, TH, DD, kk, CH, SS, nn, RR, aa, E, ih, oh, ou. */
  readonly chances: Float32Array;

  private constructor(fps: number, curves: Float32Array, chances: Float32Array) {
    this.fps = fps;
    this.curves = curves;
    this.chances = chances;
  }

  /** @internal use `talker.visemes()` */
  static async hear(host: TalkerHost, input: SoundInput, options: VisemesOptions): Promise<Visemes> {
    const { soundTrack, signal, onProgress } = parseOptions(schema, options, 'the options of visemes()');
    const { visemes, name } = host.pack.manifest;
    if (visemes === undefined) throw deaf(name);
    const report = safely(onProgress);
    const work = async (signal: AbortSignal) => {
      const speaker = new ReusableSound(input, soundTrack);
      try {
        const sound = await speaker.open({ signal });
        const [curves, chances] = await featuresOf(host, sound, visemes, { signal, report });
        return new Visemes(host.pack.manifest.fps, curves, chances);
      } finally {
        await speaker.close();
      }
    };
    return longCall(HEARING, [signal, host.closed], work);
  }

  /** Number of frames. */
  get frames(): number {
    return this.curves.length / CURVES.length;
  }

  /** What is spoken in a frame. @throws KdtalkerError INVALID_ARGUMENT if there is no such frame. */
  frame(index: number): VisemeFrame {
    if (!Number.isInteger(index) || index < 0 || index >= this.frames)
      throw invalidArgument(`an integer from 0 to ${this.frames - 1}`, 'the index of a frame', index);
    const chances = named(CLASSES, this.chances, index);
    const viseme = CLASSES.reduce((best, name) => (chances[name] > chances[best] ? name : best));
    const curves = named(CURVES, this.curves, index);
    for (const name of CURVES) curves[name] = Math.min(Math.max(curves[name], 0), 1);
    return { time: index / this.fps, viseme, chances, curves };
  }

  /**
   * Writes all frames as JSON; the file gets its name only when it is complete.
   * @throws KdtalkerError OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL.
   */
  async save(file: string): Promise<void> {
    checkPath(file, 'the file of visemes');
    const frames = Array.from({ length: this.frames }, (_, i) => this.frame(i));
    await writeWholeFile(
      file,
      JSON.stringify({ format: FORMAT, version: 1, fps: this.fps, frames }, rounded),
    );
  }
}

function named<Name extends string>(
  names: readonly Name[],
  values: Float32Array,
  row: number,
): Record<Name, number> {
  const entries = names.map((name, i) => [name, values[row * names.length + i]!]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

/** Four digits are more than the network knows. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1e4) / 1e4 : value;
}

/** The engine's objects are freed when their work has ended; nobody waits for that. */
async function featuresOf(
  host: TalkerHost,
  sound: Sound,
  first: { curves: number; classes: number },
  { signal, report }: { signal: AbortSignal; report: (progress: Progress) => void },
): Promise<[curves: Float32Array, chances: Float32Array]> {
  const speech = native().openSpeech(host.handle, sound.sampleRate);
  const stop = () => native().stopSpeech(speech);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await pushAll(speech, sound, { fps: host.pack.manifest.fps, report });
    throwIfAborted(signal, HEARING);
    const read = native().readFeatures(host.handle, speech, [
      { first: first.curves, count: CURVES.length },
      { first: first.classes, count: CLASSES.length },
    ]);
    const [curves, chances] = await engineWork(host, read, { signal, what: HEARING });
    return [curves!, chances!];
  } finally {
    signal.removeEventListener('abort', stop);
    host.unheard.add(native().closeSpeech(speech));
    await sound.close();
  }
}

function deaf(pack: string): KdtalkerError {
  return new KdtalkerError(
    'INVALID_ARGUMENT',
    `Expected a pack that hears visemes for visemes() but received '${pack}', whose audio network tells none. The built-in pack 'puppet' does`,
  );
}
