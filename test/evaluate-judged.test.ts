import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bootstrap } from '../dist/evaluate/arithmetic/bootstrap.js';
import { axisDiversity, poseAngle } from '../dist/evaluate/judged/diversity.js';
import { FeatureSums, frechetDistance } from '../dist/evaluate/judged/frechet.js';
import { poseRectangle, poseSquare } from '../dist/evaluate/judged/hopenet-crop.js';
import { cosine, identityAlignment } from '../dist/evaluate/judged/identity.js';
import { readFeatureStatistics, statisticsBytes } from '../dist/evaluate/judged/statistics-file.js';
import { invert, type Matrix, type Point } from '../dist/face/geometry.js';
import { cut, warp } from '../dist/face/resample.js';
import { POSE_BINS } from '../dist/packs/judges/hopenet.js';
import { evalJson, evalPicture, evalTensors, goldenCase, near, rows } from './support/golden-eval.js';
import { fails } from './support/media.js';
import { randoms } from './support/talker.js';

const FRECHET = ['frechet.safetensors', 'values.json'];

goldenCase("Fréchet's distance", FRECHET, async (t) => {
  const tensors = evalTensors('frechet.safetensors');
  const statistics = (name: string) => {
    const { dims, data } = tensors(`covariance_${name}`);
    return { mean: tensors(`mean_${name}`).data, covariance: { rows: dims[0]!, columns: dims[0]!, data } };
  };
  const { frechet } = evalJson('values.json') as { frechet: Record<string, number> };
  for (const [pair, wanted] of Object.entries(frechet)) {
    const [a, b] = pair.split(' ')[0]!.split('-') as [string, string];
    const found = await frechetDistance(statistics(a), statistics(b));
    near(t, [found], [wanted], 1e-8 * Math.max(1, wanted), pair);
  }
  const { mean, covariance } = statistics('a');
  const sums = new FeatureSums(mean.length);
  for (const row of rows(tensors('features_a'))) sums.add(row);
  near(t, sums.statistics().mean, mean, 1e-12, 'mean');
  near(t, sums.statistics().covariance.data, covariance.data, 1e-12, 'covariance');
});

t.test(
  'the distance of a large covariance to itself is nothing, to a multiple of it what the formula says',
  async (t) => {
    const random = randoms(3);
    const [few, many] = [new FeatureSums(96), new FeatureSums(96)];
    for (let i = 0; i < 300; i++) {
      const vector = Float64Array.from({ length: 96 }, (_, k) => (random() - 0.5) * (1 + k));
      many.add(vector);
      if (i < 20) few.add(vector);
    }
    for (const sums of [few, many]) {
      const { mean, covariance } = sums.statistics();
      const trace = mean.reduce((sum, _, i) => sum + covariance.data[i * 96 + i]!, 0);
      const times = { mean, covariance: { ...covariance, data: covariance.data.map((value) => 9 * value) } };
      near(
        t,
        [await frechetDistance({ mean, covariance }, { mean, covariance })],
        [0],
        1e-8 * trace,
        'itself',
      );
      near(
        t,
        [await frechetDistance({ mean, covariance }, times)],
        [4 * trace],
        4e-8 * trace,
        'three times as wide',
      );
    }
  },
);

t.test('statistics go to a file of numpy and back, and sums to bytes and back', async (t) => {
  const random = randoms(6);
  const sums = new FeatureSums(5);
  for (let i = 0; i < 9; i++) sums.add(Float64Array.from({ length: 5 }, random));
  const file = join(t.testdir(), 'statistics.npz');
  const statistics = sums.statistics();
  writeFileSync(file, statisticsBytes(statistics));
  t.same(await readFeatureStatistics(file, 5), statistics, 'every bit');
  await fails(t, () => readFeatureStatistics(file, 6), 'INVALID_ARGUMENT', /statistics with mu \[6\]/);
  const again = FeatureSums.restored(5, sums.bytes())!;
  for (const each of [sums, again]) each.add([1, 2, 3, 4, 5]);
  t.same([again.count, again.statistics()], [10, sums.statistics()]);
  t.equal(FeatureSums.restored(4, sums.bytes()), undefined, 'bytes of other sizes');
});

