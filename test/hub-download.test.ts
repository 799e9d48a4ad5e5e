import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type DownloadOptions, downloadFile } from '../dist/packs/hub/download.js';
import { hubOf } from '../dist/packs/hub/endpoint.js';
import { type HubFile, listFiles } from '../dist/packs/hub/listing.js';
import { TestHub } from './support/hub.js';

const REPOSITORY = 'Somebody/Weights';
const PATH = 'folder/weights.pth';
/** Content without a pattern, so that a shifted or repeated piece is detected. */
const CONTENT = Buffer.from(Uint32Array.from({ length: 50_000 }, (_, i) => Math.imul(i, 2654435761)).buffer);
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
/** No delay between attempts. */
const PATIENCE = [0, 0, 0];

/** A hub with one file, and a folder for the download. */
async function scene(t: Test) {
  const server = await TestHub.start(t);
  server.put(REPOSITORY, PATH, CONTENT);
  const folder = t.testdir();
  const target = join(folder, 'weights.pth');
  const hub = hubOf({ endpoint: server.url }, {});
  const file: HubFile = { repository: REPOSITORY, path: PATH, bytes: CONTENT.length, sha256: SHA256 };
  const part = `${target}.${SHA256.slice(0, 12)}.part`;
  const download = (options: DownloadOptions = {}) =>
    downloadFile(hub, file, target, { patience: PATIENCE, ...options });
  return { server, folder, target, part, hub, file, download };
}

t.test('a file comes whole, over a redirect, and is not fetched again', async (t) => {
  const { server, folder, target, download } = await scene(t);
  const seen: number[] = [];
  await download({ onBytes: (bytes) => seen.push(bytes) });
  t.ok(readFileSync(target).equals(CONTENT));
  t.same(readdirSync(folder), ['weights.pth'], 'nothing is left beside it');
  t.equal(seen[0], 0);
  t.equal(seen.at(-1), CONTENT.length);
  t.same(
    server.requests.map(({ server, path }) => [server, path]),
    [
      ['hub', `/${REPOSITORY}/resolve/main/${PATH}`],
      ['cdn', `/${REPOSITORY}/${PATH}`],
    ],
  );
  await download({ onBytes: (bytes) => seen.push(bytes) });
  t.equal(server.requests.length, 2, 'what is there and right is not asked for');
  t.equal(seen.at(-1), CONTENT.length);
  writeFileSync(target, 'the file of another version');
  await download();
  t.ok(readFileSync(target).equals(CONTENT), 'what is there and wrong is replaced');
});

t.test('what is left of another version goes once this one is whole', async (t) => {
  const { folder, target, download } = await scene(t);
  writeFileSync(`${target}.0123456789ab.part`, 'the beginning of another version');
  writeFileSync(`${target}.part`, 'not ours');
  writeFileSync(`${target}2.0123456789ab.part`, 'of another file');
  await download();
  t.same(readdirSync(folder).sort(), ['weights.pth', 'weights.pth.part', 'weights.pth2.0123456789ab.part']);
});

t.test('after a cut only the rest is asked for', async (t) => {
  const { server, target, download } = await scene(t);
  server.fault(REPOSITORY, PATH, { cutAfter: 70_001, times: 2 });
  await download();
  t.ok(readFileSync(target).equals(CONTENT));
  const [whole, ...rests] = server.ranges(PATH);
  t.equal(whole, undefined);
  const begins = rests.map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1]));
  t.equal(begins.length, 2);
  // What was on its way when the connection was cut may be lost, but nothing that was written.
  t.ok(begins[0]! > 0 && begins[0]! <= 70_001, `${begins[0]}`);
  t.ok(begins[1]! > begins[0]! && begins[1]! <= begins[0]! + 70_001, `${begins[1]}`);
});

