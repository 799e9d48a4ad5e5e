import type { StreamFrame, TalkStream } from 'kdtalker';
import type { Test } from 'tap';
import { CLOCK } from '../../dist/talker/stream/clock.js';
import { StreamRun } from '../../dist/talker/stream/stream-run.js';

/** Takes the place of the time of paced streams: it stands still but when a test moves it. */
export class VirtualClock {
  now = 0;
  #sleepers: { until: number; wake: () => void }[] = [];

  /** For the duration of a test. */
  static use(t: Test): VirtualClock {
    const clock = new VirtualClock();
    const real = { ...CLOCK };
    CLOCK.now = () => clock.now;
    CLOCK.sleep = (milliseconds, signal) => clock.#sleep(milliseconds, signal);
    t.teardown(() => Object.assign(CLOCK, real));
    return clock;
  }

  /** Moves it, and wakes who sleeps on the way, in order. */
  async to(time: number): Promise<void> {
    for (;;) {
      await settled();
      const next = this.#sleepers.filter(({ until }) => until <= time).sort((a, b) => a.until - b.until)[0];
      if (next === undefined) break;
      this.now = Math.max(this.now, next.until);
      this.#sleepers = this.#sleepers.filter((each) => each !== next);
      next.wake();
    }
    this.now = Math.max(this.now, time);
  }

  #sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((done) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        done();
      };
      if (signal.aborted) return wake();
      this.#sleepers.push({ until: this.now + milliseconds, wake });
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

/** Milliseconds of a frame. */
export const FRAME = 40;

/** Reads a stream as a clock goes that stands at its beginning, each frame when it may leave. */
export function player(clock: VirtualClock, stream: TalkStream) {
  const frames = stream[Symbol.asyncIterator]();
  const begun = clock.now;
  const read: StreamFrame[] = [];
  /** Until so many are read. */
  const play = async (to: number): Promise<void> => {
    while (read.length < to) {
      const next = frames.next();
      await clock.to(begun + FRAME * read.length);
      read.push((await next).value!);
    }
  };
  return { frames, read, play };
}

/** For the duration of a test: a function that waits until the engine has made every frame that it was asked for, whoever asked. */
export function askedFrames(t: Test): () => Promise<void> {
  const { ask } = StreamRun.prototype;
  const asked = new Set<Promise<unknown>>();
  StreamRun.prototype.ask = function (...room) {
    const frame = ask.apply(this, room);
    asked.add(frame);
    frame.catch(() => {}).finally(() => asked.delete(frame));
    return frame;
  };
  t.teardown(() => {
    StreamRun.prototype.ask = ask;
  });
  return async () => {
    while (asked.size > 0) await Promise.allSettled(asked);
    await settled();
  };
}

/** Lets everything that waits for nothing go on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