t.test('a long distance can be aborted, and others have their turn', async (t) => {
  const sums = new FeatureSums(400);
  const random = randoms(2);
  for (let i = 0; i < 500; i++) sums.add(Float64Array.from({ length: 400 }, random));
  const statistics = sums.statistics();
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  await fails(t, () => frechetDistance(statistics, statistics, controller.signal), 'ABORTED');
});

goldenCase('diversity and angles of pose logits', ['hopenet.safetensors'], async (t) => {
  const tensors = evalTensors('hopenet.safetensors');
  const sequence = rows(tensors('sequence'));
  const axes = [0, 1, 2].map((axis) =>
    axisDiversity(sequence.flatMap((frame) => [...frame.subarray(axis * POSE_BINS, (axis + 1) * POSE_BINS)])),
  );
  near(t, axes, tensors('sequence_axes').data, 1e-6, 'axes');
  const whole = axes.reduce((sum, value) => sum + value, 0) / 3;
  near(t, [whole], tensors('sequence_diversity').data, 1e-6, 'diversity');
  const angles = rows(tensors('logits')).flatMap((frame) =>
    [0, 1, 2].map((axis) => poseAngle(frame.subarray(axis * POSE_BINS, (axis + 1) * POSE_BINS))),
  );
  near(t, angles, tensors('angles').data, 1e-4, 'angles');
});

const POSE_FILES = ['hopenet.safetensors', 'portrait.png', 'hopenet_source_2.png'];
goldenCase(
  "Hopenet's crops, resized as Pillow resizes",
  [...POSE_FILES, 'hopenet_0.png', 'hopenet_1.png', 'hopenet_2.png'],
  async (t) => {
    const tensors = evalTensors('hopenet.safetensors');
    const portrait = await evalPicture('portrait.png');
    const rectangles = rows(tensors('boxes')).map((box) => poseRectangle([...box] as never, portrait));
    near(t, rectangles.flat(), tensors('crops').data, 0, 'crops');
    const parts = [0, 1].map((i) => {
      const [left, top, right, bottom] = rectangles[i]!;
      return cut(portrait, { left, top, right, bottom });
    });
    for (const [i, part] of [...parts, await evalPicture('hopenet_source_2.png')].entries()) {
      const [found, wanted] = [poseSquare(part), await evalPicture(`hopenet_${i}.png`)];
      t.same([found.width, found.height], [wanted.width, wanted.height]);
      near(t, found.data, wanted.data, 0, `square ${i}`);
    }
  },
);

goldenCase(
  'faces aligned for ArcFace',
  ['arcface.safetensors', 'portrait.png', 'arcface_0.png', 'arcface_1.png', 'arcface_2.png'],
  async (t) => {
    const tensors = evalTensors('arcface.safetensors');
    const portrait = await evalPicture('portrait.png');
    const points = rows(tensors('points')).map((row) =>
      Array.from({ length: 5 }, (_, i): Point => [row[2 * i]!, row[2 * i + 1]!]),
    );
    const matrices = points.map(identityAlignment);
    near(t, matrices.flat(), tensors('matrices').data, 1e-9, 'matrices');
    for (const i of [0, 1, 2]) {
      const aligned = await warp(portrait, invert(matrices[i] as Matrix), 112, 112, 'black');
      near(t, aligned.data, (await evalPicture(`arcface_${i}.png`)).data, 1, `picture ${i}`);
    }
    const embeddings = rows(tensors('embeddings'));
    const cosines = embeddings.flatMap((a) => embeddings.map((b) => cosine(a, b)));
    near(t, cosines, tensors('cosines').data, 1e-5, 'cosines');
  },
);

t.test('intervals', async (t) => {
  const random = randoms(11);
  const values = Array.from({ length: 200 }, () => random() + random() + random());
  const { mean, low, high, count } = bootstrap(values);
  t.equal(count, 200);
  const error = 1.96 * Math.sqrt(0.25 / 200);
  t.ok(
    Math.abs(mean - low - error) < 0.15 * error && Math.abs(high - mean - error) < 0.15 * error,
    `${low}..${high}`,
  );
  t.same(bootstrap(values), bootstrap(values), 'the same every time');
  t.same(bootstrap([0.5]), { mean: 0.5, low: 0.5, high: 0.5, count: 1 });
});
