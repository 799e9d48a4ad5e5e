import { type Pack, readPack, rolesOf } from '../../packs/pack.js';
import { bytes, COLUMNS, definitions, table, wrap } from '../layout.js';
import type { Paint, Reporter } from '../report/reporter.js';
import { bytesOf, licenceOf, sizeOf, summaryOf } from './list.js';

/** `kdtalker packs info`. @throws PACK_NOT_FOUND, PACK_INVALID */
export async function info(name: string, reporter: Reporter): Promise<void> {
  const pack = await readPack(name);
  const { crop, motionSize, sampler, roles } = pack.manifest;
  const data = { ...summaryOf(pack), crop, motionSize, sampler, roles };
  reporter.result((paint) => describe(pack, paint), { pack: data });
}

function describe(pack: Pack, paint: Paint): string[] {
  const { name, version, description } = pack.manifest;
  return [
    paint('strong', `${name} ${version}`),
    ...wrap(description, COLUMNS),
    '',
    ...definitions(settings(pack)),
    '',
    ...networks(pack),
  ];
}

/** Few packs mix licences: only in those is there a column for them. */
function networks({ manifest }: Pack): string[] {
  const roles = rolesOf(manifest);
  const mixed = roles.some(([, role]) => role.licence !== undefined);
  const rows = roles.map(([name, role]) => {
    const cells = [`  ${name}`, role.file, bytes(bytesOf(role)), role.sha256.slice(0, 12)];
    return mixed ? [...cells, role.licence ?? manifest.licence.name] : cells;
  });
  const heads = ['  NETWORK', 'FILE', 'SIZE', 'SHA-256'];
  return table([mixed ? [...heads, 'LICENCE'] : heads, ...rows]);
}

function settings(pack: Pack): [string, string][] {
  const { output, fps, crop, sampler, blink } = pack.manifest;
  const window = `${sampler.window} frames at a time${sampler.fixedWindow ? ', no other number' : ''}`;
  return [
    ['folder', pack.directory],
    ['licence', licenceOf(pack)],
    ['size', bytes(sizeOf(pack))],
    ['frames', `${output.width}x${output.height} at ${fps} fps`],
    ['crop', `${crop.default}, ${crop.size} pixels`],
    ['sampling', `${sampler.steps} steps, ${window}`],
    ['blink', blink === undefined ? 'as the model blinks' : 'model, periodic or off'],
  ];
}
