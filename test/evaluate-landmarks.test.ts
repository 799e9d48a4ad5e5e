import t from 'tap';
import {
  beatAlignment,
  MotionSpeed,
  motionBeats,
  smoothSpeed,
} from '../dist/evaluate/beats/beat-alignment.js';
import { onsetStrength } from '../dist/evaluate/beats/onset-strength.js';
import { beatFrames } from '../dist/evaluate/beats/sound-beats.js';
import { estimateTempo } from '../dist/evaluate/beats/tempo.js';
import { BrowDynamics } from '../dist/evaluate/landmarks/brow-dynamics.js';
import { landmarkDistance } from '../dist/evaluate/landmarks/landmark-distance.js';
import { LipDynamics } from '../dist/evaluate/landmarks/lip-dynamics.js';
import { closeness, lipSync, silentLipStability } from '../dist/evaluate/landmarks/lips-and-sound.js';
import * as lists from '../dist/evaluate/landmarks/lists.js';
import { silentOpening, speakingOpening } from '../dist/evaluate/landmarks/mouth-opening.js';
import { Loudness } from '../dist/evaluate/sound/loudness.js';
import { evalJson, evalSamples, evalTensors, goldenCase, near, rows } from './support/golden-eval.js';

type Values = Record<string, number>;
type Point = [number, number];

/** The golden meshes; positions are shares of the picture's size. */
function meshes([width, height]: readonly [number, number] = [1, 1]): Point[][] {
  return rows(evalTensors('landmarks.safetensors')('mesh')).map((row) =>
    Array.from({ length: 468 }, (_, i): Point => [row[2 * i]! * width, row[2 * i + 1]! * height]),
  );
}

const GOLDEN = ['landmarks.safetensors', 'values.json'];

goldenCase('the lists of points are the published ones', ['landmark_lists.json'], async (t) => {
  t.same(evalJson('landmark_lists.json'), {
    lips: lists.LIPS,
    lip_upper: lists.UPPER_LIP,
    lip_lower: lists.LOWER_LIP,
    brow_left: lists.LEFT_BROW,
    brow_right: lists.RIGHT_BROW,
    eye_left: lists.LEFT_EYE,
    eye_right: lists.RIGHT_EYE,
    beat: lists.BEAT_POINTS,
  });
});

goldenCase('landmark distance', GOLDEN, async (t) => {
  const tensors = evalTensors('landmarks.safetensors');
  const points = (name: string) =>
    rows(tensors(name)).map((row) =>
      Array.from({ length: 20 }, (_, i): Point => [row[2 * i]!, row[2 * i + 1]!]),
    );
  const [a, b, scale] = [points('landmarks_a'), points('landmarks_b'), tensors('scale').data];
  const values = a.map((frame, i) => landmarkDistance(frame, b[i]!, scale[i]!));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  near(t, [mean], [(evalJson('values.json') as Values).landmark_distance!], 1e-12, 'LMD');
});

goldenCase("THEval's landmark metrics", [...GOLDEN, 'clip.wav'], async (t) => {
  const values = evalJson('values.json') as Values;
  const tensors = evalTensors('landmarks.safetensors');
  const [lips, brows] = [new LipDynamics(), new BrowDynamics()];
  for (const mesh of meshes()) lips.add(mesh, { width: 1, height: 1 });
  for (const mesh of meshes([640, 480])) brows.add(mesh);
  near(t, [lips.value()], [values.lip_dynamics!], 1e-9, 'lip dynamics');
  near(t, [brows.value()], [values.eyebrow_dynamics_640x480!], 1e-12, 'eyebrow dynamics');

  const speech = tensors('speech').data;
  const silent = silentLipStability(meshes().map(silentOpening), speech);
  near(t, [silent!], [values.silent_lip_stability!], 1e-12, 'silent lip stability');
  const loudness = new Loudness(16000);
  const samples = Float64Array.from(evalSamples('clip.wav'), (sample) => sample / 32768);
  for (let at = 0; at < samples.length; at += 999) loudness.add(samples.subarray(at, at + 999));
  const loud = loudness.atFrames(tensors('loudness').data.length, 25);
  near(t, loud, tensors('loudness').data, 1e-12, 'loudness');
  near(t, [lipSync(meshes().map(speakingOpening), loud, speech)!], [values.lip_sync!], 1e-12, 'lip-sync');
});

goldenCase('beats of speech and of motion', ['beats.safetensors', 'speech_22k.wav'], async (t) => {
  const tensors = evalTensors('beats.safetensors');
  const samples = Float32Array.from(evalSamples('speech_22k.wav'), (sample) => sample / 32768);
  const strength = await onsetStrength(async function* () {
    for (let at = 0; at < samples.length; at += 7001) yield samples.subarray(at, at + 7001);
  });
  near(t, strength, tensors('onset_strength').data, 1e-3, 'onset strength');
  near(t, [estimateTempo(strength)], tensors('tempo').data, 1e-6, 'tempo');
  near(t, beatFrames(strength), tensors('sound_frames').data, 0, 'beats of speech');

  const speed = new MotionSpeed();
  for (const row of rows(tensors('landmarks'))) {
    const points = Array.from({ length: 68 }, (_, i) => row.subarray(3 * i, 3 * i + 3));
    speed.add(points.map(([x, y, z]) => [x!, y!, z!] as const));
  }
  const smooth = smoothSpeed(speed.values);
  near(t, smooth, tensors('speed').data, 1e-9, 'speed');
  near(t, motionBeats(smooth), tensors('motion_frames').data, 0, 'beats of motion');
  const score = beatAlignment(
    [...tensors('sound_seconds').data],
    motionBeats(smooth).map((frame) => frame / 25),
  );
  near(t, [score!], tensors('score').data, 1e-9, 'beat alignment');
});

t.test('what cannot be measured is undefined, not a number', async (t) => {
  t.equal(beatAlignment([], [1]), undefined);
  t.equal(beatAlignment([1], []), undefined);
  t.equal(silentLipStability([0.1, 0.2], [1, 1]), undefined);
  t.equal(silentLipStability([Number.NaN], [0]), undefined);
  t.equal(lipSync([0.1, 0.2], [0.5, 0.5], [0, 0]), undefined);
  t.same(beatFrames(new Float64Array(100)), []);
  t.same([closeness(2, 2), closeness(3, 2), closeness(0, 2)], [1, 0.5, 0]);
});
