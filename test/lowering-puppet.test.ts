import t from 'tap';
import type { LoweringTarget } from '../dist/packs/lowering/cache.js';
import { planLowering } from '../dist/packs/lowering/lower-pack.js';
import { readPack } from '../dist/packs/pack.js';

t.test('nothing of the puppet is lowered, for no processor: it would gain nothing', async (t) => {
  const pack = await readPack('puppet');
  for (const cpu of ['portable', 'avx2', 'avx512', 'avx512bf16']) {
    for (const precision of ['fp32', 'bf16'] as const) {
      const target: LoweringTarget = {
        device: 'cpu',
        precision,
        cpu,
        layOutWeights: () => Promise.reject(new Error('weights are asked for')),
      };
      t.strictSame(await planLowering(pack, target), [], `${cpu}, ${precision}`);
    }
  }
});
