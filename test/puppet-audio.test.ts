import t from 'tap';
import { audioGraph, binCentres, CHANNEL } from '../dist/packs/puppet/audio.js';
import { close } from './support/close.js';
import { filled, numbers, openBuilt, signature } from './support/graphs.js';

t.test('mel bins have their centres on the Slaney scale', async (t) => {
  const centres = binCentres().map(Math.round);
  close(t, [centres[0]!, centres[1]!, centres.at(-1)!], [91, 127, 7323], 0, 'first two and last bin');
});

t.test('the audio encoder gives the check values', async (t) => {
  const bytes = audioGraph().toBytes();
  t.same(signature(bytes), { mel: ['n', 1, 80, 16], feature: ['n', 512] });
  const run = await openBuilt(audioGraph());
  const mel = filled([2, 1, 80, 16], (i) => {
    const [n, bin, column] = [Math.floor(i / 1280), Math.floor(i / 16) % 80, i % 16];
    return 2 * Math.sin(0.07 * bin + 0.5 * column + n);
  });
  const { feature } = await run({ mel });
  t.same(feature?.dims, [2, 512]);
  const values = numbers(feature);
  const first = [
    -0.02482, -1.39444, -1.14381, -0.66665, 1.13036, 0.69481, 0.04375, 0.64331, 0.69212, 0.01509,
  ];
  const second = [0.46992, -1.06229, 0.06566, 0.6711, 1.31006, -0.6345, -0.0983, 1.27656, 0.51588, 0.29827];
  close(t, values.subarray(0, 10), first, 1.5e-5, 'window 0');
  close(t, values.subarray(512, 522), second, 1.5e-5, 'window 1');
  t.ok(
    values.subarray(CHANNEL.end, 512).every((value) => value === 0),
    'the channels beyond are zero',
  );
});
