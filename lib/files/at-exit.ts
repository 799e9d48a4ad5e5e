/**
 * What must not outlive this process: children are killed and temporary files removed when it exits.
 *
 * Each thread has its own list, because `process.on('exit')` of a worker fires when that worker ends.
 */
const chores = new Set<() => void>();

function runChores(): void {
  for (const chore of chores) {
    try {
      chore();
    } catch {
      // Exiting: nobody is left who could hear of it, and the other chores matter as much.
    }
  }
}

/**
 * Runs `chore` when the process or worker exits, unless the returned function was called before.
 *
 * @param chore must be synchronous: nothing asynchronous runs any more at that time.
 * @returns takes the chore off the list.
 */
export function atExit(chore: () => void): () => void {
  if (chores.size === 0) process.on('exit', runChores);
  chores.add(chore);
  return () => {
    chores.delete(chore);
    if (chores.size === 0) process.off('exit', runChores);
  };
}
