/** A point of a mesh; positions in pixels, from the picture's top left. */
export type PointOfMesh = readonly [x: number, y: number, ...z: number[]];
/** 468 points of MediaPipe's mesh. */
export type FaceMesh = readonly PointOfMesh[];

/** The mean of some points of a mesh. */
export function centreOf(mesh: FaceMesh, indices: readonly number[]): [x: number, y: number] {
  let [x, y] = [0, 0];
  for (const index of indices) {
    x += mesh[index]![0];
    y += mesh[index]![1];
  }
  return [x / indices.length, y / indices.length];
}

export function distance([ax, ay]: PointOfMesh, [bx, by]: PointOfMesh): number {
  return Math.hypot(ax - bx, ay - by);
}
