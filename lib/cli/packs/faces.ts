import { facesOf } from '../../packs/faces.js';
import type { FaceRole, PackManifest } from '../../packs/pack.js';

/** The face networks for a pack that has none. */
export const BUILT_IN_FACES = 'BlazeFace and Face Mesh (built in)';

const NAMES: Readonly<Record<FaceRole, string>> = {
  detector: 'SCRFD',
  landmarks106: '106 landmarks',
  landmarks203: '203 landmarks',
};

/** Describes the face networks of a pack for users: its own, or the built-in ones if it has none. */
export function facesText(manifest: Pick<PackManifest, 'faces'>): string {
  const own = facesOf(manifest).map(([role, { file }]) => `${NAMES[role]} (${file})`);
  return [...(manifest.faces?.detector ? [] : [BUILT_IN_FACES]), ...own].join(', ');
}
