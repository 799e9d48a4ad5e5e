import { openSound } from '../../media/index.js';
import { BEAT_RATE } from '../beats/onset-strength.js';
import { soundBeats } from '../beats/sound-beats.js';
import { BENCH_FPS } from '../bench/bench.js';
import { Envelope } from '../sound/envelope.js';
import { Loudness } from '../sound/loudness.js';
import { resampled } from '../sound/resampler.js';
import { SoundSpool } from '../sound/sound-spool.js';
import { speechFrames } from '../sound/speech-frames.js';

/** What metrics need of a sound. */
export interface HeardSound {
  /** Loudness of each frame, from time 0. */
  readonly loudness: (frames: number) => Float64Array;
  /** Its envelope, `ENVELOPE_RATE` values a second. */
  readonly envelope: readonly number[];
}

/** What metrics need of a clip's speech. */
export interface ClipSpeech extends HeardSound {
  /** Whether somebody speaks in each frame. */
  readonly speech: (frames: number) => Uint8Array;
  /** Beats in seconds. */
  readonly beats: readonly number[];
}

/** A sound that was heard, and its samples on the disk, which the caller closes. */
export interface SpooledSound extends HeardSound {
  readonly spool: SoundSpool;
}

/** Reads a sound, or the sound of a video, once. @throws as openSound */
export async function hearSound(file: string, signal: AbortSignal | undefined): Promise<HeardSound> {
  return hear(file, () => Promise.resolve(undefined), signal);
}

/** The same, and keeps the samples for SyncNet. @throws as openSound, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL */
export async function spoolSound(file: string, signal: AbortSignal | undefined): Promise<SpooledSound> {
  let spool: SoundSpool | undefined;
  const open = async (sampleRate: number) => {
    spool = await SoundSpool.create(sampleRate);
    return spool;
  };
  try {
    const heard = await hear(file, open, signal);
    return { ...heard, spool: spool! };
  } catch (error) {
    await spool?.close();
    throw error;
  }
}

async function hear(
  file: string,
  spoolFor: (sampleRate: number) => Promise<SoundSpool | undefined>,
  signal: AbortSignal | undefined,
): Promise<HeardSound> {
  const sound = await openSound(file, { signal });
  try {
    const { sampleRate } = sound;
    const [loudness, envelope] = [new Loudness(sampleRate), new Envelope(sampleRate)];
    const spool = await spoolFor(sampleRate);
    for await (const chunk of sound.chunks()) {
      loudness.add(chunk);
      envelope.add(chunk);
      await spool?.add(chunk);
    }
    await spool?.end();
    const atFrames = (frames: number) => loudness.atFrames(frames, BENCH_FPS);
    return { loudness: atFrames, envelope: envelope.values };
  } finally {
    await sound.close();
  }
}

/** Reads the speech of a clip. @throws as openSound */
export async function hearSpeech(file: string, signal: AbortSignal | undefined): Promise<ClipSpeech> {
  const heard = await hearSound(file, signal);
  const sound = await openSound(file, { signal });
  try {
    const beats = await soundBeats(() => resampled(sound.chunks(), sound.sampleRate, BEAT_RATE));
    return { ...heard, beats, speech: (frames) => speechFrames(heard.loudness(frames), BENCH_FPS) };
  } finally {
    await sound.close();
  }
}
