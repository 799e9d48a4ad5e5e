import type { Picture } from '../picture.js';
import type { Crop } from './crop/index.js';
import type { Face } from './faces.js';
import { add, mean, type Point, scale, subtract } from './geometry.js';
import { brightnessOf, type Ink, inkOf } from './ink.js';

/** What can be wrong with a face for a talking head, by stable code. */
export const FACE_WARNINGS = {
  FACE_TURNED: 'the head is turned by more than 35 degrees: its far half will look wrong',
  FACE_COVERED: 'something covers the mouth, which will not open: only chin and cheeks move a little',
  FACE_CUT_OFF: "the face reaches beyond the picture's border",
  FACE_SOFT: 'the face is small or blurred: a sharper picture looks better',
  FACE_GUESSED: 'no face was found in the box: a mean face is laid into it',
  EYES_SHUT: 'the eyes are shut: they will not blink',
  EYES_HIDDEN: 'the eyes are hidden: they will not blink',
} as const;

/** A stable code of what was seen in a portrait. */
export type FaceWarningCode = keyof typeof FACE_WARNINGS;

/** Something in a portrait that will look worse than it could. */
export interface FaceWarning {
  readonly code: FaceWarningCode;
  /** One sentence without its first capital. */
  readonly message: string;
}

/** Degrees. */
const TURNED = 35;

/** What was seen of a face, in the order of {@link FACE_WARNINGS}. */
export function faceWarnings(picture: Picture, face: Face, crop: Crop): FaceWarning[] {
  const codes: FaceWarningCode[] = face.guessed ? ['FACE_GUESSED'] : seenCodes(picture, face, crop);
  return codes.map((code) => ({ code, message: FACE_WARNINGS[code] }));
}

function seenCodes(picture: Picture, face: Face, crop: Crop): FaceWarningCode[] {
  const looks = lookOf(crop);
  const seen: readonly [FaceWarningCode, boolean][] = [
    ['FACE_TURNED', Math.abs(turnOf(face)) > TURNED],
    ['FACE_COVERED', isCovered(looks)],
    ['FACE_CUT_OFF', isCutOff(picture, face.landmarks68)],
    ['FACE_SOFT', isSoft(crop)],
    ['EYES_SHUT', areShut(face, looks)],
    ['EYES_HIDDEN', areHidden(looks)],
  ];
  return seen.flatMap(([code, is]) => (is ? [code] : []));
}

/** How far the head is turned to a side, in degrees: by the depth of the mesh's cheeks, or by where the nose is between the jaw's ends. */
function turnOf({ mesh, landmarks68 }: Face): number {
  const degrees = 180 / Math.PI;
  const [left, right] = [mesh?.[234], mesh?.[454]];
  if (left && right)
    return degrees * Math.atan2(right[2] - left[2], Math.hypot(right[0] - left[0], right[1] - left[1]));
  const nose = landmarks68[30]!;
  const to = (index: number) => Math.hypot(...subtract(nose, landmarks68[index]!));
  const share = (to(0) - to(16)) / (to(0) + to(16));
  return degrees * Math.atan(share / 0.9); // a nose reaches .9 of half a face's width before its jaw's ends
}

/** A landmark or the crown lies outside. */
function isCutOff({ width, height }: Picture, landmarks: readonly Point[]): boolean {
  const brows = mean(landmarks.slice(17, 27));
  const crown = add(brows, scale(subtract(brows, landmarks[8]!), 0.5));
  return [...landmarks, crown].some(([x, y]) => x < -1 || y < -1 || x > width || y > height);
}

/** Ink of the parts of a face; the brightness of eyes and lips in shares of that of the cheeks. */
interface Looks {
  readonly eyes: readonly Ink[];
  readonly lips: Ink;
  /** How much redder than the cheeks the lips are. */
  readonly redness: number;
}

