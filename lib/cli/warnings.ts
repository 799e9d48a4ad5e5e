import type { Reporter } from './report/reporter.js';

/**
 * Prints the library's warnings through the reporter; Node prints all others.
 *
 * @returns a function that restores Node's own handling
 */
export function tellWarnings(reporter: Reporter): () => void {
  const others = process.listeners('warning');
  const tell = (warning: Error & { code?: string }): void => {
    const { name, code, message } = warning;
    if (name === 'KdtalkerWarning')
      reporter.notice([`kdtalker: ${code}: ${message}`], 'warning', { code, message });
    else for (const listener of others) listener(warning);
  };
  process.removeAllListeners('warning');
  process.on('warning', tell);
  return () => {
    process.off('warning', tell);
    for (const listener of others) process.on('warning', listener);
  };
}
