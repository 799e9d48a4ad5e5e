// Networks that are split at the samplings that TensorRT lacks, on doubles of CUDA and of ONNX Runtime: the latter's TensorRT has no GridSample.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Talker, type TalkerOptions } from 'kdtalker';
import t, { type Test } from 'tap';
import { events, run } from './support/cli.js';
import { RUNTIME_ENVIRONMENT, takeRuntimeDouble } from './support/cuda-double.js';
import { fullPack } from './support/full-pack.js';
import { fails, setEnvironment } from './support/media.js';
import { temporaryFolder } from './support/networks.js';
import { framesOf, loadTalker, portraitFile, speech } from './support/talker.js';

takeRuntimeDouble();
const folder = temporaryFolder(t);
const LACKS = { KDTALKER_ORT_DOUBLE: 'lacks=GridSample' };
setEnvironment(t, { KDTALKER_CACHE: join(folder, 'cache'), ...LACKS });
const pack = await fullPack(join(folder, 'full'));
const FRAMES = 4;

async function framesOn(t: Test, options: TalkerOptions) {
  const talker = await loadTalker(t, options, pack);
  const portrait = await talker.portrait(portraitFile);
  const before = talker.counters();
  const frames = await framesOf(talker.animate(portrait, speech(FRAMES), { seed: 7 }));
  return { frames: frames.map(({ data }) => data), before, after: talker.counters(), talker };
}

const levels = (ours: Uint8Array[], theirs: Uint8Array[]) =>
  Math.max(...ours.flatMap((frame, i) => [...frame].map((byte, at) => Math.abs(byte - theirs[i]![at]!))));

t.test("the processor's frames; values between the parts stay on the GPU", async (t) => {
  const { frames: expected } = await framesOn(t, { device: 'cpu', lowering: false });
  for (const graphs of [true, false]) {
    const { frames, before, after, talker } = await framesOn(t, { device: 'tensorrt:0', graphs });
    t.equal(frames.length, FRAMES);
    t.ok(levels(frames, expected) <= 1, `${levels(frames, expected)} levels`);
    const crossed = (['spectrogram', 'frame', 'pack', 'picture', 'motion'] as const).map((why) => [
      after[why].uploads - before[why].uploads,
      after[why].downloads - before[why].downloads,
    ]);
    t.same(crossed, [
      [1, 0],
      [0, FRAMES],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    t.ok(talker.deviceWork().launches > 0, 'our own kernels');
  }
});

t.test('in half precision, and the same networks in float32 behind it', async (t) => {
  const { frames: expected } = await framesOn(t, { device: 'cpu', lowering: false });
  const { frames } = await framesOn(t, { device: 'tensorrt:0', precision: 'fp16' });
  const squares = frames.flatMap((frame, i) => [...frame].map((byte, at) => (byte - expected[i]![at]!) ** 2));
  const near = 10 * Math.log10(255 ** 2 / (squares.reduce((sum, each) => sum + each, 0) / squares.length));
  t.ok(near >= 55 && near < 100, `${near.toFixed(1)} dB`);
});

t.test('unsplit, the network is refused: by TensorRT, with its node', (t) =>
  fails(
    t,
    () => Talker.load(pack, { device: 'tensorrt:0', lowering: false }),
    'OPERATOR_UNSUPPORTED',
    /of type GridSample to the processor/,
  ),
);

t.test('the CUDA provider samples volumes itself', async (t) => {
  const { frames: expected } = await framesOn(t, { device: 'cpu', lowering: false });
  const { frames } = await framesOn(t, { device: 'cuda:0', engine: 'onnxruntime' });
  t.ok(levels(frames, expected) <= 1);
});

t.test(
  'engines are built ahead of time for each part, and kept in the cache with our own plans',
  async (t) => {
    const log = join(t.testdir(), 'log');
    const env = {
      ...RUNTIME_ENVIRONMENT,
      ...LACKS,
      KDTALKER_CACHE: join(folder, 'ahead'),
      KDTALKER_ORT_DOUBLE_LOG: log,
    };
    const ended = await run(['packs', 'compile', pack, '--device', 'tensorrt:0', '--json'], { env });
    t.match(ended, { code: 0 });
    t.ok((events(ended).at(-1) as unknown as { networks: string[] }).networks.includes('warp'));
    const files = readdirSync(join(folder, 'ahead'), { recursive: true }).map(String);
    const written = files.filter((file) => /warp/.test(file)).map((file) => file.split('/').at(-1));
    t.same(written.filter((file) => /\.(onnx|plan)$/.test(file!)).sort(), [
      'warp-2.plan',
      'warp-3.onnx',
      'warp-4.plan',
      'warp-5.onnx',
      'warp.onnx',
    ]);
    t.ok(readFileSync(log, 'utf8').includes('append TensorrtExecutionProvider'));
  },
);
