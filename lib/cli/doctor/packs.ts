import { KdtalkerError } from '../../errors.js';
import type { Check } from './check.js';

export const packs: Check = {
  name: 'packs',
  async look(signal) {
    const { listPacks } = await import('../../packs/pack.js');
    const { verifyPack } = await import('../../packs/verify.js');
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
      checked.push({ name, version, files: (await verifyPack(pack, { signal })).length });
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
    await (await FaceFinder.open()).close();
    return { state: 'ok', found: 'detector and landmarks verified' };
  },
};
