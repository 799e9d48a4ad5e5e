import { KEYPOINT_TABLE, KEYPOINTS } from '../../dist/packs/puppet/keypoints.js';

export const SIDE = 512;

/** The synthetic picture of the puppet's check values, [3, 512, 512]: ramps in red and green, waves in blue. */
export function checkPicture(): Float32Array {
  return Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
    const x = (2 * (i % SIDE) + 1) / SIDE - 1;
    const y = (2 * (Math.floor(i / SIDE) % SIDE) + 1) / SIDE - 1;
    if (i < SIDE * SIDE) return 0.5 + 0.5 * x;
    return i < 2 * SIDE * SIDE ? 0.5 + 0.5 * y : 0.5 + 0.25 * Math.sin(6 * x) * Math.cos(5 * y);
  });
}

/** A picture whose eyes are dark between the lids of the puppet's own keypoints, as no skin is. */
export function withEyes(picture: Float32Array): Float32Array {
  const { lidUpR, lidLoR } = KEYPOINTS;
  const [x0, y0] = [0, 1].map((axis) => (lidUpR.at[axis]! + lidLoR.at[axis]!) / 2) as [number, number];
  return picture.map((value, i) => {
    const x = (2 * (i % SIDE) + 1) / SIDE - 1;
    const y = (2 * (Math.floor(i / SIDE) % SIDE) + 1) / SIDE - 1;
    return Math.hypot((Math.abs(x) - x0) / 0.1, (y - y0) / 0.028) < 1 ? 0.1 : value;
  });
}

/** Head pose and placement in crop coordinates, degrees. */
export interface Pose {
  pitch: number;
  yaw: number;
  roll: number;
  scale: number;
  t: readonly [number, number];
}

export const AT_REST: Pose = { pitch: 0, yaw: 0, roll: 0, scale: 1, t: [0, 0] };

/** x_d = scale (x_c R + exp) + (tx, ty, 0), R = (Rz Ry Rx)'; 63 numbers each. */
export function posed(pose: Pose, expression: readonly number[], canonical = KEYPOINT_TABLE): Float32Array {
  const r = rotation(pose);
  return Float32Array.from({ length: 63 }, (_, at) => {
    const [keypoint, axis] = [Math.floor(at / 3), at % 3];
    const turned = r[axis]!.reduce((sum, value, k) => sum + value * canonical[keypoint]![k]!, 0);
    return pose.scale * (turned + expression[at]!) + (pose.t[axis] ?? 0);
  });
}

/** Rz(roll) Ry(yaw) Rx(pitch); rows of its transpose act on row vectors. */
function rotation({ pitch, yaw, roll }: Pose): number[][] {
  const radians = [pitch, yaw, roll].map((degrees) => (degrees * Math.PI) / 180);
  const [cx, cy, cz] = radians.map(Math.cos) as [number, number, number];
  const [sx, sy, sz] = radians.map(Math.sin) as [number, number, number];
  return [
    [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
    [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
    [-sy, cy * sx, cy * cx],
  ];
}

/** The source of the tests: the picture as the engine's feature, and the keypoints. */
export const PICTURE = { dims: [1, 3, SIDE, SIDE], data: withEyes(checkPicture()) };
export const REST = { dims: [1, 21, 3], data: Float32Array.from(KEYPOINT_TABLE.flat()) };