function lookOf({ picture, landmarks = [] }: Crop): Looks {
  const at = landmarks.map(
    ([x, y]): Point => [((x + 1) * picture.width) / 2 - 0.5, ((y + 1) * picture.height) / 2 - 0.5],
  );
  const part = (...indices: number[]) =>
    inkOf(
      picture,
      indices.map((index) => at[index]!),
    );
  const cheeks = [part(31, 48, 4, 2), part(35, 54, 12, 14)];
  const brightness = Math.max((cheeks[0]!.mean + cheeks[1]!.mean) / 2, 1);
  const relative = (ink: Ink): Ink => ({ ...ink, mean: ink.mean / brightness, span: ink.span / brightness });
  const lips = part(48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59);
  return {
    eyes: [part(36, 37, 38, 39, 40, 41), part(42, 43, 44, 45, 46, 47)].map(relative),
    lips: relative(lips),
    redness: lips.red - (cheeks[0]!.red + cheeks[1]!.red) / 2,
  };
}

// The bounds below were found on twenty free portraits: lips span .25 to 1.4 of the cheeks' brightness and are redder than they are; open
// eyes are darker than the lids of shut ones, but not as dark and flat as glasses.

function isCovered({ lips, redness }: Looks): boolean {
  return lips.span < 0.12 || redness < -0.04;
}

function areHidden({ eyes }: Looks): boolean {
  return eyes.every(({ mean: light, span }) => light < 0.3 && span < 0.25);
}

/** Landmarks see even shut eyes a little open. */
function areShut({ ratios }: Face, { eyes }: Looks): boolean {
  const flat = (below: number) => ratios.eyes.every((ratio) => ratio < below);
  const bright = (least: number) => eyes.every(({ mean: light }) => light > least);
  return flat(0.12) || (flat(0.24) && bright(0.7)) || (flat(0.27) && bright(0.8));
}

/** Photo pixels for a pixel of the crop, below which a face is enlarged too much. */
const FEWEST = 0.15;
/** A blurred picture changes over eight pixels by nearly eight times as much as over one. */
const SHARPEST = 1.1;

function isSoft({ picture, toPhoto }: Crop): boolean {
  if (Math.hypot(toPhoto[0], toPhoto[3]) * (picture.width / 512) < FEWEST) return true;
  const light = brightnessOf(picture);
  const { width, height } = picture;
  const [far, near] = [Math.max(Math.round(width / 64), 2), Math.max(Math.round(width / 512), 1)];
  let [fine, coarse] = [0, 0];
  for (let y = Math.round(0.33 * height); y < 0.86 * height - far; y++) {
    for (let x = Math.round(0.27 * width); x < 0.73 * width - far; x++) {
      const i = y * width + x;
      const change = (step: number) =>
        Math.abs(light[i + step]! - light[i]!) + Math.abs(light[i + step * width]! - light[i]!);
      fine += change(near);
      coarse += change(far);
    }
  }
  return (far / near) * fine < SHARPEST * coarse;
}

const EYES = [
  [37, 38, 40, 41],
  [43, 44, 46, 47],
];

/** Landmarks whose eyes are flat lines: a renderer takes such eyes for shut ones and leaves them alone. */
export function withFlatEyes(landmarks: readonly Point[]): Point[] {
  const flat = landmarks.map(([x, y]): Point => [x, y]);
  for (const lids of EYES) {
    const height = mean(lids.map((index) => landmarks[index]!))[1];
    for (const index of lids) flat[index] = [landmarks[index]![0], height];
  }
  return flat;
}

/** The mouth's points, its inner edges too, in the order of the 68. */
const LIPS = Array.from({ length: 20 }, (_, i) => 48 + i);

/** Landmarks whose mouth is a point: a renderer draws no mouth there. */
export function withoutMouth(landmarks: readonly Point[]): Point[] {
  const middle = mean(LIPS.map((index) => landmarks[index]!));
  return landmarks.map((point, index) => (LIPS.includes(index) ? middle : point));
}
