import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MEASURE = fileURLToPath(new URL('./measure.py', import.meta.url));

/**
 * PyTorch allocates each result with malloc and frees it, tens of megabytes at a time. With glibc's defaults the system clears those pages
 * again every time, which made a float32 frame up to three times as slow; this setting keeps them in the process.
 */
const KEEP_MEMORY = { MALLOC_MMAP_THRESHOLD_: '4000000000', MALLOC_TRIM_THRESHOLD_: '8000000000' };

/** Runs measure.py with the settings as JSON; returns its last line, a JSON object. */
export function inPython({ python, ...settings }) {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [MEASURE, JSON.stringify(settings)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...KEEP_MEMORY },
    });
    const end = () => child.kill();
    process.once('exit', end);
    const texts = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'])
      child[stream].setEncoding('utf8').on('data', (text) => {
        texts[stream] += text;
      });
    child.on('error', reject);
    child.on('close', (code) => {
      process.off('exit', end);
      if (code === 0) resolve(JSON.parse(texts.stdout.trim().split('\n').at(-1)));
      else reject(new Error(texts.stderr.trim().split('\n').at(-1) || `Python ended with code ${code}`));
    });
  });
}
