// Packs whose pictures are moved by `field`: on a GPU `render`, which no frame runs, is neither planned nor loaded. `cuda:0` is the double of CUDA.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Talker } from 'kdtalker';
import t from 'tap';
import { idleRoles } from '../dist/packs/lowering/idle-roles.js';
import { openGraph, splitOff } from '../dist/packs/lowering/lower-pack.js';
import { planGraph } from '../dist/packs/lowering/plan/plan.js';
import {
  exactFramePlans,
  type PlannedRole,
  plannedPack,
  planPack,
  writePlans,
} from '../dist/packs/lowering/plan/plan-pack.js';
import { type Pack, readPack, rolesOf } from '../dist/packs/pack.js';
import { takeCudaDouble } from './support/cuda-double.js';
import { temporaryFolder } from './support/networks.js';
import { talkerOfPlans } from './support/planned-talker.js';
import { framesOf, portraitFile, speech } from './support/talker.js';

takeCudaDouble();
const FRAMES = 3;

/** Plans of every network of a pack, of `render` too, whose part of the portrait is split off. */
async function planAll(pack: Pack): Promise<PlannedRole[]> {
  const planned: PlannedRole[] = [];
  for (const [role, { inputs, outputs }] of rolesOf(pack.manifest)) {
    const graph = await openGraph(pack.file(role));
    const network = { role, graph, inputs: { ...inputs }, outputs: { ...outputs } };
    for (const part of [...splitOff(network), network]) {
      const plan = await planGraph(part.graph, { role: part.role, open: pack.manifest.sampler.window });
      planned.push({ plan, inputs: part.inputs, outputs: part.outputs });
    }
  }
  return planned;
}

const target = ({ manifest: { sampler } }: Pack) => ({ ...sampler, precision: 'fp32' }) as const;
const kernelsOf = (planned: readonly PlannedRole[]) =>
  Object.fromEntries(planned.map(({ plan: { role, operations } }) => [role, operations.length]));
const sum = (kernels: Record<string, number>) => Object.values(kernels).reduce((all, each) => all + each, 0);

t.test('the puppet is planned without the network that no frame runs', async (t) => {
  const pack = await readPack('puppet');
  t.same(await idleRoles(pack), ['render']);
  const [all, planned] = [kernelsOf(await planAll(pack)), kernelsOf(await planPack(pack, target(pack)))];
  t.notOk('render' in planned);
  t.equal(planned.prepare, all.prepare);
  const once = all.field! - planned.field!;
  t.ok(once > 50, `${once} of ${all.field} kernels depend on the portrait alone and run once for it`);
  t.equal(sum(all) - sum(planned), all.render! + once);
  t.equal(await exactFramePlans(pack), undefined, 'and no network draws in halves');
});

t.test('a pack whose network draws the picture is planned whole', async (t) => {
  const pack = await readPack('puppet');
  const { field: _, ...roles } = pack.manifest.roles;
  t.same(await idleRoles({ ...pack, manifest: { ...pack.manifest, roles } }), []);
  const larger = { ...pack.manifest, output: { width: 256, height: 512 } };
  t.same(await idleRoles({ ...pack, manifest: larger }), [], 'a picture of another size than the feature');
});

interface Shown {
  crops: Buffer[];
  photos: Buffer[];
  bytes: number;
  launches: number;
}

async function show(talker: Talker): Promise<Shown> {
  const portrait = await talker.portrait(portraitFile);
  const frames = async (frame: 'crop' | 'full') => {
    const clip = talker.animate(portrait, speech(FRAMES), { seed: 7, steps: 2, frame });
    return (await framesOf(clip)).map(({ data }) => Buffer.from(data));
  };
  const crops = await frames('crop');
  const before = talker.deviceWork().launches;
  const photos = await frames('full');
  return { crops, photos, bytes: talker.deviceBytes(), launches: talker.deviceWork().launches - before };
}

t.test('its frames are the same bytes, of less memory and fewer kernels', async (t) => {
  const pack = await readPack('puppet');
  const folder = temporaryFolder(t);
  const [whole, cache] = [join(folder, 'whole'), join(folder, 'cache')];
  mkdirSync(whole);
  const lowered = { directory: whole, networks: await writePlans(await planAll(pack), whole, {}) };
  const expected = await show(await talkerOfPlans(t, pack, { device: 'cuda:0', lowered }, cache));
  const planned = await plannedPack(pack, target(pack), { directory: cache });
  const idle = await idleRoles(pack);
  const found = await show(await talkerOfPlans(t, pack, { device: 'cuda:0', lowered: planned, idle }, cache));
  t.same(found.crops, expected.crops);
  t.same(found.photos, expected.photos);
  t.ok(found.bytes < expected.bytes, `${found.bytes} bytes of the device, ${expected.bytes} with all`);
  t.ok(found.launches < expected.launches, `${found.launches} launches, ${expected.launches} with all`);
});
