import { resolve } from 'node:path';
import { type ConvertOptions, convertPack } from '../../packs/kdtalker/convert.js';
import { type SynthesizeOptions, synthesizePack } from '../../packs/kdtalker/synthesize.js';
import type { PackManifest } from '../../packs/manifest.js';
import type { Context } from '../command.js';
import { bytes, COLUMNS, duration, wrap } from '../layout.js';
import { licenceOf, sizeOf } from './list.js';
import { type ConvertValues, needed } from './options.js';

/** `kdtalker packs synthesize`. @throws INVALID_ARGUMENT, OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED */
export async function synthesize(
  { salt, out }: { salt?: string | undefined; out?: string | undefined },
  context: Context,
): Promise<void> {
  const options: SynthesizeOptions = {
    salt: needed(salt, '--salt TEXT', 'packs synthesize'),
    directory: needed(out, '--out DIR', 'packs synthesize'),
  };
  await make(options.directory, context, (write) => synthesizePack({ ...options, ...write }));
}

/** `kdtalker packs convert`. @throws the errors of {@link convertPack} */
export async function convert(values: ConvertValues, context: Context): Promise<void> {
  const need = (value: string | undefined, option: string) => needed(value, option, 'packs convert');
  const options: ConvertOptions = {
    kdtalker: need(values.kdtalker, '--kdtalker FILE'),
    wav2lip: need(values.wav2lip, '--wav2lip FILE'),
    liveportrait: need(values.liveportrait, '--liveportrait DIR'),
    directory: need(values.out, '--out DIR'),
    ...(values.insightface !== undefined && { insightface: values.insightface }),
    ...(values.norm !== undefined && { norm: values.norm }),
  };
  await make(options.directory, context, (write) => convertPack({ ...options, ...write }));
}

/** The progress of making a pack, in the stages of the command. */
interface MakeProgress {
  stage: 'download' | 'write' | 'check';
  done: number;
  total: number;
}

/** Makes a pack with progress, and prints the result. */
export async function make(
  directory: string,
  { reporter, signal }: Context,
  work: (options: {
    signal: AbortSignal;
    onProgress: (progress: MakeProgress) => void;
  }) => Promise<PackManifest>,
): Promise<void> {
  const begun = performance.now();
  const onProgress = ({ stage, done, total }: MakeProgress) =>
    reporter.progress({ stage, done, total, fps: 0 });
  const manifest = await work({ signal, onProgress });
  const seconds = (performance.now() - begun) / 1000;
  const { name, version, licence } = manifest;
  const size = sizeOf({ manifest });
  const data = { pack: name, version, licence, directory: resolve(directory), bytes: size, seconds };
  reporter.result(
    (paint) => [
      `${paint('strong', directory)}: ${name} ${version}, ${bytes(size)}; made in ${duration(seconds)}`,
      ...wrap(`Licence ${licenceOf({ manifest })}. ${manifest.description}`, COLUMNS),
    ],
    data,
  );
}
