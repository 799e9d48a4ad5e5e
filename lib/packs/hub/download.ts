import { open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { aborted, KdtalkerError } from '../../errors.js';
import { hashFile } from '../../files/hash.js';
import { isSystemError, outputError } from '../../files/output-error.js';
import type { Hub } from './endpoint.js';
import { refused, unreachable, wrongBytes } from './failure.js';
import { type HubFile, REVISION, wantedOf } from './listing.js';
import { PartFile } from './part-file.js';

/** Options of {@link downloadFile}. */
export interface DownloadOptions {
  /** Called with the number of bytes on the disk, from the bytes of an earlier run up to the whole file. */
  onBytes?: (bytes: number) => void;
  signal?: AbortSignal;
  /** Milliseconds before each retry, as long as no try receives a byte; default: {@link PATIENCE}. */
  patience?: readonly number[];
}

/** Four tries, over seven seconds: after a longer fault the caller runs the download again and loses nothing. */
const PATIENCE = [1000, 2000, 4000];

const KEPT = 'Run the same again with room and rights: what has been downloaded is kept';

/**
 * Downloads a file of the hub to the disk. It resumes the download of an earlier run; the file gets its name only after its size
 * and SHA-256 have been checked. A file that exists already is not fetched again.
 *
 * `@huggingface/hub` lists the files, but its `downloadFile` returns a Blob whose stream begins at the first byte, ends when the
 * connection breaks and cannot be aborted. Therefore this function requests the rest of a file with the platform's fetch and a
 * range, at the hub's plain address: the redirect's address expires, so each try requests a new one.
 *
 * @throws KdtalkerError DOWNLOAD_FAILED (keeps the received bytes), DOWNLOAD_DENIED, DOWNLOAD_DAMAGED (removes them),
 *   OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED
 */
export async function downloadFile(
  hub: Hub,
  file: HubFile,
  target: string,
  options: DownloadOptions = {},
): Promise<void> {
  try {
    if (!(await isThere(file, target, options.signal))) await fetchInto(hub, file, target, options);
    options.onBytes?.(file.bytes);
  } catch (error) {
    throw isSystemError(error) ? outputError(error, target, KEPT) : error;
  }
}

/** Whether an earlier run downloaded the whole file. */
async function isThere({ bytes, sha256 }: HubFile, target: string, signal?: AbortSignal): Promise<boolean> {
  const handle = await open(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return false;
  try {
    if ((await handle.stat()).size !== bytes) return false;
    return (await hashFile(handle, { signal, what: 'Downloading' })).hash.digest('hex') === sha256;
  } finally {
    await handle.close();
  }
}

async function fetchInto(hub: Hub, file: HubFile, target: string, options: DownloadOptions): Promise<void> {
  const part = await PartFile.open(target, file.sha256, options.signal);
  try {
    await fill(part, hub, file, options);
    const digest = part.digest();
    if (digest !== file.sha256) throw wrongBytes(nameOf(file), `SHA-256 ${file.sha256}`, digest);
    await part.finish();
  } catch (error) {
    if (error instanceof KdtalkerError && error.code === 'DOWNLOAD_DAMAGED') await part.drop();
    throw error;
  } finally {
    await part.close();
  }
}

/** Retries until the file is complete, as long as some of the last tries received bytes. */
async function fill(part: PartFile, hub: Hub, file: HubFile, options: DownloadOptions): Promise<void> {
  const { patience = PATIENCE, signal, onBytes } = options;
  if (part.size > file.bytes) await part.clear();
  onBytes?.(part.size);
  for (let fruitless = 0; part.size < file.bytes; ) {
    const before = part.size;
    try {
      await fetchRest(part, hub, file, options);
      if (part.size < file.bytes) throw new Passing(new Error('it ended early'));
    } catch (error) {
      if (signal?.aborted) throw aborted(signal, 'Downloading');
      if (!(error instanceof Passing)) throw error;
      if (part.size > before) fruitless = 0;
      else if (fruitless === patience.length)
        throw error.last ?? unreachable(wantedFrom(hub, file), error.cause);
      else await pause(patience[fruitless++]!, signal);
    }
  }
}

/** A fault that may be gone at the next try; `last` is the error to throw after the last try. */
class Passing extends Error {
  constructor(
    cause: unknown,
    readonly last?: KdtalkerError,
  ) {
    super('A download broke off', { cause });
  }
}

async function fetchRest(
  part: PartFile,
  hub: Hub,
  file: HubFile,
  { signal, onBytes }: DownloadOptions,
): Promise<void> {
  const response = await request(part.size, hub, file, signal);
  await checkAnswer(response, part, hub, file);
  for await (const bytes of piecesOf(response)) {
    if (part.size + bytes.byteLength > file.bytes)
      throw wrongBytes(nameOf(file), `${file.bytes} bytes`, 'more');
    await part.append(bytes);
    onBytes?.(part.size);
  }
}

async function request(
  from: number,
  hub: Hub,
  file: HubFile,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const headers = {
    // With compression, lengths and ranges would not be those of the file.
    'Accept-Encoding': 'identity',
    ...(from > 0 && { Range: `bytes=${from}-` }),
    ...(hub.token && { Authorization: `Bearer ${hub.token}` }),
  };
  const url = `${hub.url}/${file.repository}/resolve/${REVISION}/${file.path}`;
  return fetch(url, { headers, ...(signal && { signal }) }).catch((error) => {
    throw new Passing(error);
  });
}

/** Throws for a response that cannot be the rest of the file; a response with the whole file starts the file again. */
async function checkAnswer(response: Response, part: PartFile, hub: Hub, file: HubFile): Promise<void> {
  const { status, headers } = response;
  const announced = announcedBytes(status, headers, part.size);
  const isAnswer = status === 206 || status === 200;
  if (isAnswer && (announced === undefined || announced === file.bytes)) {
    if (status === 200 && part.size > 0) await part.clear();
    return;
  }
  await response.body?.cancel();
  if (isAnswer || status === 416)
    throw wrongBytes(
      nameOf(file),
      `${file.bytes} bytes`,
      announced === undefined ? 'others' : `${announced}`,
    );
  const error = refused(status, wantedFrom(hub, file));
  throw status >= 500 || status === 408 || status === 429 ? new Passing(error, error) : error;
}

/** Bytes of the whole file, according to the response; undefined when it does not say. NaN when it begins at another byte. */
function announcedBytes(status: number, headers: Headers, from: number): number | undefined {
  if (status === 206) {
    const [, begin, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
    return Number(begin) === from ? Number(total) : Number.NaN;
  }
  const length = headers.get('content-length');
  return length === null ? undefined : Number(length);
}

/** The received bytes; only faults of the connection allow a retry. */
async function* piecesOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body!.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error) => {
        throw new Passing(error);
      });
      if (done) return;
      yield value;
    }
  } finally {
    // Closes the connection when the caller stops early; does nothing after its end.
    await reader.cancel().catch(() => {});
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(milliseconds, undefined, signal && { signal }).catch(() => {
    throw aborted(signal, 'Downloading');
  });
}

const nameOf = ({ path, repository }: HubFile) => `${path} of ${repository}`;
const wantedFrom = (hub: Hub, file: HubFile) => wantedOf(hub, nameOf(file));
