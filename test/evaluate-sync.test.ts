import t from 'tap';
import { delayOf } from '../dist/evaluate/sync/delay.js';
import { type FaceBox, longestTrack, smoothTrack } from '../dist/evaluate/sync/face-tracks.js';
import { mfcc } from '../dist/evaluate/sync/mfcc.js';
import { s3fdFaces, s3fdPriors } from '../dist/evaluate/sync/s3fd-faces.js';
import { s3fdMaps } from '../dist/evaluate/sync/s3fd-finder.js';
import { cropForSync, syncRectangle } from '../dist/evaluate/sync/sync-crop.js';
import { REACH, syncDistances, syncScores } from '../dist/evaluate/sync/sync-scores.js';
import {
  type EvalTensor,
  evalPicture,
  evalSamples,
  evalTensors,
  goldenCase,
  near,
  rows,
} from './support/golden-eval.js';
import { astronautFile, loadPicture } from './support/pictures.js';
import { randoms } from './support/talker.js';

const features = ({ dims, data }: EvalTensor) => ({ data, size: dims[1]! });
const flat = (lists: readonly Float64Array[]) => lists.flatMap((list) => [...list]);

goldenCase('the coefficients that SyncNet hears', ['syncnet.safetensors', 'clip.wav'], async (t) => {
  const found = mfcc(evalSamples('clip.wav'));
  const wanted = evalTensors('syncnet.safetensors')('mfcc');
  t.equal(found.length, wanted.dims[0]);
  near(t, flat(found), wanted.data, 1e-9, 'mfcc');
});

goldenCase('distances and LSE of SyncNet features', ['syncnet.safetensors'], async (t) => {
  const tensors = evalTensors('syncnet.safetensors');
  const distances = syncDistances(features(tensors('visual')), features(tensors('audio')));
  near(t, flat(distances), tensors('distances').data, 1e-4, 'distances');
  const scores = syncScores(distances);
  near(t, scores.mean, tensors('mean').data, 1e-4, 'mean');
  near(t, [scores.lseD, scores.lseC], [tensors('lse_d').data[0]!, tensors('lse_c').data[0]!], 1e-4, 'LSE');
  t.equal(scores.offset, tensors('offset').data[0]);
  near(t, scores.frameConfidence, tensors('frame_confidence').data, 1e-4, 'confidence');
});

goldenCase('LSE of plain vectors, the sound three frames late', ['syncnet.safetensors'], async (t) => {
  const tensors = evalTensors('syncnet.safetensors');
  const [visual, audio] = [features(tensors('features_visual')), features(tensors('features_audio'))];
  for (const reach of [10, 15]) {
    const wanted = (name: string) => tensors(`scores_${name}_${reach}`).data;
    const distances = syncDistances(visual, audio, reach);
    near(t, flat(distances), wanted('distances'), 1e-9, `distances, reach ${reach}`);
    const { lseC, lseD, mean, offset, frameConfidence } = syncScores(distances);
    near(t, mean, wanted('mean'), 1e-9, 'mean');
    near(t, [lseC, lseD], [wanted('lse_c')[0]!, wanted('lse_d')[0]!], 1e-9, 'LSE');
    near(t, frameConfidence, wanted('frame_confidence'), 1e-9, 'confidence');
    t.same([offset], [...wanted('offset')]);
  }
});

goldenCase(
  'a track, smoothed, and its crops',
  ['track.safetensors', 'sync_crop_5.png', 'sync_crop_34.png'],
  async (t) => {
    const tensors = evalTensors('track.safetensors');
    const { size, x, y } = smoothTrack(rows(tensors('boxes')).map((row) => [...row] as unknown as FaceBox));
    near(t, size, tensors('size').data, 1e-9, 'size');
    near(t, x, tensors('x').data, 1e-9, 'x');
    near(t, y, tensors('y').data, 1e-9, 'y');
    const rectangles = size.map((side, i) => syncRectangle(side, x[i]!, y[i]!));
    const found = rectangles.flatMap(({ pad, left, top, right, bottom }) => [pad, left, top, right, bottom]);
    near(t, found, tensors('rects').data, 0, 'rectangles');
    const picture = await loadPicture(astronautFile());
    for (const frame of [5, 34]) {
      const [crop, wanted] = [
        await cropForSync(picture, rectangles[frame]!),
        await evalPicture(`sync_crop_${frame}.png`),
      ];
      near(t, crop.data, wanted.data, 1, `crop of frame ${frame}`);
    }
  },
);

goldenCase("S3FD's boxes", ['s3fd.safetensors', 's3fd_input.png'], async (t) => {
  const tensors = evalTensors('s3fd.safetensors');
  const { width, height } = await evalPicture('s3fd_input.png');
  const priors = s3fdPriors(width, height, s3fdMaps(width, height));
  near(t, priors.flat(), tensors('priors').data, 1e-7, 'priors');
  const output = { boxes: tensors('made_loc').data, scores: tensors('made_face').data };
  const faces = s3fdFaces(output, priors, { width: 4 * width, height: 4 * height });
  near(t, faces.flat(), tensors('made_faces').data, 1e-3, 'faces');
});

t.test('sound shifted by k frames is reported at k, from features and from loudness', async (t) => {
  const random = randoms(7);
  const count = 120;
  const sound = Float64Array.from({ length: count + 40 }, random);
  const vectors = Float64Array.from({ length: (count + 40) * 16 }, () => random() - 0.5);
  for (let k = -5; k <= 5; k++) {
    // The sound is early by k frames: what is seen in frame i was heard in frame i - k.
    const [seen, heard] = [
      vectors.slice(20 * 16, (20 + count) * 16),
      vectors.slice((20 + k) * 16, (20 + k + count) * 16),
    ];
    const { offset } = syncScores(syncDistances({ data: seen, size: 16 }, { data: heard, size: 16 }));
    t.equal(offset, k, `features: ${k}`);
    const delay = delayOf(sound.subarray(20, 20 + count), sound.subarray(20 + k, 20 + k + count), REACH);
    t.equal(delay?.steps, k, `loudness: ${k}`);
    t.ok(delay!.correlation > 0.999);
  }
  t.equal(delayOf(new Float64Array(100), sound.subarray(0, 100), 5), undefined, 'silence has no offset');
  t.equal(delayOf(sound.subarray(0, 4), sound.subarray(0, 4), 5), undefined, 'nor has a moment');
});

t.test('the longest track of several faces', async (t) => {
  const face = (x: number, side = 150): FaceBox => [x, 50, x + side, 50 + side];
  const frames = Array.from({ length: 300 }, (_, i) => {
    const boxes: FaceBox[] = [face(800, 60)]; // too small
    if (i < 140) boxes.push(face(400)); // shorter
    if (i < 60 || i > 80) boxes.push(face(100 + i / 10)); // hidden for 20 frames
    return boxes;
  });
  const track = longestTrack(frames);
  t.same([track?.first, track?.boxes.length], [0, 300]);
  t.same(
    track?.boxes[70]?.map((value) => Math.round(value)),
    [107, 50, 257, 200],
    'positions between are on a line',
  );
  t.equal(longestTrack(frames.map((boxes) => boxes.slice(0, 1))), undefined);
  t.equal(longestTrack([]), undefined);
});
