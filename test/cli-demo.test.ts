import { join } from 'node:path';
import t from 'tap';
import { events, run } from './support/cli.js';
import { describeMedia, names } from './support/media.js';

t.test('the demo makes its video and measures three speeds', async (t) => {
  const cwd = t.testdir();
  const ended = await run(['demo', '--json'], { cwd });
  t.equal(ended.code, 0, ended.stderr);
  const result = events(ended).at(-1)!;
  t.match(result, {
    event: 'result',
    file: join(cwd, 'kdtalker-demo.mp4'),
    frames: 177,
    seconds: 7.08,
    size: { width: 512, height: 512, fps: 25 },
    fps: Number,
    renderFps: Number,
    firstFrameSeconds: Number,
    device: 'cpu',
    pack: /^puppet /,
  });
  for (const speed of ['fps', 'renderFps', 'firstFrameSeconds']) t.ok((result[speed] as number) > 0, speed);
  t.same(names(cwd), ['kdtalker-demo.mp4']);
  t.match(describeMedia(join(cwd, 'kdtalker-demo.mp4')), /h264.*yuv420p.*512x512.*25 fps.*Audio: aac/s);
});
