import type { Test } from 'tap';

/** The process warnings of kdtalker from now on, until the test ends; those of one code and subject come once in a process. */
export function warningsOf(t: Test): () => Promise<Error[]> {
  const told: Error[] = [];
  const hear = (warning: Error) => {
    if (warning.name === 'KdtalkerWarning') told.push(warning);
  };
  process.on('warning', hear);
  t.teardown(() => process.off('warning', hear));
  return async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return told;
  };
}
