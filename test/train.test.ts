import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { addVideos } from '../dist/dataset/add.js';
import { run } from './support/cli.js';
import { plainPack } from './support/plain-pack.js';
import { hiddenCause, speakingVideo } from './support/speaking.js';

t.test('without Python or PyTorch: one sentence', async (t) => {
  const folder = t.testdir();
  const pack = await plainPack(join(folder, 'pack'), { readsLips: true });
  const videos = join(folder, 'videos');
  mkdirSync(videos);
  speakingVideo(videos, 'a.mkv', hiddenCause(12, 1));
  const dataset = join(folder, 'dataset');
  await addVideos({ pack, videos, out: dataset, crop: 'none', least: 9, share: 0 });
  const refused = async (python: string) => {
    const env = { KDTALKER_PYTHON: python };
    const { code, stderr } = await run(['train', '--dataset', dataset, '--out', join(folder, 'run')], {
      env,
    });
    t.equal(code, 1);
    t.equal(stderr.trim().split('\n').length, 1, stderr);
    return stderr;
  };
  const fake = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  t.match(
    await refused(join(folder, 'nowhere')),
    /PYTHON_NOT_FOUND: Expected a Python with PyTorch .* no program at/,
  );
  t.match(
    await refused(fake('bare', 'echo "No module named \'torch\'" >&2; exit 1')),
    /says: No module named 'torch'\. Install it/,
  );
  t.match(await refused(fake('old', 'echo 3 8 2.1.0')), /Expected Python 3\.10 or later but received/);
  t.match(
    await refused(fake('older', 'echo 3 11 1.9.1')),
    /Expected PyTorch 1\.13 or later but received 1\.9\.1/,
  );
  const crash = fake('crash', 'case "$1" in -c) echo 3 11 2.1.0;; *) echo boom >&2; exit 3;; esac');
  t.match(await refused(crash), /TRAINING_FAILED: Expected a training that ends well but boom/);
  t.notOk(existsSync(join(folder, 'run/pack')));
});
