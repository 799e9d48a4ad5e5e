import type { Face } from '../../face/faces.js';
import type { SharedFinder } from '../../face/track.js';
import type { Picture } from '../../picture.js';
import type { FeatureSums } from '../judged/frechet.js';
import type { Judges } from '../judged/judges.js';
import type { LseKind } from '../lse-kinds.js';
import { orReason } from '../reasons.js';
import type { SoundSpool } from '../sound/sound-spool.js';
import { boxOf, type FaceBox } from '../sync/face-tracks.js';
import { reencodedSync } from '../sync/reencoded-sync.js';
import type { S3fdFinder } from '../sync/s3fd-finder.js';
import { type SyncMeter, syncMeter } from '../sync/sync-meter.js';
import type { SyncNet } from '../sync/syncnet.js';
import { FaceFollower } from './face-follower.js';
import { type IdentityFiles, IdentityMeter } from './identity-meter.js';
import type { Judged, JudgedMeter } from './judged-meter.js';
import { PoseMeter } from './pose-meter.js';

/** What judges need of a video besides its pictures. */
export interface JudgedVideo extends IdentityFiles {
  readonly judges: Judges;
  readonly lse: LseKind;
  readonly lseReencode: boolean;
  readonly file: string;
  /** Frames that count at most. */
  readonly frames: number;
  /** Whether the sound is the video's own. */
  readonly hasSound: boolean;
  /** Finds faces where there is no S3FD. */
  readonly finder: SharedFinder;
  readonly signal: AbortSignal | undefined;
  /** Its sound, or else the speech of its clip. */
  readonly sound: SoundSpool | undefined;
  /** The embedding of the reference picture. */
  readonly reference: Float32Array | undefined;
  /** What its features are added to. */
  readonly sums: FeatureSums | undefined;
}

/** Meters for the judges that there are. */
export async function judgedMeters(video: JudgedVideo): Promise<JudgedMeter[]> {
  const { judges, sums, sound } = video;
  const { sync, pose, features, identity } = judges;
  return [
    ...(sync && sound ? [lseMeter(video, sync, sound)] : []),
    ...(pose ? [new PoseMeter(pose)] : []),
    ...(features && sums ? [new FeatureMeter(features, sums)] : []),
    ...(identity ? [await IdentityMeter.open(identity, video.reference, video)] : []),
  ];
}

const MISSING: Record<LseKind, string> = {
  track: 'no face is large enough for long enough, or there is too little sound',
  whole: 'there are too few frames, or too little sound',
};

function lseMeter(video: JudgedVideo, net: SyncNet, sound: SoundSpool): JudgedMeter {
  const { judges, lse: kind, file, frames, hasSound, finder, signal } = video;
  if (!video.lseReencode) return new LseMeter(syncMeter(kind, net, sound), judges.syncFaces, kind);
  const follower = new FaceFollower(finder, signal);
  const findFaces = (picture: Picture) => facesFor(judges.syncFaces, picture, () => follower.next(picture));
  const given = { file, frames, kind, net, findFaces, signal };
  const finish = () => reencodedSync({ ...given, speech: hasSound ? undefined : sound });
  return new LseMeter({ add: async () => {}, finish }, undefined, kind);
}

/** Boxes of S3FD's faces, or of our own one. */
async function facesFor(
  finder: S3fdFinder | undefined,
  picture: Picture,
  own: () => Promise<Face | undefined>,
): Promise<readonly FaceBox[]> {
  if (finder)
    return (await finder.find(picture)).map(([left, top, right, bottom]) => [left, top, right, bottom]);
  const face = await own();
  return face ? [boxOf(face.box)] : [];
}

/** LSE: SyncNet's opinion. */
class LseMeter implements JudgedMeter {
  readonly #meter: SyncMeter;
  readonly #finder: S3fdFinder | undefined;
  readonly #kind: LseKind;

  constructor(meter: SyncMeter, finder: S3fdFinder | undefined, kind: LseKind) {
    this.#meter = meter;
    this.#finder = finder;
    this.#kind = kind;
  }

  async add(picture: Picture, face: Face | undefined): Promise<void> {
    await this.#meter.add(picture, () => facesFor(this.#finder, picture, async () => face));
  }

  async result(): Promise<Judged> {
    const found = await orReason(async () => ({ sync: await this.#meter.finish() }));
    if ('why' in found || !found.sync) {
      const why = { why: 'why' in found ? found.why : MISSING[this.#kind] };
      return { measurements: { lseC: why, lseD: why, lseOffset: why } };
    }
    const { lseC, lseD, offset } = found.sync;
    const note = `LSE's offset is ${offset} frames: the sound is out of step, which LSE-C and LSE-D forgive`;
    return {
      measurements: { lseC: { value: lseC }, lseD: { value: lseD }, lseOffset: { value: offset } },
      notes: Math.abs(offset) > 1 ? [note] : [],
    };
  }

  async close(): Promise<void> {}
}

/** Features for FID, which compares those of all videos. */
class FeatureMeter implements JudgedMeter {
  readonly #network: NonNullable<Judges['features']>;
  readonly #sums: FeatureSums;

  constructor(network: NonNullable<Judges['features']>, sums: FeatureSums) {
    this.#network = network;
    this.#sums = sums;
  }

  async add(picture: Picture): Promise<void> {
    this.#sums.add(await this.#network.see(picture));
  }

  async result(): Promise<Judged> {
    return { measurements: { fid: { why: 'of all videos together' } } };
  }

  async close(): Promise<void> {}
}
