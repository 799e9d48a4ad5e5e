import { rmSync } from 'node:fs';
import { mkdir, open, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { atExit } from './at-exit.js';
import { sweepLeftovers, temporaryName } from './leftovers.js';

const DAY = 24 * 60 * 60 * 1000;

/** Those of this thread. */
const living = new Set<TemporaryPath>();
let renewing: NodeJS.Timeout | undefined;

/**
 * The name of a file or folder that is incomplete, or that only this process needs. {@link remove} removes it, and so does the exit of the
 * process; if the process is killed, the next one that claims a name in the same folder does.
 */
export class TemporaryPath {
  /** Nothing is there yet. */
  readonly path: string;
  readonly #forget: () => void;

  private constructor(path: string) {
    this.path = path;
    this.#forget = atExit(() => rmSync(path, { recursive: true, force: true }));
    living.add(this);
    renewing ??= setInterval(() => void renewTemporary(), DAY).unref();
  }

  /**
   * A new name in `folder`, from which leftovers of killed processes are removed first.
   *
   * @param name its purpose: the beginning of the name
   */
  static async claim(folder: string, name: string): Promise<TemporaryPath> {
    await sweepLeftovers(folder);
    return new TemporaryPath(join(folder, temporaryName(name)));
  }

  /** A new folder of its own in `folder`. @throws the system's errors */
  static async makeFolder(folder: string, name: string): Promise<TemporaryPath> {
    return TemporaryPath.#make(folder, name, (path) => mkdir(path));
  }

  /** A new empty file in `folder`. @throws the system's errors */
  static async makeFile(folder: string, name: string): Promise<TemporaryPath> {
    return TemporaryPath.#make(folder, name, async (path) => (await open(path, 'wx')).close());
  }

  static async #make(folder: string, name: string, make: (path: string) => Promise<unknown>) {
    const place = await TemporaryPath.claim(folder, name);
    try {
      await make(place.path);
      return place;
    } catch (error) {
      place.release();
      throw error;
    }
  }

  /** Forgets the file: it has another name now, or other code removes it. */
  release(): void {
    this.#forget();
    living.delete(this);
    if (living.size > 0) return;
    clearInterval(renewing);
    renewing = undefined;
  }

  /** Removes the file. May be called twice. */
  async remove(): Promise<void> {
    this.release();
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Touches the file, so that processes that cannot see this one know that it runs: {@link sweepLeftovers} then uses the file's time. */
export async function renewTemporary(): Promise<void> {
  const now = new Date();
  for (const { path } of living) await utimes(path, now, now).catch(() => {}); // not there yet, or no more
}
