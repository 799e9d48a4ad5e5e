import { facesOf } from '../../packs/faces.js';
import type { FaceRole, PackManifest } from '../../packs/pack.js';

/** What finds faces where a pack has no networks for that. */
export const BUILT_IN_FACES = 'BlazeFace and Face Mesh (built in)';

const NAMES: Readonly<Record<FaceRole, string>> = {
  detector: 'SCRFD',
  landmarks106: '106 landmarks',
  landmarks203: '203 landmarks',
};

/** The networks that find faces for a pack, as users know them: its own, and the built-in ones where it has none. */
export function facesText(manifest: Pick<PackManifest, 'faces'>): string {
  const own = facesOf(manifest).map(([role, { file }]) => `${NAMES[role]} (${file})`);
  return [...(manifest.faces?.detector ? [] : [BUILT_IN_FACES]), ...own].join(', ');
}
