import type { Writable } from 'node:stream';
import type { SoundTrack } from './track.js';
import { floatWavHeader } from './wav-writer.js';

/** Seconds of samples written beyond the end, which the encoder's resampler reads ahead. */
const BEYOND = 1;

/**
 * Writes a track into an encoder's pipe, as WAV, independently of the encoder's other inputs. It waits only for this pipe, so an encoder
 * that reads frames and sound in any order cannot deadlock.
 */
export class SoundPipe {
  /** Why the track could not be read; undefined without an error. */
  error: unknown;
  #stopped = false;

  /**
   * @param seconds the video's duration: no sound beyond it is read
   * @param fail called once if the track cannot be read
   */
  constructor(track: SoundTrack, pipe: Writable, seconds: number, fail: () => void) {
    pipe.on('error', () => {}); // the encoder's exit gives the reason
    void this.#pump(track, pipe, seconds + BEYOND).catch((error: unknown) => {
      if (this.#stopped) return;
      this.error = error;
      fail();
    });
  }

  /** Errors of the pump after this call are ignored. */
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

/** Returns false if the pipe has no reader any more. */
function write(pipe: Writable, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => pipe.write(bytes, (broken) => resolve(!broken)));
}
