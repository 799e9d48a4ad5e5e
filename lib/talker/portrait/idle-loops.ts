import { KeptLoop } from './kept-loop.js';

/** Bytes of pictures of loops that nobody shows, of all portraits of this process. */
const MOST_BYTES = 2e9;

/** Those, the one that was shown last at the end. A portrait that is forgotten without close() is not kept for them. */
const unused = new Set<WeakRef<KeptLoop>>();

/** The loops of idle life of a portrait, or of a source video: one for each way in which its streams look and move. */
export class IdleLoops {
  readonly #loops = new Map<string, KeptLoop>();
  #closed = false;

  /** The loop of streams that look alike; the caller closes it. */
  open(key: string, frames: number): KeptLoop {
    const loop = this.#loops.get(key) ?? this.#make(key, frames);
    unused.delete(loop.ref);
    return loop.open();
  }

  #make(key: string, frames: number): KeptLoop {
    const loop: KeptLoop = new KeptLoop(frames, {
      unused: () => this.#unused(loop),
      removed: () => {
        this.#loops.delete(key);
        unused.delete(loop.ref);
      },
    });
    this.#loops.set(key, loop);
    return loop;
  }

  async #unused(loop: KeptLoop): Promise<void> {
    if (this.#closed || loop.made === 0) return loop.remove();
    unused.add(loop.ref);
    await makeRoom();
  }

  /** Removes the loops that nobody shows, and the others when nobody does. */
  async close(): Promise<void> {
    this.#closed = true;
    const loops = [...this.#loops.values()].filter(({ users }) => users === 0);
    await Promise.all(loops.map((loop) => loop.remove()));
  }
}

/** Loops that were not shown for the longest time go first. */
async function makeRoom(): Promise<void> {
  const loops = [...unused].flatMap((ref) => ref.deref() ?? []);
  let bytes = loops.reduce((sum, loop) => sum + loop.bytes, 0);
  for (const ref of unused) {
    const loop = ref.deref();
    if (loop === undefined) unused.delete(ref);
    if (loop === undefined || bytes <= MOST_BYTES) continue;
    bytes -= loop.bytes;
    await loop.remove();
  }
}
