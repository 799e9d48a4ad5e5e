import { readFileSync } from 'node:fs';

/**
 * Peak resident MiB of this process since its program began. Not `process.resourceUsage().maxRSS`: Linux keeps that value across fork and
 * exec, so the child of a large process reports its parent's peak.
 */
export function peakMiB() {
  return peakIn(readFileSync('/proc/self/status', 'utf8'));
}

/** The same from the text of /proc/<pid>/status. */
export function peakIn(status) {
  const kilobytes = status.match(/^VmHWM:\s*(\d+) kB$/m)?.[1];
  if (kilobytes === undefined) throw new Error('Expected VmHWM in /proc/self/status but found none');
  return Number(kilobytes) / 1024;
}
