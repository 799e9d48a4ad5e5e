/** The time of streams that are paced. Tests replace it. */
export const CLOCK = {
  /** Milliseconds since some moment. */
  now: (): number => performance.now(),

  /** Waits so many milliseconds, or until the signal. Never rejects. */
  sleep: (milliseconds: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener('abort', done, { once: true });
    }),
};
