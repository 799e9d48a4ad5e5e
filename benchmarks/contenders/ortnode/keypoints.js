// Frames of motion and canonical keypoints to the renderer's keypoints (paper eq. 1), [21, 3].
// Motion is [scale, yaw, pitch, roll, tx, ty, tz, expression (21 x 3)], degrees.

const MOTION = 70;
const EXPRESSION = 7;

const f32 = Math.fround;

/**
 * The keypoints of one frame: its own rotation, expression and translation, the portrait's scale, no depth translation. Rounded to float32
 * after every operation, as in the engine, so that frames are identical to the byte.
 */
export function keypointsOf(motion, frame, portrait, out) {
  const at = frame * MOTION;
  const r = rotation(motion[at + 2], motion[at + 1], motion[at + 3]);
  const scale = portrait.motion[0];
  for (let i = 0; i < out.length; i += 3) {
    for (let axis = 0; axis < 3; axis++) {
      const placed = f32(turned(portrait.canonical, i, r, axis) + motion[at + EXPRESSION + i + axis]);
      out[i + axis] = f32(scale * placed) + (axis < 2 ? motion[at + 4 + axis] : 0);
    }
  }
}

function turned(points, i, r, axis) {
  const xy = f32(f32(points[i] * r[axis]) + f32(points[i + 1] * r[3 + axis]));
  return f32(xy + f32(points[i + 2] * r[6 + axis]));
}

/** (Rz(roll) Ry(yaw) Rx(pitch))', row-major, for row vectors. */
function rotation(pitch, yaw, roll) {
  const radians = Math.PI / 180;
  const [sx, cx] = [Math.sin(pitch * radians), Math.cos(pitch * radians)];
  const [sy, cy] = [Math.sin(yaw * radians), Math.cos(yaw * radians)];
  const [sz, cz] = [Math.sin(roll * radians), Math.cos(roll * radians)];
  return Float32Array.of(
    ...[cz * cy, sz * cy, -sy],
    ...[cz * sy * sx - sz * cx, sz * sy * sx + cz * cx, cy * sx],
    ...[cz * sy * cx + sz * sx, sz * sy * cx - cz * sx, cy * cx],
  );
}
