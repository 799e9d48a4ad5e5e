import type { Face } from '../../face/faces.js';
import type { Point } from '../../face/geometry.js';
import type { Picture } from '../../picture.js';
import { beatAlignment, beatPoints, MotionSpeed, motionBeats, smoothSpeed } from '../beats/beat-alignment.js';
import { BENCH_FPS } from '../bench/bench.js';
import { BrowDynamics } from '../landmarks/brow-dynamics.js';
import { landmarkDistance } from '../landmarks/landmark-distance.js';
import { LipDynamics } from '../landmarks/lip-dynamics.js';
import { lipSync, silentLipStability } from '../landmarks/lips-and-sound.js';
import { silentOpening, speakingOpening } from '../landmarks/mouth-opening.js';
import { type Measured, type Measurements, measured } from '../metrics.js';
import { delayOf } from '../sync/delay.js';
import { REACH } from '../sync/sync-scores.js';
import type { ClipSpeech } from './clip-speech.js';
import { eyeSpan, MOUTH, type RealFace } from './real-points.js';

const NO_FACE = 'no face was found';

/** A mean of what can be measured only in some frames. */
class RunningMean {
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#sum += value;
    this.#count += 1;
  }

  measured(why: string): Measured {
    return measured(this.#sum / this.#count, why);
  }
}

/** Measures the face of a video frame by frame. Memory holds a few numbers for each frame. */
export class FaceMetrics {
  readonly #lips = new LipDynamics();
  readonly #brows = new BrowDynamics();
  readonly #speed = new MotionSpeed();
  readonly #silent: number[] = [];
  readonly #speaking: number[] = [];
  readonly #mouth = new RunningMean();
  readonly #face = new RunningMean();
  #found = 0;

  /** @param real the face in the same frame of the real video */
  add(picture: Picture, face: Face | undefined, real: RealFace | undefined): void {
    const mesh = face?.mesh;
    this.#speed.add(mesh && beatPoints(mesh));
    this.#silent.push(mesh ? silentOpening(mesh) : Number.NaN);
    this.#speaking.push(mesh ? speakingOpening(mesh) : Number.NaN);
    if (!face || !mesh) {
      this.#brows.interrupt();
      return;
    }
    this.#found += 1;
    this.#lips.add(mesh, picture);
    this.#brows.add(mesh);
    if (real) this.#compare(picture, face, real);
  }

  /** The real points are stretched to this video's size. */
  #compare({ width, height }: Picture, { landmarks68 }: Face, { points }: RealFace): void {
    const real = points.map(([x, y]): Point => [x * width, y * height]);
    const span = eyeSpan(real);
    this.#face.add(landmarkDistance(landmarks68, real, span));
    this.#mouth.add(landmarkDistance(landmarks68.slice(MOUTH), real.slice(MOUTH), span));
  }

  /** @param speech undefined if it cannot be read */
  result(speech: ClipSpeech | undefined, noReal: string): Measurements {
    const frames = this.#silent.length;
    const seen = this.#found > 0;
    return {
      lmd: this.#mouth.measured(seen ? noReal : NO_FACE),
      lmdFace: this.#face.measured(seen ? noReal : NO_FACE),
      lipDynamics: measured(this.#lips.value(), NO_FACE),
      browDynamics: measured(this.#brows.value(), seen ? 'no two frames in a row have a face' : NO_FACE),
      faces: measured(this.#found / frames, NO_FACE),
      ...(speech ? this.#withSpeech(speech, frames, seen) : {}),
    };
  }

  #withSpeech(speech: ClipSpeech, frames: number, seen: boolean): Measurements {
    const loudness = speech.loudness(frames);
    const speaking = speech.speech(frames);
    const why = (otherwise: string) => (seen ? otherwise : NO_FACE);
    const silent = silentLipStability(this.#silent, speaking);
    return {
      silentLips: measured(silent, why('there is no silence of 0.3 s')),
      lipSync: measured(lipSync(this.#speaking, loudness, speaking), why('there is no speech')),
      mouthOffset: measured(this.mouthOffset(loudness), why('the mouth does not follow the sound')),
      beatAlignment: this.#beats(speech.beats, frames),
    };
  }

  /** Frames by which a sound must be moved later to fit the mouth's opening. */
  mouthOffset(loudness: ArrayLike<number>): number | undefined {
    return delayOf(this.#speaking, loudness, REACH)?.steps;
  }

  /** Beats of the speech after the last frame do not count. */
  #beats(beats: readonly number[], frames: number): Measured {
    const { values } = this.#speed;
    if (values.length === 0 || values.some(Number.isNaN)) return { why: 'not every frame has a face' };
    const heard = beats.filter((beat) => beat * BENCH_FPS < frames);
    const seen = motionBeats(smoothSpeed(values)).map((frame) => frame / BENCH_FPS);
    return measured(beatAlignment(heard, seen), 'the speech or the motion has no beats');
  }
}