t.test('an answer that ends too early is a cut, too', async (t) => {
  const { server, target, download } = await scene(t);
  server.fault(REPOSITORY, PATH, { endAfter: 5000, times: 1 });
  await download();
  t.ok(readFileSync(target).equals(CONTENT));
  t.same(server.ranges(PATH), [undefined, 'bytes=5000-']);
});

t.test('what a run leaves the next one goes on with', async (t) => {
  const { server, folder, target, part, download } = await scene(t);
  server.fault(REPOSITORY, PATH, { cutAfter: 70_001, times: 1 });
  const onBytes = (bytes: number) => void (bytes > 0 && server.fault(REPOSITORY, PATH, { cutAfter: 0 }));
  await t.rejects(download({ onBytes }), {
    code: 'DOWNLOAD_FAILED',
    message: /Expected folder\/weights\.pth of Somebody\/Weights .*connection failed.*is kept/,
  });
  t.same(server.ranges(PATH).length, 1 + 1 + PATIENCE.length, 'a few tries that bring nothing are enough');
  const kept = readFileSync(part);
  t.ok(kept.length > 0 && kept.equals(CONTENT.subarray(0, kept.length)));
  t.notOk(existsSync(target), 'nothing has the final name');
  server.fault(REPOSITORY, PATH, undefined);
  server.requests.length = 0;
  const seen: number[] = [];
  await download({ onBytes: (bytes) => seen.push(bytes) });
  t.equal(seen[0], kept.length, 'progress begins where the first run ended');
  t.same(server.ranges(PATH), [`bytes=${kept.length}-`], 'only the rest is requested');
  t.ok(readFileSync(target).equals(CONTENT));
  t.same(readdirSync(folder), ['weights.pth']);
});

t.test('a part that is whole needs no request, one that is too long begins again', async (t) => {
  const { server, target, part, download } = await scene(t);
  writeFileSync(part, CONTENT);
  await download();
  t.same(server.requests, []);
  t.ok(readFileSync(target).equals(CONTENT));
  writeFileSync(target, '');
  writeFileSync(part, Buffer.concat([CONTENT, CONTENT]));
  await download();
  t.same(server.ranges(PATH), [undefined]);
  t.ok(readFileSync(target).equals(CONTENT));
});

t.test('a server without ranges sends it all again', async (t) => {
  const { server, target, part, download } = await scene(t);
  writeFileSync(part, CONTENT.subarray(0, 1000));
  server.fault(REPOSITORY, PATH, { ignoreRange: true });
  await download();
  t.same(server.ranges(PATH), ['bytes=1000-']);
  t.ok(readFileSync(target).equals(CONTENT));
});

t.test('a corrupted file is an error, is dropped, and comes right the next time', async (t) => {
  const { server, folder, target, part, download } = await scene(t);
  const corrupted = Buffer.from(CONTENT);
  corrupted[123_456]! ^= 1;
  server.fault(REPOSITORY, PATH, { send: corrupted, times: 1 });
  await t.rejects(download(), {
    code: 'DOWNLOAD_DAMAGED',
    message: new RegExp(`Expected SHA-256 ${SHA256} for folder/weights\\.pth .* but received [0-9a-f]{64}`),
  });
  t.same(readdirSync(folder), [], 'neither the file nor its part is there');
  // The beginning that another run left may be the bad one as well.
  writeFileSync(part, corrupted.subarray(0, 150_000));
  await t.rejects(download(), { code: 'DOWNLOAD_DAMAGED' });
  t.same(readdirSync(folder), []);
  await download();
  t.ok(readFileSync(target).equals(CONTENT));
});

t.test('a file of another size is an error before it is read', async (t) => {
  for (const size of [CONTENT.length - 1, CONTENT.length + 1]) {
    for (const begun of [0, 1000]) {
      const { server, folder, part, download } = await scene(t);
      server.fault(REPOSITORY, PATH, { send: Buffer.concat([CONTENT, CONTENT]).subarray(0, size) });
      if (begun > 0) writeFileSync(part, CONTENT.subarray(0, begun));
      await t.rejects(download(), {
        code: 'DOWNLOAD_DAMAGED',
        message: new RegExp(`Expected ${CONTENT.length} bytes for .* but received ${size}`),
      });
      t.same(readdirSync(folder), []);
    }
  }
});

