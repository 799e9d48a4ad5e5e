import type { NativeSession } from '../binding.js';
import { angleBetween, apply, boundsOf, compose, mean, type Point } from './geometry.js';
import { ibug68Of, MIRROR_OF_IBUG68 } from './ibug68.js';
import { runOnPicture, type View, viewOf } from './network.js';
import type { Pyramid } from './pyramid.js';

/** A point of the mesh: x and y in pixel indices of the picture, z in pixels too, towards the viewer negative. */
export type MeshPoint = readonly [x: number, y: number, z: number];

/** The mesh network's result for one view. */
export interface Mesh {
  /** 468 points. */
  readonly points: readonly MeshPoint[];
  /** The network's confidence that the view shows a face, 0..1. */
  readonly presence: number;
}

/** Where a face is: a square from the brows to the chin, turned upright. */
export interface FacePlace {
  readonly centre: Point;
  readonly side: number;
  /** Clockwise turn of the face in radians. */
  readonly angle: number;
}

const MESH_SIZE = 192;
const POINTS = 468;
/** Side of the view, as a multiple of the face's longer side. */
const MARGIN = 1.5;
/** Vertices at the outer corners of the eyes, left and right in the picture. */
const OUTER_EYES = [33, 263] as const;
/** The views over which landmarks are averaged; sizes relative to the mesh's own frame. */
const READINGS = [
  { zoom: 0.95, mirrored: false },
  { zoom: 0.95, mirrored: true },
  { zoom: 1.1, mirrored: false },
  { zoom: 1.1, mirrored: true },
] as const;

/** The frame of a mesh: the box of its points along the line of the eyes. */
function frameOfMesh(points: readonly MeshPoint[]): FacePlace {
  const flat = points.map(([x, y]): Point => [x, y]);
  const angle = angleBetween(flat[OUTER_EYES[0]]!, flat[OUTER_EYES[1]]!);
  const upright = viewOf([0, 0], 1, angle, 1).toPhoto;
  const turnBack = viewOf([0, 0], 1, -angle, 1).toPhoto;
  const [x, y, width, height] = boundsOf(flat.map((point) => apply(turnBack, point)));
  const centre = apply(upright, [x + width / 2, y + height / 2]);
  return { centre, side: MARGIN * Math.max(width, height), angle };
}

/** Fits the 468 points of MediaPipe's Face Mesh (Kartynnik et al. 2019), whose input is 192 x 192 pixels of 0..1. */
export class MeshFitter {
  readonly #session: NativeSession;

  constructor(session: NativeSession) {
    this.#session = session;
  }

  /** Fits a detected face, then fits again in the frame of the first mesh, which is more accurate than the detector's. */
  async fit(pyramid: Pyramid, face: FacePlace): Promise<Mesh> {
    const first = await this.#fitFrame(pyramid, { ...face, side: MARGIN * face.side });
    return this.#refine(pyramid, first);
  }

  /** Fits the face in a given frame, which is less accurate than a detector's. */
  async fitRough(pyramid: Pyramid, face: FacePlace): Promise<Mesh> {
    return this.#refine(pyramid, await this.fit(pyramid, face));
  }

  /**
   * The 68 landmarks of a face whose mesh is known: the mean over views of several sizes, half of them
   * mirrored. The network's errors differ from view to view, and mirrored views cancel its bias to one side.
   */
  async landmarks(pyramid: Pyramid, mesh: Mesh): Promise<Point[]> {
    const frame = frameOfMesh(mesh.points);
    const readings: Point[][] = [];
    for (const { zoom, mirrored } of READINGS) {
      const view = viewOf(frame.centre, frame.side * zoom, frame.angle, MESH_SIZE);
      const { points } = await this.#fitView(pyramid, mirrored ? mirror(view) : view);
      const landmarks = ibug68Of(points);
      readings.push(mirrored ? MIRROR_OF_IBUG68.map((index) => landmarks[index]!) : landmarks);
    }
    return MIRROR_OF_IBUG68.map((_, index) => mean(readings.map((landmarks) => landmarks[index]!)));
  }

  async #refine(pyramid: Pyramid, mesh: Mesh): Promise<Mesh> {
    const refined = await this.#fitFrame(pyramid, frameOfMesh(mesh.points));
    return refined.presence >= mesh.presence / 2 ? refined : mesh;
  }

  #fitFrame(pyramid: Pyramid, { centre, side, angle }: FacePlace): Promise<Mesh> {
    return this.#fitView(pyramid, viewOf(centre, side, angle, MESH_SIZE));
  }

  async #fitView(pyramid: Pyramid, view: View): Promise<Mesh> {
    const picture = await pyramid.render(view.toPhoto, MESH_SIZE);
    const range = { scale: 1 / 255, offset: 0 };
    const { points, presence } = await runOnPicture(this.#session, 'input_1', picture, range);
    return { points: inPhoto(points!, view), presence: presence![0]! };
  }

  async close(): Promise<void> {
    await this.#session.close();
  }
}

/** The same view with left and right exchanged. */
function mirror({ toPhoto }: View): View {
  return { toPhoto: compose(toPhoto, [-1, 0, MESH_SIZE - 1, 0, 1, 0]) };
}

/** The network measures from the edge of the view; pixel indices start at pixel centres. */
function inPhoto(values: Float32Array, { toPhoto }: View): MeshPoint[] {
  const scale = Math.hypot(toPhoto[0], toPhoto[3]);
  return Array.from({ length: POINTS }, (_, i): MeshPoint => {
    const [x, y] = apply(toPhoto, [values[3 * i]! - 0.5, values[3 * i + 1]! - 0.5]);
    return [x, y, values[3 * i + 2]! * scale];
  });
}
