import t from 'tap';
import { KEYPOINT_TABLE, KEYPOINTS } from '../dist/packs/puppet/keypoints.js';
import { motionGraph } from '../dist/packs/puppet/motion.js';
import { close } from './support/close.js';
import { numbers, openBuilt } from './support/graphs.js';
import { checkPicture } from './support/puppet.js';

t.test('the motion extractor finds the rows of the mouth', async (t) => {
  const run = await openBuilt(motionGraph());
  const { kp, ...rest } = await run({ img: { dims: [1, 3, 256, 256], data: halved(checkPicture()) } });
  const y = (name: keyof typeof KEYPOINTS) => numbers(kp)[3 * KEYPOINTS[name].index + 1]!;
  const found = [y('mouthL'), y('mouthR'), y('lipUp'), y('lipLo')];
  close(t, found, [0.45068, 0.45088, 0.44024, 0.46424], 1.5e-5, 'rows of corners and lips');
  const follow = 0.4 * (y('lipUp') + 0.012 - 0.472);
  close(
    t,
    [y('chin'), y('jawL'), y('jawR')],
    [0.86 + follow, 0.55 + follow, 0.55 + follow],
    1e-6,
    'chin and jaw follow',
  );
  t.same(kp?.dims, [1, 21, 3]);
  close(
    t,
    numbers(kp).filter((_, i) => i % 3 !== 1),
    KEYPOINT_TABLE.flat().filter((_, i) => i % 3 !== 1),
    1e-6,
    'x and z stay',
  );
  for (const name of ['pitch', 'yaw', 'roll', 't', 'exp'])
    t.ok(
      numbers(rest[name]).every((value) => value === 0),
      name,
    );
  t.same([...numbers(rest.scale)], [1]);
});

/** Every second pixel of the 512 picture, flattened to a dark band across the mouth. */
function halved(picture: Float32Array): Float32Array {
  return Float32Array.from({ length: 3 * 256 * 256 }, (_, i) => {
    const [channel, row, column] = [Math.floor(i / 65536), Math.floor(i / 256) % 256, i % 256];
    const y = (2 * (2 * row) + 1) / 512 - 1;
    const value = picture[channel * 262144 + 2 * row * 512 + 2 * column]!;
    return value * 0.5 + 0.4 - 0.3 * Math.exp(-(((y - 0.45) / 0.02) ** 2));
  });
}
