import { throwIfAborted } from '../errors.js';
import type { Picture } from '../picture.js';
import { DETECTOR_SIZE, type Detection, type Detector, distinct, overlap } from './detector.js';
import type { Box, Point } from './geometry.js';
import type { Mesh, MeshFitter } from './landmarks.js';
import { type View, viewOf } from './network.js';
import type { Pyramid } from './pyramid.js';

/** A detection that the mesh network has looked at. */
export interface Sighting extends Detection {
  /** Score of the detector times presence by the mesh: the detector alone also sees faces in clouds. */
  readonly score: number;
  /** Score from which it is taken for a face. */
  readonly needed: number;
  readonly mesh: Mesh;
}

/** What a search came to. */
export interface SearchResult {
  /** Best first. */
  readonly faces: readonly Sighting[];
  /** What did not pass for a face; best first. */
  readonly rejected: readonly Sighting[];
}

/** How far a search goes and what it works with. */
export interface SearchOptions {
  readonly detector: Detector;
  readonly fitter: MeshFitter;
  /** Look into parts of the picture for small faces even when there are large ones. */
  readonly thorough: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Score needed in the upright view of the whole picture, where most portraits have their face. */
export const THRESHOLD = 0.5;
/** Score needed elsewhere: many views give chance many tries, and noise reaches 0.65. */
const STRICT_THRESHOLD = 0.7;
/** Score from which no second look is needed: upside down, a face scores up to 0.7. */
const SURE = 0.8;
/** Detections below this are not looked at. */
const LOWEST_SCORE = 0.4;
/** Detections looked at in one group of views, best first. */
const MOST_LOOKS = 6;
/** Side of the view for a second look as a multiple of the face's. */
const CLOSE = 2.5;
/** Overlap from which two detections show the same thing. */
const SAME_PLACE = 0.2;
/** Parts of the picture smaller than this hold no face that is large enough; such photos hardly do. */
const SMALLEST_TILE = 128;

/** Squares of `side` that cover the picture with half of each shared with the next, as upright views. */
function tiles({ width, height }: Picture, side: number): View[] {
  const starts = (length: number) => {
    const count = Math.max(1, Math.ceil((2 * (length - side)) / side) + 1);
    if (count === 1) return [(length - side) / 2];
    return Array.from({ length: count }, (_, i) => (i * (length - side)) / (count - 1));
  };
  const centre = (start: number) => start + side / 2 - 0.5;
  return starts(height).flatMap((y) =>
    starts(width).map((x) => viewOf([centre(x), centre(y)], side, 0, DETECTOR_SIZE)),
  );
}

/** Views that are tried together, and the score that a face needs in them. */
interface Group {
  readonly views: readonly View[];
  readonly needed: number;
}

/**
 * The detector sees faces of about a tenth to two thirds of a view, turned by up to 45 degrees: the groups
 * shift that range to other directions, to larger and to ever smaller faces.
 */
function groupsOf(picture: Picture): Group[] {
  const side = Math.max(picture.width, picture.height);
  const centre: Point = [(picture.width - 1) / 2, (picture.height - 1) / 2];
  const whole = (zoom: number, quarters: number) =>
    viewOf(centre, side * zoom, (quarters * Math.PI) / 2, DETECTOR_SIZE);
  const parts = [side / 2, side / 4].filter((part) => part >= SMALLEST_TILE);
  return [
    { views: [whole(1, 0)], needed: side < SMALLEST_TILE ? STRICT_THRESHOLD : THRESHOLD },
    { views: [whole(1.6, 0), whole(1, 1), whole(1, 3), whole(1, 2)], needed: STRICT_THRESHOLD },
    ...parts.map((part) => ({ views: tiles(picture, part), needed: STRICT_THRESHOLD })),
  ];
}

/** Looks for faces in ever smaller parts of the picture until there is one. */
export async function searchFaces(pyramid: Pyramid, options: SearchOptions): Promise<SearchResult> {
  let sightings: Sighting[] = [];
  for (const [depth, { views, needed }] of groupsOf(pyramid.picture).entries()) {
    const detections = await detectAll(pyramid, views, options);
    for (const detection of worthALook(detections, sightings)) {
      throwIfAborted(options.signal, 'Looking for faces');
      sightings.push(await look(pyramid, detection, needed, options));
    }
    sightings = distinct(sightings);
    // Tiles of half the picture are the third group.
    if (sightings.some(isFace) && (!options.thorough || depth >= 2)) break;
  }
  return { faces: sightings.filter(isFace), rejected: sightings.filter((seen) => !isFace(seen)) };
}

function isFace({ score, needed }: Sighting): boolean {
  return score >= needed;
}

async function detectAll(
  pyramid: Pyramid,
  views: readonly View[],
  { detector, signal }: SearchOptions,
): Promise<Detection[]> {
  const detections: Detection[] = [];
  for (const view of views) {
    throwIfAborted(signal, 'Looking for faces');
    detections.push(...(await detector.detect(pyramid, view, LOWEST_SCORE)));
  }
  return detections;
}

/** The best detections that are not of a face already found. */
function worthALook(detections: readonly Detection[], known: readonly Sighting[]): Detection[] {
  const isKnown = ({ box }: Detection) =>
    known.some((seen) => isFace(seen) && overlap(seen.box, box) > SAME_PLACE);
  return distinct(detections.filter((detection) => !isKnown(detection))).slice(0, MOST_LOOKS);
}

/** Shows the mesh network a detection, after a second look of the detector where it was not sure. */
async function look(
  pyramid: Pyramid,
  seen: Detection,
  needed: number,
  { detector, fitter }: SearchOptions,
): Promise<Sighting> {
  const detection = seen.score >= SURE ? seen : await closer(pyramid, seen, detector);
  const mesh = await fitter.fit(pyramid, detection);
  return { ...detection, score: detection.score * mesh.presence, needed, mesh };
}

/** The direction of a face in a square given by hand: the detector's, or upright where it sees nothing. */
export async function directionOf(
  pyramid: Pyramid,
  centre: Point,
  side: number,
  detector: Detector,
): Promise<number> {
  const box: Box = [centre[0] - side / 2, centre[1] - side / 2, side, side];
  return (await closer(pyramid, { centre, side, angle: 0, box, score: 0 }, detector)).angle;
}

/**
 * Looks at a detection again from near, along the line of its eyes and then in the other directions: what is
 * small in a view is found in the wrong place, and a face upside down is taken for an upright one.
 */
async function closer(pyramid: Pyramid, seen: Detection, detector: Detector): Promise<Detection> {
  let best = seen;
  for (const quarters of [0, 2, 1, 3]) {
    const angle = seen.angle + (quarters * Math.PI) / 2;
    const view = viewOf(seen.centre, CLOSE * seen.side, angle, DETECTOR_SIZE);
    const [found] = await detector.detect(pyramid, view, LOWEST_SCORE);
    if (found && found.score > best.score && overlap(found.box, seen.box) > SAME_PLACE) best = found;
    if (best.score >= SURE) break;
  }
  return best;
}
