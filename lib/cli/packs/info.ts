import { facesOf } from '../../packs/faces.js';
import { type Pack, readPack, rolesOf } from '../../packs/pack.js';
import { bytes, COLUMNS, definitions, table, wrap } from '../layout.js';
import type { Paint, Reporter } from '../report/reporter.js';
import { facesText } from './faces.js';
import { bytesOf, licenceOf, sizeOf, summaryOf } from './list.js';

/** `kdtalker packs info`. @throws PACK_NOT_FOUND, PACK_INVALID */
export async function info(name: string, reporter: Reporter): Promise<void> {
  const pack = await readPack(name);
  const { crop, motionSize, sampler, roles, faces = {} } = pack.manifest;
  const data = { ...summaryOf(pack), crop, motionSize, sampler, roles, faces };
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

/** Few packs mix licences: only those get a column for them. */
function networks({ manifest }: Pack): string[] {
  const all = [...rolesOf(manifest), ...facesOf(manifest)];
  const mixed = all.some(([, network]) => network.licence !== undefined);
  const rows = all.map(([name, network]) => {
    const cells = [`  ${name}`, network.file, bytes(bytesOf(network)), network.sha256.slice(0, 12)];
    return mixed ? [...cells, network.licence ?? manifest.licence.name] : cells;
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
    ['faces', facesText(pack.manifest)],
    ['blink', blink === undefined ? 'as the model blinks' : 'model, periodic or off'],
  ];
}
