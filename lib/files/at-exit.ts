/**
 * Cleans up when this process exits: kills child processes and removes temporary files.
 *
 * Each thread has its own list, because `process.on('exit')` of a worker fires when that worker ends.
 */
const chores = new Set<() => void>();

function runChores(): void {
  for (const chore of chores) {
    try {
      chore();
    } catch {
      // The process is exiting: no code could receive the error, and the other chores still have to run.
    }
  }
}

/**
 * Runs `chore` when the process or worker exits, unless the returned function was called before.
 *
 * @param chore must be synchronous, because nothing asynchronous runs at exit.
 * @returns removes the chore from the list.
 */
export function atExit(chore: () => void): () => void {
  if (chores.size === 0) process.on('exit', runChores);
  chores.add(chore);
  return () => {
    chores.delete(chore);
    if (chores.size === 0) process.off('exit', runChores);
  };
}
