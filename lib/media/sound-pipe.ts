import type { Writable } from 'node:stream';
import type { SoundTrack } from './track.js';
import { floatWavHeader } from './wav-writer.js';

/** Samples given beyond the end, which the resampler of an encoder looks at, in seconds. */
const BEYOND = 1;

/**
 * Writes a track into a pipe of an encoder, as WAV, beside whatever else goes to it. It waits for nothing but this pipe: an encoder that
 * takes frames and sound in any order never waits for one that waits for the other.
 */
export class SoundPipe {
  /** Why the track could not be read; undefined while it could. */
  error: unknown;
  #stopped = false;

  /**
   * @param seconds of the video: what is longer is not read
   * @param fail called once where the track cannot be read
   */
  constructor(track: SoundTrack, pipe: Writable, seconds: number, fail: () => void) {
    pipe.on('error', () => {}); // the encoder's exit says why it broke
    void this.#pump(track, pipe, seconds + BEYOND).catch((error: unknown) => {
      if (this.#stopped) return;
      this.error = error;
      fail();
    });
  }

  /** What the pump meets from now on concerns nobody. */
  stop(): void {
    this.#stopped = true;
  }

  async #pump(track: SoundTrack, pipe: Writable, seconds: number): Promise<void> {
    let left = Math.ceil(seconds * track.sampleRate) * track.channels;
    if (!(await write(pipe, floatWavHeader(track)))) return;
    for await (const samples of track.blocks()) {
      const some = samples.subarray(0, left);
      left -= some.length;
      const isTaken = await write(pipe, new Uint8Array(some.buffer, some.byteOffset, some.byteLength));
      if (!isTaken || left <= 0 || this.#stopped) break;
    }
    pipe.end();
  }
}

/** False where nobody reads any more. */
function write(pipe: Writable, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => pipe.write(bytes, (broken) => resolve(!broken)));
}
