import { longCall } from '../../abort.js';
import { invalidArgument } from '../../errors.js';
import type { FaceRole, PackManifest } from '../manifest.js';
import { checkFace, type FaceSource } from './face-files.js';
import { LICENCES } from './licences.js';
import type { PackIdentity } from './manifest.js';
import { readStatistics } from './norm.js';
import { findInsightface, findLandmarks203, findLiveportrait } from './source-files.js';
import type { SourceFile } from './sources.js';
import { StoredWeights } from './stored-weights.js';
import { type WritePackOptions, writeKdtalkerPack } from './write.js';

/** Options of {@link convertPack}: the released files, each as .pth or .safetensors. */
export interface ConvertOptions extends WritePackOptions {
  /** KDTalker's file, `KDTalker.pth`, or a checkpoint of our training, whose options and statistics the pack takes over. */
  kdtalker: string;
  /** Wav2Lip's file, `wav2lip.pth`; only its audio encoder is used. */
  wav2lip: string;
  /**
   * The folder of LivePortrait's files: it or a folder inside contains `base_models` and `retargeting_models`. Its `landmark.onnx`
   * becomes part of the pack when it exists.
   */
  liveportrait: string;
  /**
   * The folder of InsightFace's `det_10g.onnx` and `2d106det.onnx`, or a folder with `models/buffalo_l` in it; default: the
   * library's own networks find faces.
   */
  insightface?: string;
  /** Statistics of another training, `norm.npz`; default: those of the checkpoint, else the published ones. */
  norm?: string;
  /** The pack's folder; must be new or empty. */
  directory: string;
}

/** The pack's description of itself. The strictest licence of its parts applies to the whole. */
const IDENTITY: PackIdentity = {
  name: 'kdtalker',
  version: '1.0.0',
  description:
    'KDTalker by Yang et al. (CC BY-NC 4.0) with the audio encoder of Wav2Lip (research and non-commercial use) and the renderer ' +
    'of LivePortrait (MIT), converted from the released checkpoints',
  licence: { name: 'CC BY-NC 4.0', nonCommercial: true },
  licences: {
    appearance: LICENCES.liveportrait,
    motion: LICENCES.liveportrait,
    audio: LICENCES.wav2lip,
    condition: LICENCES.kdtalker,
    time: LICENCES.kdtalker,
    denoiser: LICENCES.kdtalker,
    warp: LICENCES.liveportrait,
    decode: LICENCES.liveportrait,
    stitching: LICENCES.liveportrait,
    eye: LICENCES.liveportrait,
    lip: LICENCES.liveportrait,
  },
};

const INSIGHTFACE = "; faces are found with InsightFace's networks (non-commercial research)";

/**
 * Makes a pack of the released checkpoints, without Python. It checks names and shapes of all files before it writes anything, and
 * reads weights network by network, so that memory use stays far below the files' size.
 *
 * @throws KdtalkerError INVALID_ARGUMENT, FILE_NOT_FOUND, CHECKPOINT_INVALID (which lists missing, extra and wrongly shaped
 *   tensors, or the expected and received interface of a network for faces), OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL, ABORTED
 * @example
 * await convertPack({
 *   kdtalker: 'ckpts/KDTalker.pth',
 *   wav2lip: 'ckpts/wav2lip.pth',
 *   liveportrait: 'pretrained_weights/liveportrait',
 *   insightface: 'pretrained_weights/insightface',
 *   directory: 'packs/kdtalker',
 * });
 */
export async function convertPack(options: ConvertOptions): Promise<PackManifest> {
  checkOptions(options);
  return longCall(
    'Converting checkpoints',
    [options.signal],
    (signal) => convert({ ...options, signal }),
    'kept',
  );
}

async function convert(options: ConvertOptions): Promise<PackManifest> {
  const { directory, norm, signal, onProgress, fingerprint } = options;
  const files = await sourceFiles(options);
  const named = norm === undefined ? undefined : await readStatistics(norm);
  const faces = await faceSources(options);
  const stored = await StoredWeights.open(files);
  try {
    const statistics = named ?? stored.trained?.statistics;
    const description = IDENTITY.description + (options.insightface === undefined ? '' : INSIGHTFACE);
    const identity = { ...IDENTITY, description, ...(statistics && { statistics }) };
    return await writeKdtalkerPack(directory, stored.weights, identity, {
      prepare: (network) => stored.load(network, signal),
      shape: stored.trained?.shape,
      faces,
      ...(fingerprint !== undefined && { fingerprint }),
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

/** The networks for faces that exist, checked. */
async function faceSources({ liveportrait, insightface }: ConvertOptions): Promise<FaceSource[]> {
  const found = insightface === undefined ? new Map<FaceRole, string>() : await findInsightface(insightface);
  const landmarks203 = await findLandmarks203(liveportrait);
  if (landmarks203 !== undefined) found.set('landmarks203', landmarks203);
  const sources: FaceSource[] = [];
  for (const [role, path] of found) sources.push(await checkFace(role, path));
  return sources;
}

function checkOptions(options: ConvertOptions): void {
  const { kdtalker, wav2lip, liveportrait, insightface, norm, directory } = options;
  const files = { kdtalker, wav2lip, ...(norm !== undefined && { norm }) };
  for (const [name, path] of Object.entries(files))
    if (typeof path !== 'string' || path === '') throw invalidArgument('the path of a file', name, path);
  const folders = { liveportrait, directory, ...(insightface !== undefined && { insightface }) };
  for (const [name, path] of Object.entries(folders))
    if (typeof path !== 'string' || path === '') throw invalidArgument('the path of a folder', name, path);
}
