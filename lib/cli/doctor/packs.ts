import { KdtalkerError } from '../../errors.js';
import type { Check } from './check.js';

export const packs: Check = {
  name: 'packs',
  async look(signal) {
    const { listPacks } = await import('../../packs/pack.js');
    const { verifyGraphs } = await import('../../packs/verify.js');
    const all = await listPacks();
    if (all.length === 0) {
      throw new KdtalkerError(
        'PACK_NOT_FOUND',
        'Expected the built-in pack but found none. Build the packs in the package folder: npm run build:lib',
      );
    }
    const checked = [];
    for (const pack of all) {
      const { name, version } = pack.manifest;
      checked.push({ name, version, files: (await verifyGraphs(pack, { signal })).length });
    }
    const found = checked
      .map(({ name, version, files }) => `${name} ${version} (${files} files verified)`)
      .join(', ');
    return { state: 'ok', found, details: { packs: checked } };
  },
};

export const faces: Check = {
  name: 'faces',
  async look() {
    const { FaceFinder } = await import('../../face/faces.js');
    const { faceFiles } = await import('../../packs/faces.js');
    const { listPacks } = await import('../../packs/pack.js');
    const { BUILT_IN_FACES, facesText } = await import('../packs/faces.js');
    await (await FaceFinder.open()).close();
    const used: Record<string, string> = {};
    for (const pack of await listPacks()) {
      used[pack.manifest.name] = facesText(pack.manifest);
      if (pack.manifest.faces) await (await FaceFinder.open({ networks: faceFiles(pack) })).close();
    }
    const own = Object.entries(used).filter(([, text]) => text !== BUILT_IN_FACES);
    const found = [BUILT_IN_FACES, ...own.map(([name, text]) => `${name}: ${text}`)].join('; ');
    return { state: 'ok', found: `${found}, verified`, details: { packs: used } };
  },
};
