import type { Face } from '../../face/faces.js';
import type { Picture } from '../../picture.js';
import type { FeatureSums } from '../judged/frechet.js';
import type { Judges } from '../judged/judges.js';
import type { LseKind } from '../lse-kinds.js';
import type { SoundSpool } from '../sound/sound-spool.js';
import { boxOf } from '../sync/face-tracks.js';
import { type SyncMeter, syncMeter } from '../sync/sync-meter.js';
import { type IdentityFiles, IdentityMeter } from './identity-meter.js';
import type { Judged, JudgedMeter } from './judged-meter.js';
import { PoseMeter } from './pose-meter.js';

/** What judges need of a video besides its pictures. */
export interface JudgedVideo extends IdentityFiles {
  readonly judges: Judges;
  readonly lse: LseKind;
  /** Its sound, or else the speech of its clip. */
  readonly sound: SoundSpool | undefined;
  /** The embedding of the reference picture. */
  readonly reference: Float32Array | undefined;
  /** What its features are added to. */
  readonly sums: FeatureSums | undefined;
}

/** Meters for the judges that there are. */
export async function judgedMeters(video: JudgedVideo): Promise<JudgedMeter[]> {
  const { judges, sums, sound, lse } = video;
  const { sync, pose, features, identity } = judges;
  return [
    ...(sync && sound ? [new LseMeter(syncMeter(lse, sync, sound), judges, lse)] : []),
    ...(pose ? [new PoseMeter(pose)] : []),
    ...(features && sums ? [new FeatureMeter(features, sums)] : []),
    ...(identity ? [await IdentityMeter.open(identity, video.reference, video)] : []),
  ];
}

const MISSING: Record<LseKind, string> = {
  track: 'no face is large enough for long enough, or there is too little sound',
  whole: 'there are too few frames, or too little sound',
};

/** LSE: SyncNet's opinion. */
class LseMeter implements JudgedMeter {
  readonly #meter: SyncMeter;
  readonly #judges: Judges;
  readonly #kind: LseKind;

  constructor(meter: SyncMeter, judges: Judges, kind: LseKind) {
    this.#meter = meter;
    this.#judges = judges;
    this.#kind = kind;
  }

  async add(picture: Picture, face: Face | undefined): Promise<void> {
    await this.#meter.add(picture, async () => {
      const found = await this.#judges.syncFaces?.find(picture);
      if (found) return found.map(([left, top, right, bottom]) => [left, top, right, bottom] as const);
      return face ? [boxOf(face.box)] : [];
    });
  }

  async result(): Promise<Judged> {
    const found = await this.#meter.finish();
    const why = { why: MISSING[this.#kind] };
    if (!found) return { measurements: { lseC: why, lseD: why, lseOffset: why } };
    const { lseC, lseD, offset } = found;
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
