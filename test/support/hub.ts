import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { Test } from 'tap';

/** A request to the hub or to the server of its redirects. */
export interface HubRequest {
  server: 'hub' | 'cdn';
  method: string;
  path: string;
  range: string | undefined;
  authorization: string | undefined;
}

/** A fault in the delivery of a file. */
export interface Fault {
  /** The connection is cut after this many bytes of an answer. */
  cutAfter?: number;
  /** The number of answers with the fault; default: all. */
  times?: number;
  /** The bytes that are sent instead. */
  send?: Uint8Array;
  /** A status instead of the file. */
  status?: number;
  /** The whole file, whatever range is requested. */
  ignoreRange?: boolean;
  /** Some bytes, then nothing until the client disconnects. */
  hangAfter?: number;
  /** An answer of unannounced length that ends properly after this many bytes. */
  endAfter?: number;
}

/**
 * A model hub on this machine, as far as its public interface is used: `paths-info` with the names that LFS has for contents,
 * `resolve` that redirects to another server, and that one's ranges. Nothing here depends on time.
 */
export class TestHub {
  readonly requests: HubRequest[] = [];
  /** Statuses instead of lists of files, by repository. */
  readonly refused = new Map<string, number>();
  /** Repositories that have another name now. */
  readonly renamed = new Map<string, string>();
  /** Changes what is said of a file. */
  edit: (info: Record<string, unknown>) => unknown = (info) => info;
  private readonly files = new Map<string, Buffer | string>();
  private readonly faults = new Map<string, Fault>();
  private readonly hub = createServer((request, response) => this.answer(request, response));
  private readonly cdn = createServer((request, response) => this.deliver(request, response));

  static async start(t: Test): Promise<TestHub> {
    const hub = new TestHub();
    for (const server of [hub.hub, hub.cdn]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    t.teardown(async () => {
      for (const server of [hub.hub, hub.cdn]) await closed(server);
    });
    return hub;
  }

  /** Its base URL. */
  get url(): string {
    return address(this.hub);
  }

  /** A file, from memory or from the disk. */
  put(repository: string, path: string, content: Buffer | string): void {
    this.files.set(`${repository}/${path}`, content);
  }

  fault(repository: string, path: string, fault: Fault | undefined): void {
    if (fault) this.faults.set(`${repository}/${path}`, fault);
    else this.faults.delete(`${repository}/${path}`);
  }

  /** Ranges requested from the second server for a file: undefined for the whole file. */
  ranges(path: string): (string | undefined)[] {
    const delivered = this.requests.filter((one) => one.server === 'cdn' && one.path.endsWith(path));
    return delivered.map(({ range }) => range);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = this.record('hub', request);
    const list = /^\/api\/models\/([^/]+\/[^/]+)\/paths-info\/main$/.exec(path);
    if (list) {
      void this.list(list[1]!, request, response);
      return;
    }
    const [, repository, file] = /^\/([^/]+\/[^/]+)\/resolve\/main\/(.+)$/.exec(path) ?? [];
    const renamed = this.renamed.get(repository!);
    const content = this.files.get(`${repository}/${file}`);
    if (renamed) end(response, 307, { Location: `${this.url}/${renamed}/resolve/main/${file}` });
    else if (content === undefined) end(response, 404, { 'X-Error-Code': 'EntryNotFound' });
    else
      end(response, 302, {
        Location: `${address(this.cdn)}/${repository}/${file}?signature=x`,
        'X-Repo-Commit': '0'.repeat(40),
        'X-Linked-Size': String(sizeOf(content)),
        'X-Linked-Etag': `"${hashOf(content)}"`,
      });
  }

  private async list(repository: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const renamed = this.renamed.get(repository);
    if (renamed) return end(response, 307, { Location: `${this.url}/api/models/${renamed}/paths-info/main` });
    const status = this.refused.get(repository);
    if (status) return end(response, status, { 'X-Error-Code': 'GatedRepo' });
    const { paths } = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const infos = (paths as string[]).flatMap((path) => {
      const content = this.files.get(`${repository}/${path}`);
      if (content === undefined) return [];
      const size = sizeOf(content);
      const lfs = { oid: hashOf(content), size, pointerSize: 134 };
      return [this.edit({ type: 'file', oid: '1'.repeat(40), size, path, lfs })];
    });
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(infos));
  }

  private deliver(request: IncomingMessage, response: ServerResponse): void {
    const key = this.record('cdn', request).slice(1);
    const fault = this.take(key);
    if (fault.status) {
      end(response, fault.status);
      return;
    }
    const content = fault.send ? Buffer.from(fault.send) : this.files.get(key)!;
    const size = sizeOf(content);
    const range = fault.ignoreRange ? undefined : /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const from = Number(range?.[1] ?? 0);
    if (from >= size) {
      end(response, 416, { 'Content-Range': `bytes */${size}` });
      return;
    }
    response.writeHead(range ? 206 : 200, {
      ...(fault.endAfter === undefined && { 'Content-Length': size - from }),
      ...(range && { 'Content-Range': `bytes ${from}-${size - 1}/${size}` }),
    });
    send(content, from, fault, response);
  }

  /** The fault of a file, once more. */
  private take(key: string): Fault {
    const fault = this.faults.get(key);
    if (!fault) return {};
    if (fault.times !== undefined && --fault.times === 0) this.faults.delete(key);
    return { ...fault };
  }

  private record(server: HubRequest['server'], { method, url, headers }: IncomingMessage): string {
    const { pathname } = new URL(url!, 'http://hub');
    const { range, authorization } = headers;
    this.requests.push({ server, method: method!, path: pathname, range, authorization });
    return decodeURIComponent(pathname);
  }
}

function send(content: Buffer | string, from: number, fault: Fault, response: ServerResponse): void {
  const limit = fault.cutAfter ?? fault.hangAfter ?? fault.endAfter;
  if (limit === undefined) {
    const stream =
      typeof content === 'string'
        ? createReadStream(content, { start: from })
        : Readable.from([content.subarray(from)]);
    stream.pipe(response);
    return;
  }
  const bytes = (typeof content === 'string' ? readFileSync(content) : content).subarray(from, from + limit);
  if (fault.endAfter !== undefined) response.end(bytes);
  else if (fault.hangAfter !== undefined) response.write(bytes);
  else if (bytes.length === 0) response.destroy();
  else response.write(bytes, () => response.destroy());
}

function end(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers);
  response.end();
}

function sizeOf(content: Buffer | string): number {
  return typeof content === 'string' ? statSync(content).size : content.length;
}

function hashOf(content: Buffer | string): string {
  const bytes = typeof content === 'string' ? readFileSync(content) : content;
  return createHash('sha256').update(bytes).digest('hex');
}

function address(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
