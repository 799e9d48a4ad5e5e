import type { Face } from '../../face/faces.js';
import type { SharedFinder } from '../../face/track.js';
import { FrameSource } from '../../media/index.js';
import type { Picture } from '../../picture.js';
import type { Talker } from '../../talker/talker.js';
import { BENCH_FPS, MOST_SECONDS } from '../bench/bench.js';
import type { Measurements } from '../metrics.js';
import { cpbd } from '../sharpness/cpbd.js';
import { greyOf } from '../sharpness/grey.js';
import type { ClipSpeech } from './clip-speech.js';
import { FaceFollower } from './face-follower.js';
import { FaceMetrics } from './face-metrics.js';
import type { Judged, JudgedMeter } from './judged-meter.js';
import { PoseMetrics } from './pose-metrics.js';
import { type RealFace, RealPointsWriter } from './real-points.js';

/** The networks that measuring uses. */
export interface Networks {
  readonly finder: SharedFinder;
  /** The pack whose motion network sees poses. */
  readonly talker: Talker | undefined;
}

/** How one video is measured. */
export interface MeasureOptions extends Networks {
  /** Frames that count at most: the clip's common length. */
  readonly frames: number;
  readonly speech: ClipSpeech | undefined;
  /** The real video's faces in order. */
  readonly real: AsyncIterator<RealFace | undefined> | undefined;
  /** Why there is nothing to compare with. */
  readonly noReal: string;
  /** Where the landmarks of this video go, if it is the real one. */
  readonly pointsFile: string | undefined;
  /** What judges measure; the caller closes them. */
  readonly judged?: readonly JudgedMeter[] | undefined;
  readonly signal: AbortSignal | undefined;
  /** Called after each frame. */
  readonly onFrame: () => void;
}

/** What was measured, and of how many frames. */
export interface MeasuredVideo {
  readonly measurements: Measurements;
  readonly notes: readonly string[];
  readonly frames: number;
  /** Whether the video is longer than what counts. */
  readonly cut: boolean;
  /** The opening of the mouth against a sound. */
  readonly mouthOffset: (loudness: ArrayLike<number>) => number | undefined;
}

/**
 * Decodes a video once, at 25 frames a second, and measures every frame with all metrics.
 *
 * @throws the errors of {@link FrameSource} and of the networks
 */
export async function measureVideo(file: string, options: MeasureOptions): Promise<MeasuredVideo> {
  const { signal, pointsFile } = options;
  const video = await FrameSource.open(file, { fps: BENCH_FPS, signal, maxSeconds: MOST_SECONDS });
  const writer = pointsFile === undefined ? undefined : await RealPointsWriter.create(pointsFile);
  try {
    const measured = await measureFrames(video, writer, options);
    await writer?.finish();
    return measured;
  } finally {
    await writer?.discard();
    await video.close();
  }
}

async function measureFrames(
  video: FrameSource,
  writer: RealPointsWriter | undefined,
  options: MeasureOptions,
): Promise<MeasuredVideo> {
  const meter = new VideoMeter(options, writer);
  for await (const picture of video.frames()) {
    if (meter.frames === options.frames) return meter.result(true);
    await meter.add(picture);
    options.onFrame();
  }
  return meter.result(false);
}

/** All metrics of one video. */
class VideoMeter {
  readonly #options: MeasureOptions;
  readonly #writer: RealPointsWriter | undefined;
  readonly #follower: FaceFollower;
  readonly #faces = new FaceMetrics();
  readonly #pose: PoseMetrics | undefined;
  #sharpness = 0;
  frames = 0;

  constructor(options: MeasureOptions, writer: RealPointsWriter | undefined) {
    const { finder, talker, signal } = options;
    this.#options = options;
    this.#writer = writer;
    this.#follower = new FaceFollower(finder, signal);
    this.#pose = talker && new PoseMetrics(talker, signal);
  }

  async add(picture: Picture): Promise<void> {
    const face = await this.#follower.next(picture);
    const judges = this.#options.judged ?? [];
    await together([this.#measure(picture, face), ...judges.map((judge) => judge.add(picture, face))]);
    this.frames += 1;
  }

  async #measure(picture: Picture, face: Face | undefined): Promise<void> {
    const real = await this.#options.real?.next();
    this.#faces.add(picture, face, real?.done ? undefined : (real?.value ?? undefined));
    await this.#pose?.add(picture, face);
    await this.#writer?.add(face, picture);
    this.#sharpness += cpbd(greyOf(picture));
  }

  async result(cut: boolean): Promise<MeasuredVideo> {
    const { speech, noReal, judged = [] } = this.#options;
    const opinions: Judged[] = [];
    for (const judge of judged) opinions.push(await judge.result());
    const measurements: Measurements = {
      cpbd: { value: this.#sharpness / this.frames },
      ...this.#faces.result(speech, noReal),
      ...(this.#pose && { poseDeviation: this.#pose.result() }),
      ...Object.assign({}, ...opinions.map((opinion) => opinion.measurements)),
    };
    const notes = opinions.flatMap((opinion) => opinion.notes ?? []);
    const mouthOffset = (loudness: ArrayLike<number>) => this.#faces.mouthOffset(loudness);
    return { measurements, notes, frames: this.frames, cut, mouthOffset };
  }
}

/** Waits for all of them, also if one fails: none may go on when its networks are closed. @throws the first error */
async function together(works: readonly Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(works)) if (end.status === 'rejected') throw end.reason;
}
