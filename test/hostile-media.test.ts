import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { FrameSource, openSound } from '../dist/media/index.js';
import { probe } from '../dist/media/sources/probe.js';
import { fails, ffmpeg, ffmpegs, processesWith, setEnvironment } from './support/media.js';
import { colours } from './support/videos.js';

/** A server that must receive no request. */
async function listen(t: Test): Promise<{ address: string; asked: () => number }> {
  let asked = 0;
  const server = createServer((_, answer) => answer.end('asked'));
  server.on('connection', () => (asked += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked };
}

/** Files that make an unrestricted ffmpeg open the files they name, or draw. */
function hostileFiles(folder: string, address: string): string[] {
  const secret = join(folder, 'secret.mp4');
  colours(folder, 'secret.mp4', 3);
  const files: Record<string, string> = {
    'list.mp4': `#EXTM3U\n#EXTINF:1,\n${secret}\n#EXT-X-ENDLIST\n`,
    'passwd.mp4': '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\n/etc/passwd\n#EXT-X-ENDLIST\n',
    'network.mp4': `#EXTM3U\n#EXTINF:10.0,\nhttp://${address}/a.ts\n#EXT-X-ENDLIST\n`,
    'concat.mp4': `ffconcat version 1.0\nfile '${secret}'\n`,
    'dash.mp4': `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><BaseURL>http://${address}/</BaseURL></Period></MPD>`,
    'session.mp4': `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video ${address.split(':')[1]} RTP/AVP 26\n`,
    'drawing.svg': `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64"><image xlink:href="http://${address}/a.png" width="64" height="64"/></svg>`,
    'screen.ans': '\x1b[2J\x1b[31mwords that are drawn\x1b[0m\n'.repeat(20),
    'titles.srt': '1\n00:00:00,000 --> 00:00:01,000\nwords\n',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  mkdirSync(join(folder, 'pictures'));
  ffmpeg('-i', secret, '-start_number', '0', join(folder, 'pictures', '%d.png'));
  writeFileSync(join(folder, 'pictures', '%d.png.link'), '');
  writeFileSync(join(folder, 'pictures', '%d.png'), readFileSync(join(folder, 'pictures', '0.png')));
  return [...Object.keys(files), join('pictures', '%d.png')];
}

for (const program of ffmpegs()) {
  t.test(`files that name other files or addresses: ${program}`, async (t) => {
    const folder = t.testdir();
    const { address, asked } = await listen(t);
    const files = hostileFiles(folder, address);
    setEnvironment(t, { FFMPEG_PATH: program });
    for (const name of files) {
      const file = join(folder, name);
      const picture = async () => {
        const source = await FrameSource.open(file, { fps: 25, signal: undefined });
        await source.frames().next();
      };
      await fails(t, picture, 'VIDEO_UNREADABLE');
      await fails(t, () => openSound(file), 'SPEECH_UNREADABLE');
      t.equal((await probe(file)).format, undefined, `${name} is opened by nothing`);
    }
    t.equal(asked(), 0, 'nobody was asked');
    t.same(processesWith(folder), []);
  });
}