t.test('more bytes than were announced are an error', async (t) => {
  const { server, folder, download } = await scene(t);
  const send = Buffer.concat([CONTENT, CONTENT]);
  server.fault(REPOSITORY, PATH, { send, endAfter: send.length });
  await t.rejects(download(), { code: 'DOWNLOAD_DAMAGED', message: /but received more/ });
  t.same(readdirSync(folder), []);
});

t.test('statuses: some are final, some pass', async (t) => {
  const { server, target, download } = await scene(t);
  for (const [status, code, message] of [
    [401, 'DOWNLOAD_DENIED', /status 401.*set HF_TOKEN/],
    [403, 'DOWNLOAD_DENIED', /status 403.*set HF_TOKEN/],
    [404, 'DOWNLOAD_FAILED', /status 404, it is not there.*docs\/models\.md/],
  ] as const) {
    server.requests.length = 0;
    server.fault(REPOSITORY, PATH, { status });
    await t.rejects(download(), { code, message });
    t.equal(server.ranges(PATH).length, 1, `${status} is asked for once`);
  }
  server.requests.length = 0;
  server.fault(REPOSITORY, PATH, { status: 503 });
  await t.rejects(download(), { code: 'DOWNLOAD_FAILED', message: /status 503.*try again later/ });
  t.equal(server.ranges(PATH).length, 1 + PATIENCE.length);
  server.fault(REPOSITORY, PATH, { status: 429, times: 2 });
  await download();
  t.ok(readFileSync(target).equals(CONTENT));
});

t.test('aborted in the middle, between tries, and before', async (t) => {
  const { server, target, part, download } = await scene(t);
  server.fault(REPOSITORY, PATH, { hangAfter: 4000 });
  const stop = new AbortController();
  const onBytes = (bytes: number) => void (bytes > 0 && stop.abort('enough'));
  await t.rejects(download({ signal: stop.signal, onBytes }), { code: 'ABORTED', cause: 'enough' });
  t.ok(readFileSync(part).equals(CONTENT.subarray(0, 4000)), 'what has come is kept');
  t.notOk(existsSync(target));

  server.fault(REPOSITORY, PATH, { status: 500 });
  const pause = new AbortController();
  const waiting = download({ signal: pause.signal, patience: [1e9] });
  const asked = () => server.ranges(PATH).length === 2;
  while (!asked()) await new Promise((resolve) => setImmediate(resolve));
  pause.abort();
  await t.rejects(waiting, { code: 'ABORTED' });

  server.requests.length = 0;
  await t.rejects(download({ signal: AbortSignal.abort() }), { code: 'ABORTED' });
  t.same(server.requests, []);
});

t.test('where nothing can be written, the error says so', async (t) => {
  const { folder, hub, file } = await scene(t);
  writeFileSync(join(folder, 'file'), '');
  await t.rejects(downloadFile(hub, file, join(folder, 'file', 'weights.pth')), {
    code: 'OUTPUT_UNWRITABLE',
  });
  mkdirSync(join(folder, 'weights.pth'));
  await t.rejects(downloadFile(hub, file, join(folder, 'weights.pth')), { code: 'OUTPUT_UNWRITABLE' });
});

t.test('the token goes to the hub and not to where it redirects', async (t) => {
  const { server, file, target } = await scene(t);
  const hub = hubOf({ endpoint: `${server.url}/`, token: 'hf_secret' }, {});
  await listFiles(hub, [file]);
  await downloadFile(hub, file, target);
  t.same(
    server.requests.map(({ server, authorization }) => [server, authorization]),
    [
      ['hub', 'Bearer hf_secret'],
      ['hub', 'Bearer hf_secret'],
      ['cdn', undefined],
    ],
  );
});

