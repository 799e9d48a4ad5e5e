import { EYE_CORNERS, LOWER_LIP, UPPER_LIP } from './lists.js';
import { centreOf, distance, type FaceMesh } from './mesh.js';

/** How far the mouth is open, over the distance of the outer corners of the eyes: the mean height between the lips' inner edges. */
export function silentOpening(mesh: FaceMesh): number {
  const gap = UPPER_LIP.reduce(
    (sum, upper, i) => sum + Math.abs(mesh[upper]![1] - mesh[LOWER_LIP[i]!]![1]),
    0,
  );
  return gap / UPPER_LIP.length / distance(mesh[EYE_CORNERS.rightOuter]!, mesh[EYE_CORNERS.leftOuter]!);
}

/** How far the mouth is open, over the horizontal distance of the eyes: the height between the lips' middles. */
export function speakingOpening(mesh: FaceMesh): number {
  const gap = Math.abs(centreOf(mesh, UPPER_LIP)[1] - centreOf(mesh, LOWER_LIP)[1]);
  const { rightOuter, rightInner, leftInner, leftOuter } = EYE_CORNERS;
  const [left] = centreOf(mesh, [leftInner, leftOuter]);
  const [right] = centreOf(mesh, [rightOuter, rightInner]);
  return gap / Math.abs(left - right);
}
