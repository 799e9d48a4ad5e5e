/** A face that S3FD found: left, top, right, bottom in pixels, and its score. */
export type ScoredFace = readonly [left: number, top: number, right: number, bottom: number, score: number];

/** Centre and size of a prior box, as shares of the picture. */
export type Prior = readonly [x: number, y: number, width: number, height: number];

/** The network's output: for each prior a box, and the probability of a face. */
export interface S3fdOutput {
  readonly boxes: ArrayLike<number>;
  readonly scores: ArrayLike<number>;
}

const STEPS = [4, 8, 16, 32, 64, 128] as const;
/** How the network scales centres and sizes. */
const [CENTRE, SIZE] = [0.1, 0.2];
/** Scores to be considered, the most boxes, and those that are left of overlapping ones. */
const FIRST = { score: 0.05, most: 5000, overlap: 0.3, kept: 750 } as const;
const SECOND = { score: 0.9, overlap: 0.1 } as const;

/** The priors of a picture of `width` x `height`. @param maps width and height of the network's six sources */
export function s3fdPriors(
  width: number,
  height: number,
  maps: readonly (readonly [number, number])[],
): Prior[] {
  return maps.flatMap(([columns, rows], level) => {
    const step = STEPS[level]!;
    const side = 4 * step;
    return Array.from({ length: columns * rows }, (_, i): Prior => {
      const [x, y] = [i % columns, Math.floor(i / columns)];
      return [((x + 0.5) * step) / width, ((y + 0.5) * step) / height, side / width, side / height];
    });
  });
}

/** Faces with a score over 0.9, best first, in pixels of a frame of `width` x `height`. */
export function s3fdFaces(
  { boxes, scores }: S3fdOutput,
  priors: readonly Prior[],
  { width, height }: { width: number; height: number },
): ScoredFace[] {
  const candidates = priors
    .flatMap((prior, i) => (scores[i]! > FIRST.score ? [decode(boxes, i, prior, scores[i]!)] : []))
    .sort((a, b) => b[4] - a[4])
    .slice(0, FIRST.most);
  const first = withoutOverlaps(candidates, FIRST.overlap, 0).slice(0, FIRST.kept);
  const sure = first.filter(([, , , , score]) => score > SECOND.score);
  const inPixels = sure.map(
    ([left, top, right, bottom, score]): ScoredFace => [
      left * width,
      top * height,
      right * width,
      bottom * height,
      score,
    ],
  );
  return withoutOverlaps(inPixels, SECOND.overlap, 1);
}

function decode(
  boxes: ArrayLike<number>,
  i: number,
  [x, y, width, height]: Prior,
  score: number,
): ScoredFace {
  const [centreX, centreY] = [x + CENTRE * boxes[4 * i]! * width, y + CENTRE * boxes[4 * i + 1]! * height];
  const across = width * Math.exp(SIZE * boxes[4 * i + 2]!);
  const down = height * Math.exp(SIZE * boxes[4 * i + 3]!);
  return [centreX - across / 2, centreY - down / 2, centreX + across / 2, centreY + down / 2, score];
}

/** Keeps the best of overlapping boxes. @param extra pixels that a side is longer than the difference of its ends */
function withoutOverlaps(faces: readonly ScoredFace[], most: number, extra: number): ScoredFace[] {
  const kept: ScoredFace[] = [];
  for (const face of faces) if (kept.every((other) => shared(other, face, extra) <= most)) kept.push(face);
  return kept;
}

function shared(a: ScoredFace, b: ScoredFace, extra: number): number {
  const side = (low: 0 | 1) =>
    Math.max(0, Math.min(a[low + 2]!, b[low + 2]!) - Math.max(a[low]!, b[low]!) + extra);
  const area = (face: ScoredFace) => (face[2] - face[0] + extra) * (face[3] - face[1] + extra);
  const common = side(0) * side(1);
  return common / (area(a) + area(b) - common);
}
