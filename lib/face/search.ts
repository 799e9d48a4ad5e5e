import { throwIfAborted } from '../errors.js';
import type { Picture } from '../picture.js';
import { DETECTOR_SIZE, type Detection, type Detector, distinct, overlap } from './detector.js';
import type { Box, Point } from './geometry.js';
import type { Mesh, MeshFitter } from './landmarks.js';
import { type View, viewOf } from './network.js';
import type { Pyramid } from './pyramid.js';

/** A detection that the mesh network has scored. */
export interface Sighting extends Detection {
  /** The detector's score times the mesh's presence: the detector alone also finds faces in clouds. */
  readonly score: number;
  /** Lowest score that counts as a face. */
  readonly needed: number;
  readonly mesh: Mesh;
}

/** The result of a search. */
export interface SearchResult {
  /** Best first. */
  readonly faces: readonly Sighting[];
  /** Detections whose score is too low; best first. */
  readonly rejected: readonly Sighting[];
}

/** The limits and the networks of a search. */
export interface SearchOptions {
  readonly detector: Detector;
  readonly fitter: MeshFitter;
  /** Searches parts of the picture for small faces even after a large one is found. */
  readonly thorough: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Lowest score in the upright view of the whole picture, where most portraits have their face. */
export const THRESHOLD = 0.5;
/** Lowest score in the other views: many views mean many false detections, and noise reaches 0.65. */
const STRICT_THRESHOLD = 0.7;
/** Lowest score that needs no second look: a face upside down scores up to 0.7. */
const SURE = 0.8;
/** Detections with a lower score are ignored. */
const LOWEST_SCORE = 0.4;
/** Highest number of detections examined in one group of views, best first; in a thorough search as many faces are found. */
const MOST_LOOKS = 6;
const MOST_THOROUGH_LOOKS = 40;
/** A face alone that is at least this share of the picture's shorter side is the largest: nobody else is looked for. */
const LARGE_FACE = 1 / 4;
/** Side of the view for a second look, as a multiple of the face's side. */
const CLOSE = 2.5;
/** Two detections that overlap by at least this much show the same face. */
const SAME_PLACE = 0.2;
/** Smaller parts of the picture cannot contain a face that is large enough; photos this small hardly can. */
const SMALLEST_TILE = 128;

/** Upright square views of `side` that cover the picture; neighbours overlap by half. */
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

/** Views that are searched together, and the lowest score of a face in them. */
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

/**
 * Searches ever smaller parts of the picture until it finds a large face alone. Beside a small face, or several, there may be a larger one
 * that the view of the whole picture did not show: then the search goes on through the tiles, as a thorough one always does.
 */
export async function searchFaces(pyramid: Pyramid, options: SearchOptions): Promise<SearchResult> {
  let sightings: Sighting[] = [];
  for (const [depth, { views, needed }] of groupsOf(pyramid.picture).entries()) {
    const detections = await detectAll(pyramid, views, options);
    const looks = options.thorough ? MOST_THOROUGH_LOOKS : MOST_LOOKS;
    for (const detection of worthALook(detections, sightings).slice(0, looks)) {
      throwIfAborted(options.signal, 'Looking for faces');
      sightings.push(await look(pyramid, detection, needed, options));
    }
    sightings = distinct(sightings);
    // Tiles of half the picture are the third group.
    const faces = sightings.filter(isFace);
    if (faces.length > 0 && (depth >= 2 || (!options.thorough && isAloneAndLarge(faces, pyramid.picture))))
      break;
  }
  return { faces: sightings.filter(isFace), rejected: sightings.filter((seen) => !isFace(seen)) };
}

function isAloneAndLarge([face, ...others]: readonly Sighting[], { width, height }: Picture): boolean {
  return others.length === 0 && face!.side >= LARGE_FACE * Math.min(width, height);
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

/** The best detections that do not overlap a face already found. */
function worthALook(detections: readonly Detection[], known: readonly Sighting[]): Detection[] {
  const isKnown = ({ box }: Detection) =>
    known.some((seen) => isFace(seen) && overlap(seen.box, box) > SAME_PLACE);
  return distinct(detections.filter((detection) => !isKnown(detection)));
}

/** Runs the mesh network on a detection; the detector looks a second time first when its score is low. */
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

/** The angle of a face in a given square: from the detector, or upright when it finds nothing. */
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
 * Runs the detector again on a closer view, along the line of the eyes and then in the other directions: the
 * position of a face that is small in a view is inaccurate, and a face upside down can pass as an upright one.
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
