import {
  type NativeRunOptions,
  native,
  type PortraitHandle,
  type RunHandle,
  type TalkerHandle,
} from '../../binding.js';
import { KdtalkerError } from '../../errors.js';

/** Seconds after which a stream may be asked for again: nobody knows when others end. */
const STREAM_RETRY = 10;
/** Milliseconds that measuring may take. */
const MOST_MEASURING = 2000;
/** The first ones fill buffers and caches besides. */
const MEASURED_FRAMES = 16;
/** Of the silence. */
const RATE = 16_000;

/** A stream that shall be opened. */
interface WantedStream {
  portrait: PortraitHandle;
  /** Samples a second. */
  rate: number;
  options: NativeRunOptions;
  /** Of a frame in RGB. */
  frameBytes: number;
  signal: AbortSignal;
}

/** A file's run. @throws KdtalkerError BUSY, with the time until those before it are done */
export function openFileRun(talker: TalkerHandle, open: () => RunHandle): RunHandle {
  return withRetry(() => native().talkerLanes(talker).seconds || STREAM_RETRY, open);
}

function withRetry(retryAfter: () => number, open: () => RunHandle): RunHandle {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof KdtalkerError) || error.code !== 'BUSY') throw error;
    throw new KdtalkerError('BUSY', error.message, { cause: error, retryAfter: retryAfter() });
  }
}

/** Takes streams only while the device has time for them. */
export class StreamAdmission {
  readonly #talker: TalkerHandle;
  readonly #fps: number;
  /** Settles when the streams that have begun have their first frames. Never rejects. */
  #beginning: Promise<void> = Promise.resolve();
  #measuring: Promise<void> | undefined;

  constructor(talker: TalkerHandle, fps: number) {
    this.#talker = talker;
    this.#fps = fps;
  }

  /**
   * A stream's run. The first paced one of a talker waits until costs are measured, unless a clip did that.
   *
   * @throws KdtalkerError BUSY, ABORTED
   */
  async open(wanted: WantedStream): Promise<RunHandle> {
    const { portrait, rate, options, signal } = wanted;
    if (!options.stream?.paced) return native().openStream(portrait, rate, options);
    // Whoever measures may be aborted; then this one does.
    for (let tries = 0; tries < 2 && !this.#measured() && !signal.aborted; tries++)
      await this.#measure(wanted);
    const open = () => {
      if (this.#measured() || signal.aborted) return native().openStream(portrait, rate, options);
      throw new KdtalkerError(
        'BUSY',
        'Expected a device that makes frames as fast as they play but received a slower one',
      );
    };
    return withRetry(() => STREAM_RETRY, open);
  }

  /**
   * Waits for the first frame of a paced stream, which costs as much as many others: buffers, and a whole window. Streams begin one after the
   * other, so that those which go on are not late for it.
   */
  begin(first: () => Promise<unknown>): Promise<void> {
    this.#beginning = this.#beginning.then(first).then(
      () => {},
      () => {}, // whoever reads it is told
    );
    return this.#beginning;
  }

  #measure({ portrait, options, frameBytes, signal }: WantedStream): Promise<void> {
    const clip = { ...options, stream: undefined, silence: undefined, tenant: 'kdtalker: measuring' };
    const samples = Math.ceil((options.window * RATE) / this.#fps);
    this.#measuring ??= measure(this.#talker, samples, {
      portrait,
      options: clip,
      frameBytes,
      signal,
    }).finally(() => {
      this.#measuring = undefined;
    });
    return this.#measuring;
  }

  #measured(): boolean {
    const { frame, step } = native().talkerLanes(this.#talker);
    return frame > 0 && step > 0;
  }
}

/** A short clip of silence. The engine measures what it makes; a device that is too slow makes none in this time. */
async function measure(
  talker: TalkerHandle,
  samples: number,
  { portrait, options, frameBytes, signal }: Omit<WantedStream, 'rate'>,
): Promise<void> {
  const speech = native().openSpeech(talker, RATE);
  try {
    await native().pushSpeech(speech, new Float32Array(samples));
    await native().finishSpeech(speech);
    await readSome(native().openRun(portrait, speech, options), frameBytes, signal);
  } finally {
    await native().closeSpeech(speech);
  }
}

async function readSome(run: RunHandle, frameBytes: number, signal: AbortSignal): Promise<void> {
  const stop = () => native().stopRun(run);
  const timer = setTimeout(stop, MOST_MEASURING);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const data = new Uint8Array(frameBytes);
    for (let frame = 0; frame < MEASURED_FRAMES; frame++)
      await native().readFrame(run, data, 'rgb24', undefined);
  } catch (error) {
    if (!(error instanceof KdtalkerError) || error.code !== 'ABORTED') throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    await native().closeRun(run);
  }
}
