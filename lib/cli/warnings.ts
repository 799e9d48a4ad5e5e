import type { Reporter } from './report/reporter.js';

/**
 * Tells the library's warnings in the reporter's way; others stay Node's business.
 *
 * @returns gives them back to Node
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
