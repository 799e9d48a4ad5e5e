import type { Pack, RoleName } from '../pack.js';
import { openGraph } from './lower-pack.js';

/** By pack: loading, planning and the cache's keys ask for them. */
const found = new WeakMap<Pack, Promise<RoleName[]>>();

/**
 * The roles of a pack that no frame of a talker runs: `render`, if `field` says how the picture moves and the feature is that picture. The engine
 * then moves it and runs `field` alone (native/stages/render.h).
 *
 * @throws KdtalkerError PACK_DAMAGED
 */
export function idleRoles(pack: Pack): Promise<RoleName[]> {
  const known = found.get(pack) ?? findIdle(pack);
  found.set(pack, known);
  return known;
}

async function findIdle(pack: Pack): Promise<RoleName[]> {
  const { render, field } = pack.manifest.roles;
  if (!render?.outputs.field || !field) return [];
  const { width, height } = pack.manifest.output;
  const { inputs } = await openGraph(pack.file('field'));
  const feature = inputs.find(({ name }) => name === field.inputs.feature);
  const dims = feature?.type?.tensorType?.shape?.dim.map(({ dimValue }) => dimValue) ?? [];
  const picture = [1, 3, height, width];
  const same = dims.length === picture.length && picture.every((length, axis) => dims[axis] === length);
  return same && width > 1 && height > 1 ? ['render'] : [];
}
