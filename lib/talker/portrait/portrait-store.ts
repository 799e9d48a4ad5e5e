import { z } from 'zod';
import { native } from '../../binding.js';
import { invalidArgument } from '../../errors.js';
import { checkPath, integer, parseOptions } from '../../validate.js';
import { Closing } from '../host/closing.js';
import type { Portrait } from './portrait.js';
import { PortraitFolder } from './portrait-folder.js';

/** Options of {@link PortraitStore}. */
export interface PortraitStoreOptions {
  /** Bytes of portraits that stay on the device, or in memory of the processor; those that are leased stay in any case. Default 10^9. */
  deviceBytes?: number | undefined;
  /** Where the others are, as files of `portrait.save()`. Those that are there already can be leased. */
  directory: string;
  /** Bytes of these files, default 10^10. Beyond it those that were not used for the longest time are gone. */
  diskBytes?: number | undefined;
}

/** The right to use a portrait of a store, until it is released. */
export interface PortraitLease extends AsyncDisposable {
  readonly portrait: Portrait;
  /** May be called twice. */
  release(): Promise<void>;
}

/** Who loads portraits: a talker, or a pool of them. */
interface Loader {
  loadPortrait(file: string): Promise<Portrait>;
}

interface Kept {
  portrait: Promise<Portrait>;
  bytes: number;
  leases: number;
}

const schema = z.strictObject(
  {
    deviceBytes: integer(0, Number.MAX_SAFE_INTEGER).default(1e9),
    directory: z.string({ error: 'a path' }).min(1, 'a path'),
    diskBytes: integer(0, Number.MAX_SAFE_INTEGER).default(1e10),
  },
  { error: 'an object with directory' },
);

/**
 * Prepared portraits by id, for services that have more of them than the device has memory. Those that were not used for the longest time
 * are written to files, and come back when they are leased. A file lasts longer than the store: another one of the same folder has it.
 *
 * @example
 * const store = new PortraitStore(talker, { directory: '/var/lib/portraits', deviceBytes: 2e9 })
 * await store.add('anna', await talker.portrait('anna.jpg'))
 * await using lease = await store.lease('anna')
 * await talker.animate(lease.portrait, 'speech.wav').save('talk.mp4')
 */
export class PortraitStore implements AsyncDisposable {
  readonly #loader: Loader;
  readonly #deviceBytes: number;
  readonly #folder: PortraitFolder;
  /** On the device; those used last are at the end. */
  readonly #kept = new Map<string, Kept>();
  /** Writes and removals, one after the other. */
  #work: Promise<unknown> = Promise.resolve();
  readonly #closing = new Closing('store of portraits');

  /** @throws KdtalkerError INVALID_ARGUMENT */
  constructor(talker: Loader, options: PortraitStoreOptions) {
    const { deviceBytes, directory, diskBytes } = parseOptions(
      schema,
      options,
      'the options of PortraitStore',
    );
    this.#loader = talker;
    this.#deviceBytes = deviceBytes;
    this.#folder = new PortraitFolder(directory, diskBytes);
  }

  /** Bytes of its portraits on the device. */
  get bytes(): number {
    return [...this.#kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Whether a portrait can be leased. @throws KdtalkerError CLOSED */
  async has(id: string): Promise<boolean> {
    this.#check(id);
    return this.#kept.has(id) || this.#folder.has(id);
  }

  /**
   * Gives a portrait to the store, which closes it; one of the same id is replaced.
   *
   * @throws KdtalkerError INVALID_ARGUMENT if that one is leased, CLOSED, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL
   */
  async add(id: string, portrait: Portrait): Promise<void> {
    this.#check(id);
    const bytes = native().portraitBytes(portrait.handle);
    do await this.delete(id);
    while (this.#kept.has(id)); // another was added meanwhile
    this.#closing.check();
    this.#kept.set(id, { portrait: Promise.resolve(portrait), bytes, leases: 0 });
    await this.#spill();
  }

  /**
   * A portrait, which stays on the device until the lease is released.
   *
   * @throws KdtalkerError INVALID_ARGUMENT for an id that is not known, CLOSED, FILE_NOT_FOUND, PORTRAIT_INVALID, DEVICE_MEMORY,
   *   OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL
   */
  async lease(id: string): Promise<PortraitLease> {
    this.#check(id);
    const kept = this.#kept.get(id) ?? this.#load(id);
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    kept.leases++;
    let release = () => {
      release = () => {};
      kept.leases--;
    };
    try {
      const portrait = await kept.portrait;
      await this.#spill();
      const end = async () => {
        release();
        if (!this.#closing.begun) await this.#spill();
      };
      return { portrait, release: end, [Symbol.asyncDispose]: end };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Forgets a portrait, and its file. @throws KdtalkerError INVALID_ARGUMENT if it is leased, CLOSED, OUTPUT_UNWRITABLE */
  async delete(id: string): Promise<void> {
    this.#check(id);
    const kept = this.#kept.get(id);
    if (kept !== undefined && kept.leases > 0)
      throw invalidArgument('a portrait that nobody leases', 'the id', id);
    this.#kept.delete(id);
    await this.#inTurn(async () => {
      await this.#folder.remove(id);
      await (await kept?.portrait.catch(() => undefined))?.close();
    });
  }

  /** Writes what is not in a file, and closes its portraits; leases end. May be called twice. */
  close(): Promise<void> {
    return this.#closing.close(() => this.#inTurn(() => this.#closeAll()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** One that cannot be written is closed too. */
  async #closeAll(): Promise<void> {
    const failed: unknown[] = [];
    for (const [id, kept] of this.#kept) {
      await this.#write(id, kept).catch((error: unknown) => failed.push(error));
      await this.#close(kept);
    }
    this.#kept.clear();
    if (failed.length > 0) throw failed[0];
  }

  /** In turn, so that no other portrait takes the place of its file before it is read. */
  #load(id: string): Kept {
    const loading = this.#inTurn(async () => this.#loader.loadPortrait(await this.#folder.use(id)));
    const kept: Kept = { portrait: loading, bytes: 0, leases: 0 };
    loading.then(
      (portrait) => {
        kept.bytes = native().portraitBytes(portrait.handle);
      },
      () => {
        if (this.#kept.get(id) === kept) this.#kept.delete(id);
      },
    );
    return kept;
  }

  /** Portraits that nobody leases leave the device, the one that was not used for the longest time first, until there is room. */
  #spill(): Promise<void> {
    return this.#inTurn(async () => {
      for (const [id, kept] of [...this.#kept]) {
        if (this.bytes <= this.#deviceBytes) return;
        if (kept.leases > 0) continue;
        await this.#write(id, kept);
        if (kept.leases > 0 || this.#kept.get(id) !== kept) continue; // meanwhile
        this.#kept.delete(id);
        await this.#close(kept);
      }
    });
  }

  async #write(id: string, { portrait }: Kept): Promise<void> {
    const ready = await portrait;
    await this.#folder.keep(id, (file) => ready.save(file));
  }

  async #close({ portrait }: Kept): Promise<void> {
    await (await portrait.catch(() => undefined))?.close();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }

  #check(id: string): void {
    checkPath(id, 'the id of a portrait');
    this.#closing.check();
  }
}
