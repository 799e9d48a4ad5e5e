import { invalidArgument } from '../../errors.js';
import type { PackManifest } from '../schema.js';
import type { PackIdentity } from './manifest.js';
import { readStatistics } from './norm.js';
import { findLiveportrait } from './source-files.js';
import type { SourceFile } from './sources.js';
import { StoredWeights } from './stored-weights.js';
import { type WritePackOptions, writeKdtalkerPack } from './write.js';

/** Options of {@link convertPack}: the released files, each as .pth or .safetensors. */
export interface ConvertOptions extends WritePackOptions {
  /** KDTalker's file, `KDTalker.pth`. */
  kdtalker: string;
  /** Wav2Lip's file, `wav2lip.pth`; only its audio encoder is used. */
  wav2lip: string;
  /** The folder of LivePortrait's files, with `base_models` and `retargeting_models` or around them. */
  liveportrait: string;
  /** Statistics of another training, `norm.npz`; default: the published ones. */
  norm?: string;
  /** Where to; a new or empty folder. */
  directory: string;
}

const LIVEPORTRAIT = 'MIT (LivePortrait)';

/** What the pack says about itself. The strictest licence of its parts holds for the whole. */
const IDENTITY: PackIdentity = {
  name: 'kdtalker',
  version: '1.0.0',
  description:
    'KDTalker by Yang et al. (CC BY-NC 4.0) with the audio encoder of Wav2Lip (research and non-commercial use) and the renderer ' +
    'of LivePortrait (MIT), converted from the released checkpoints',
  licence: { name: 'CC BY-NC 4.0', nonCommercial: true },
  licences: {
    appearance: LIVEPORTRAIT,
    motion: LIVEPORTRAIT,
    audio: 'research and non-commercial use (Wav2Lip)',
    denoiser: 'CC BY-NC 4.0 (KDTalker)',
    warp: LIVEPORTRAIT,
    decode: LIVEPORTRAIT,
    stitching: LIVEPORTRAIT,
    eye: LIVEPORTRAIT,
    lip: LIVEPORTRAIT,
  },
};

/**
 * Makes a pack of the released checkpoints, with no Python. Names and shapes of all files are checked before anything is written;
 * weights are read network by network, so that memory stays far below the files' size.
 *
 * @throws KdtalkerError INVALID_ARGUMENT, FILE_NOT_FOUND, CHECKPOINT_INVALID (which lists missing, extra and wrongly shaped
 *   tensors), OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED
 * @example
 * await convertPack({
 *   kdtalker: 'ckpts/KDTalker.pth',
 *   wav2lip: 'ckpts/wav2lip.pth',
 *   liveportrait: 'pretrained_weights/liveportrait',
 *   directory: 'packs/kdtalker',
 * });
 */
export async function convertPack(options: ConvertOptions): Promise<PackManifest> {
  checkOptions(options);
  const { directory, norm, signal, onProgress } = options;
  const files = await sourceFiles(options);
  const statistics = norm === undefined ? undefined : await readStatistics(norm);
  const stored = await StoredWeights.open(files);
  try {
    const identity = { ...IDENTITY, ...(statistics && { statistics }) };
    return await writeKdtalkerPack(directory, stored.weights, identity, {
      prepare: (network) => stored.load(network, signal),
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    });
  } finally {
    await stored.close();
  }
}

async function sourceFiles({
  kdtalker,
  wav2lip,
  liveportrait,
}: ConvertOptions): Promise<Map<SourceFile, string>> {
  return new Map([
    ['kdtalker', kdtalker],
    ['wav2lip', wav2lip],
    ...(await findLiveportrait(liveportrait)),
  ] as [SourceFile, string][]);
}

function checkOptions({ kdtalker, wav2lip, liveportrait, norm, directory }: ConvertOptions): void {
  const files = { kdtalker, wav2lip, ...(norm !== undefined && { norm }) };
  for (const [name, path] of Object.entries(files))
    if (typeof path !== 'string' || path === '') throw invalidArgument('the path of a file', name, path);
  for (const [name, path] of Object.entries({ liveportrait, directory }))
    if (typeof path !== 'string' || path === '') throw invalidArgument('the path of a folder', name, path);
}
