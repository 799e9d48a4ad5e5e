import { KeptLoop } from './kept-loop.js';

/** Bytes of pictures of loops that nobody shows, of all portraits of this process, and of any one loop. */
const MOST_BYTES = 2e9;

/** Where loops are kept that nobody shows: those that were not shown for the longest time go when they are too large together. */
export class LoopRoom {
  /** Bytes of pictures. */
  readonly most: number;
  /** The one that was shown last at the end. A portrait that is forgotten without close() is not kept for them. */
  readonly #unused = new Set<WeakRef<KeptLoop>>();

  constructor(most: number) {
    this.most = most;
  }

  async add(loop: KeptLoop): Promise<void> {
    this.#unused.add(loop.ref);
    await this.#makeRoom();
  }

  take(loop: KeptLoop): void {
    this.#unused.delete(loop.ref);
  }

  async #makeRoom(): Promise<void> {
    const loops = [...this.#unused].flatMap((ref) => ref.deref() ?? []);
    let bytes = loops.reduce((sum, loop) => sum + loop.bytes, 0);
    for (const ref of this.#unused) {
      const loop = ref.deref();
      if (loop === undefined) this.#unused.delete(ref);
      if (loop === undefined || bytes <= this.most) continue;
      bytes -= loop.bytes;
      await loop.remove();
    }
  }
}

const ROOM = new LoopRoom(MOST_BYTES);

/** The loops of idle life of a portrait, or of a source video: one for each way in which its streams look and move. */
export class IdleLoops {
  readonly #loops = new Map<string, KeptLoop>();
  readonly #room: LoopRoom;
  #closed = false;

  constructor(room = ROOM) {
    this.#room = room;
  }

  /** The loop of streams that look alike; the caller closes it. */
  open(key: string, frames: number): KeptLoop {
    const loop = this.#loops.get(key) ?? this.#make(key, frames);
    this.#room.take(loop);
    return loop.open();
  }

  #make(key: string, frames: number): KeptLoop {
    const loop: KeptLoop = new KeptLoop(frames, {
      most: this.#room.most,
      unused: () => this.#unused(loop),
      removed: () => {
        if (this.#loops.get(key) === loop) this.#loops.delete(key);
        this.#room.take(loop);
      },
    });
    this.#loops.set(key, loop);
    return loop;
  }

  async #unused(loop: KeptLoop): Promise<void> {
    if (this.#closed || loop.lost || loop.made === 0) return loop.remove();
    await this.#room.add(loop);
  }

  /** Removes the loops that nobody shows, and the others when nobody does. */
  async close(): Promise<void> {
    this.#closed = true;
    const loops = [...this.#loops.values()].filter(({ users }) => users === 0);
    await Promise.all(loops.map((loop) => loop.remove()));
  }
}