t.test('files are listed with size and hash, one request a repository', async (t) => {
  const { server, hub, file } = await scene(t);
  server.put('Old/Name', 'b', CONTENT);
  server.put('New/Name', 'b', CONTENT);
  server.renamed.set('Old/Name', 'New/Name');
  const other = { repository: 'Old/Name', path: 'b' };
  const found = await listFiles(hub, [other, { repository: REPOSITORY, path: PATH }]);
  t.same(found, [{ ...other, bytes: CONTENT.length, sha256: SHA256 }, file]);
  t.equal(server.requests.length, 3, 'a renamed repository redirects');
  const target = join(t.testdir(), 'b');
  await downloadFile(hub, found[0]!, target);
  t.ok(readFileSync(target).equals(CONTENT), 'its files, too');

  await t.rejects(listFiles(hub, [file, { repository: REPOSITORY, path: 'gone' }]), {
    code: 'DOWNLOAD_FAILED',
    message: /Expected gone of Somebody\/Weights .*status 404, it is not there/,
  });
  for (const [status, code] of [
    [401, 'DOWNLOAD_DENIED'],
    [403, 'DOWNLOAD_DENIED'],
    [404, 'DOWNLOAD_FAILED'],
    [500, 'DOWNLOAD_FAILED'],
  ] as const) {
    server.refused.set(REPOSITORY, status);
    await t.rejects(listFiles(hub, [file]), { code, message: new RegExp(`status ${status}`) });
  }
  const withToken = hubOf({ endpoint: server.url, token: 'hf_x' }, {});
  server.refused.set(REPOSITORY, 403);
  await t.rejects(listFiles(withToken, [file]), { message: /The token of HF_TOKEN has no access/ });
  server.refused.delete(REPOSITORY);
  for (const edit of [{ lfs: undefined }, { lfs: { oid: 'abc', size: 3 } }, { lfs: undefined, size: 0 }]) {
    server.edit = (info) => ({ ...info, ...edit });
    await t.rejects(listFiles(hub, [file]), { code: 'DOWNLOAD_DAMAGED', message: /a size and a SHA-256/ });
  }
  await t.rejects(listFiles(hub, [file], AbortSignal.abort()), { code: 'ABORTED' });
  const nobody = hubOf({ endpoint: 'http://127.0.0.1:1' }, {});
  await t.rejects(listFiles(nobody, [file]), {
    code: 'DOWNLOAD_FAILED',
    message: /connection failed/,
  });
});

t.test('the hub and the token are those of the options, else of the environment', async (t) => {
  t.same(hubOf({}, {}), { url: 'https://huggingface.co' });
  t.same(hubOf({}, { HF_ENDPOINT: ' ', HF_TOKEN: '' }), { url: 'https://huggingface.co' });
  t.same(hubOf({}, { HF_ENDPOINT: 'http://mirror/hub/', HF_TOKEN: ' hf_a\n' }), {
    url: 'http://mirror/hub',
    token: 'hf_a',
  });
  t.same(hubOf({ endpoint: 'https://b', token: 'hf_b' }, { HF_ENDPOINT: 'http://a', HF_TOKEN: 'hf_a' }), {
    url: 'https://b',
    token: 'hf_b',
  });
  for (const HF_ENDPOINT of ['mirror', 'ftp://mirror', 'file:///etc'])
    t.throws(() => hubOf({}, { HF_ENDPOINT }), {
      code: 'INVALID_ARGUMENT',
      message: /a http or https address for HF_ENDPOINT/,
    });
  for (const HF_TOKEN of ['secret', 'hf_', 'hf_a\nX-Header: b'])
    t.throws(() => hubOf({}, { HF_TOKEN }), {
      code: 'INVALID_ARGUMENT',
      message: /^Expected an access token, which begins with hf_, for HF_TOKEN but received another text$/,
    });
});
