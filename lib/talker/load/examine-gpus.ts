/** Prints what the engine says of the GPUs, as JSON. A program of its own, because a broken driver may take its process down. */
import { native } from '../../binding.js';

async function examine(): Promise<unknown> {
  try {
    return await native().examineGpus();
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

process.stdout.write(JSON.stringify(await examine()));
