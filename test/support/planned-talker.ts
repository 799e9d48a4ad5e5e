import { join } from 'node:path';
import { Talker } from 'kdtalker';
import type { Test } from 'tap';
import { native } from '../../dist/binding.js';
import { idleRoles } from '../../dist/packs/lowering/idle-roles.js';
import { plannedPack } from '../../dist/packs/lowering/plan/plan-pack.js';
import { type LoadOptions, nativeTalkerOptions } from '../../dist/packs/native-options.js';
import { type Pack, readPack } from '../../dist/packs/pack.js';
import { LengthPlans } from '../../dist/talker/host/length-plans.js';
import { temporaryFolder } from './networks.js';

/** A talker whose networks are all plans, on a device of this build: what a GPU will run, without one. */
export async function plannedTalker(t: Test, name: string, device: string): Promise<Talker> {
  const pack = await readPack(name);
  const { window, steps } = pack.manifest.sampler;
  const target = { window, steps, precision: 'fp32' } as const;
  const directory = join(temporaryFolder(t), 'cache');
  const lowered = await plannedPack(pack, target, { directory });
  return talkerOfPlans(t, pack, { device, lowered, idle: await idleRoles(pack) }, directory);
}

/** A talker of plans in float32; those of other lengths are made in a folder. */
export async function talkerOfPlans(
  t: Test,
  pack: Pack,
  options: Pick<LoadOptions, 'device' | 'lowered' | 'idle'>,
  directory: string,
): Promise<Talker> {
  const handle = await native().openTalker(nativeTalkerOptions(pack, { threads: 1, ...options }));
  const construct = Talker as unknown as new (...given: unknown[]) => Talker;
  const plans = new LengthPlans(pack, handle, 'fp32', directory);
  const talker = new construct({ pack, handle, threads: 1, precision: 'fp32', plans });
  t.teardown(() => talker.close());
  return talker;
}
