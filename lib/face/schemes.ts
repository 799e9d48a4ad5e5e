import { invalidArgument } from '../errors.js';
import { mean, type Point } from './geometry.js';

/** The two ends of a distance; each is the mean of some points. */
interface Span {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** The indices of a landmark scheme's points. Left and right are those of the picture. */
interface Scheme {
  /** Points whose mean is the middle of the left and of the right eye. */
  readonly eyes: readonly [readonly number[], readonly number[]];
  /** Corners of the mouth. */
  readonly mouth: readonly [number, number];
  /** From the upper to the lower lid, left and right. */
  readonly lids: readonly [Span, Span];
  /** From corner to corner of each eye. */
  readonly corners: readonly [Span, Span];
  /** From the upper to the lower lip, at the middle of the mouth's inside. */
  readonly lips: Span;
}

function span(from: number | readonly number[], to: number | readonly number[]): Span {
  return { from: [from].flat(), to: [to].flat() };
}

/**
 * The schemes by their number of points. Eyes and mouth come from the published crops; lids, corners and lips of 203 points come
 * from the published ratios (docs/model.md 13). The other two have no published ratios: the 106 points also contain the middles of
 * lids and inner lips; in the 68 points (iBUG 300-W), the mean of a lid's two points is its middle.
 */
const SCHEMES: Readonly<Record<number, Scheme>> = {
  68: {
    eyes: [
      [36, 39],
      [42, 45],
    ],
    mouth: [48, 54],
    lids: [span([37, 38], [40, 41]), span([43, 44], [46, 47])],
    corners: [span(36, 39), span(42, 45)],
    lips: span(62, 66),
  },
  106: {
    eyes: [
      [33, 35, 40, 39],
      [87, 89, 94, 93],
    ],
    mouth: [52, 61],
    lids: [span(40, 33), span(94, 87)],
    corners: [span(35, 39), span(89, 93)],
    lips: span(62, 60),
  },
  203: {
    eyes: [
      [0, 6, 12, 18],
      [24, 30, 36, 42],
    ],
    mouth: [48, 66],
    lids: [span(6, 18), span(30, 42)],
    corners: [span(0, 12), span(24, 36)],
    lips: span(90, 102),
  },
};

function schemeOf(points: readonly Point[]): Scheme {
  const scheme = SCHEMES[points.length];
  if (scheme) return scheme;
  throw invalidArgument(`${Object.keys(SCHEMES).join(', ')} points`, 'landmarks', points);
}

/** The mean of some of the points. */
function meanAt(points: readonly Point[], indices: readonly number[]): Point {
  return mean(indices.map((index) => points[index]!));
}

/** The middles of both eyes, and the middle of the mouth between its corners: they set the rotation of the published crops. */
export function eyesAndMouth(points: readonly Point[]): { eyes: readonly [Point, Point]; mouth: Point } {
  const { eyes, mouth } = schemeOf(points);
  return { eyes: [meanAt(points, eyes[0]), meanAt(points, eyes[1])], mouth: meanAt(points, mouth) };
}

/** How far eyes and lips are open, as the published retargeting networks expect it: 0 is shut. */
export interface FaceRatios {
  /** Distance between the lids divided by the distance between the eye's corners, left and right in the picture. */
  readonly eyes: readonly [number, number];
  /** Distance between the inner lips divided by the distance between the mouth's corners. */
  readonly lip: number;
}

/** Prevents a division by zero when both corners are the same point. */
const EPSILON = 1e-6;

/**
 * The ratios of a face in 68, 106 or 203 points, in any unit.
 *
 * @throws KdtalkerError INVALID_ARGUMENT for another number of points
 */
export function faceRatios(points: readonly Point[]): FaceRatios {
  const { lids, corners, lips, mouth } = schemeOf(points);
  const length = ({ from, to }: Span) => {
    const [a, b] = [meanAt(points, from), meanAt(points, to)];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };
  const ratio = (open: Span, across: Span) => length(open) / (length(across) + EPSILON);
  return {
    eyes: [ratio(lids[0], corners[0]), ratio(lids[1], corners[1])],
    lip: ratio(lips, span(mouth[0], mouth[1])),
  };
}
