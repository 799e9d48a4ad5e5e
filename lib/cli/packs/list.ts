import { facesOf } from '../../packs/faces.js';
import { listPacks, type Pack, type PackRole, rolesOf } from '../../packs/pack.js';
import { bytes, COLUMNS, table, wrap } from '../layout.js';
import type { Reporter } from '../report/reporter.js';

/** `kdtalker packs list`. */
export async function list(reporter: Reporter): Promise<void> {
  const packs = await listPacks();
  reporter.result(() => describe(packs), { packs: packs.map(summaryOf) });
}

/** Bytes of a network: its graph, and its weights if they have their own file. */
export function bytesOf({ bytes, data }: Pick<PackRole, 'bytes' | 'data'>): number {
  return bytes + (data?.bytes ?? 0);
}

/** Bytes of a pack's networks. */
export function sizeOf({ manifest }: Pick<Pack, 'manifest'>): number {
  const networks = [...rolesOf(manifest), ...facesOf(manifest)];
  return networks.reduce((sum, [, network]) => sum + bytesOf(network), 0);
}

/** The licence's name and its restrictions of use. */
export function licenceOf({ manifest }: Pick<Pack, 'manifest'>): string {
  return `${manifest.licence.name}${manifest.licence.nonCommercial ? ', non-commercial' : ''}`;
}

/** The fields of a pack in both lists, for machines. */
export function summaryOf(pack: Pack) {
  const { name, version, description, licence, fps, output } = pack.manifest;
  return { name, version, description, licence, directory: pack.directory, bytes: sizeOf(pack), fps, output };
}

function describe(packs: readonly Pack[]): string[] {
  const row = (pack: Pack) => {
    const { name, version, fps, output } = pack.manifest;
    return [
      name,
      version,
      bytes(sizeOf(pack)),
      `${output.width}x${output.height}`,
      String(fps),
      licenceOf(pack),
    ];
  };
  const lines = table([['PACK', 'VERSION', 'SIZE', 'FRAME', 'FPS', 'LICENCE'], ...packs.map(row)]);
  const texts = packs.flatMap(({ manifest }) => [
    '',
    ...wrap(`${manifest.name}: ${manifest.description}`, COLUMNS),
  ]);
  return [...lines, ...texts];
}
