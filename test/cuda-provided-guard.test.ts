// The guard of half precision where ONNX Runtime's providers run the networks, on doubles of CUDA and of ONNX Runtime. The latter sums in float32
// on the processor, so that only constants are too large here.
import { join } from 'node:path';
import type { Talker, TalkerOptions } from 'kdtalker';
import t, { type Test } from 'tap';
import { takeRuntimeDouble } from './support/cuda-double.js';
import { setEnvironment } from './support/media.js';
import { temporaryFolder } from './support/networks.js';
import { overflowing } from './support/overflow.js';
import { packDrawnBy, smallPack } from './support/small-pack.js';
import { framesOf, loadTalker, portraitFile, speech } from './support/talker.js';

takeRuntimeDouble();
setEnvironment(t, { KDTALKER_CACHE: join(temporaryFolder(t), 'cache') });
const FRAMES = 2;
const PROVIDERS: TalkerOptions[] = [{ device: 'cuda:0', engine: 'onnxruntime' }, { device: 'tensorrt:0' }];

const warnings: string[] = [];
process.on('warning', ({ message }) => warnings.push(message));
const warned = (name: string) => warnings.filter((message) => message.includes(`'${name}'`));

const both = async (t: Test, pack: string, options: TalkerOptions) => [
  await loadTalker(t, { ...options, precision: 'fp16' }, pack),
  await loadTalker(t, { ...options, precision: 'fp32' }, pack),
];

async function show(talker: Talker): Promise<Buffer[]> {
  const portrait = await talker.portrait(portraitFile);
  const clip = talker.animate(portrait, speech(FRAMES), { seed: 7, steps: 2, frame: 'crop' });
  return (await framesOf(clip)).map(({ data }) => Buffer.from(data));
}

for (const options of PROVIDERS) {
  const device = options.device!;

  t.test(`${device}: frames that halves cannot hold are made in float32, said once`, async (t) => {
    const name = `broken-${device.slice(0, -2)}`;
    const pack = packDrawnBy(t.testdir(), overflowing({ flat: true, weight: 1e6 }), name);
    const [halves, floats] = (await both(t, pack, options)) as [Talker, Talker];
    t.equal(halves.precision, 'fp16');
    const expected = await show(floats);
    t.same(await show(halves), expected);
    t.same(await show(halves), expected, 'another clip');
    t.same(warned(name), [
      `Half precision cannot hold frame 0 of pack '${name}'. This frame and the rest of the clip are rendered in float32. Use precision 'fp32'`,
    ]);
  });
}

t.test('no warning where halves hold', async (t) => {
  const talker = await loadTalker(t, { device: 'tensorrt:0', precision: 'auto' }, smallPack(t.testdir()));
  t.equal(talker.precision, 'fp16');
  await show(talker);
  t.same(warned('small'), []);
});
