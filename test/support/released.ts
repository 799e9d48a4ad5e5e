import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expectedWeights } from '../../dist/packs/kdtalker/networks.js';
import type { SourceFile } from '../../dist/packs/kdtalker/sources.js';
import { formulaWeights } from '../../dist/packs/weights/formula.js';
import type { CheckpointNetwork } from '../../dist/packs/weights/weights.js';
import {
  Call,
  float32,
  Name,
  OrderedDict,
  Storage,
  Tensor,
  torchLegacy,
  torchZip,
} from './checkpoint-writer.js';
import { goldenFile } from './golden.js';
import { GOLDEN_SALT } from './networks.js';

/** Changes a network before it is written. */
export type Edit = (network: Map<string, Tensor>, name: CheckpointNetwork) => void;

/** The files of `packs convert`. */
export interface ReleasedFiles {
  kdtalker: string;
  wav2lip: string;
  liveportrait: string;
}

/** Every key of the released file of a network, used or not. */
function releasedKeys(name: CheckpointNetwork): { key: string; shape: number[]; dtype: string }[] {
  return JSON.parse(readFileSync(goldenFile('checkpoints.json'), 'utf8')).networks[name];
}

/** A network as it is released, weights by formula; what the graphs do not use is zero. */
export function releasedNetwork(name: CheckpointNetwork, edit?: Edit): Map<string, Tensor> {
  const weights = formulaWeights(GOLDEN_SALT)[name];
  const used = new Set(expectedWeights()[name].map(({ key }) => key));
  const network = new Map(
    releasedKeys(name).map(({ key, shape, dtype }): [string, Tensor] => {
      const size = shape.reduce((product, dim) => product * dim, 1);
      const zeros = () => (dtype === 'int64' ? new BigInt64Array(size) : new Float32Array(size));
      return [
        key,
        new Tensor(new Storage(dtype, used.has(key) ? weights.floats(key, shape) : zeros()), shape),
      ];
    }),
  );
  edit?.(network, name);
  return network;
}

/** A released network of which every tensor repeats one number: all names and shapes in a few kilobytes. */
function tinyNetwork(name: CheckpointNetwork): Map<string, Tensor> {
  return new Map(
    releasedKeys(name).map(({ key, shape, dtype }): [string, Tensor] => {
      const one = dtype === 'int64' ? BigInt64Array.of(1n) : Float32Array.of(0.01);
      const strides = shape.map(() => 0);
      return [key, new Tensor(new Storage(dtype, one), shape, strides)];
    }),
  );
}

/** The contents of the released files by their names in the pack's sources, with {@link tinyNetwork}s. */
export function tinyReleased(): Record<SourceFile, Buffer> {
  const retargeting = ['retarget_shoulder', 'retarget_mouth', 'retarget_eye'] as const;
  const base = (name: CheckpointNetwork) => torchZip(new OrderedDict(tinyNetwork(name)));
  return {
    kdtalker: torchZip(new Map([['model', new OrderedDict(tinyNetwork('kdtalker'))]])),
    wav2lip: torchLegacy(
      new Map([['state_dict', prefixed('module.', tinyNetwork('wav2lip_audio_encoder'))]]),
    ),
    appearance_feature_extractor: base('appearance_feature_extractor'),
    motion_extractor: base('motion_extractor'),
    warping_module: base('warping_module'),
    spade_generator: base('spade_generator'),
    stitching_retargeting_module: torchZip(
      new Map(retargeting.map((name) => [name, prefixed('module.', tinyNetwork(name))] as const)),
    ),
  };
}

const prefixed = (prefix: string, network: Map<string, Tensor>) =>
  new OrderedDict([...network].map(([key, tensor]) => [prefix + key, tensor]));

/** KDTalker.pth: the network, and what training keeps beside it. */
export function writeKdtalker(file: string, edit?: Edit): void {
  const network = new OrderedDict(releasedNetwork('kdtalker', edit));
  const moments = new Map([[0, new Map([['exp_avg', float32([4], [1, 2, 3, 4])]])]]);
  const optimizer = new Map<string, unknown>([
    ['state', moments],
    ['param_groups', [new Map([['lr', 1e-4]])]],
  ]);
  writeFileSync(
    file,
    torchZip(
      new Map<string, unknown>([
        ['model', network],
        ['optimizer', optimizer],
        ['step', 7],
        ['config', new Call(new Name('argparse', 'Namespace'), [], new Map([['lr', 1e-4]]))],
      ]),
    ),
  );
}

/** wav2lip.pth, in the legacy container, with a bit of its face networks. */
export function writeWav2lip(file: string, edit?: Edit): void {
  const network = prefixed('module.', releasedNetwork('wav2lip_audio_encoder', edit));
  network.set('module.face_encoder_blocks.0.0.conv_block.0.weight', float32([1, 2], [1, 2]));
  const optimizer = new Map([['state', new Map([[5, new Map([['exp_avg', float32([1], [1])]])]])]]);
  writeFileSync(
    file,
    torchLegacy(
      new Map<string, unknown>([
        ['state_dict', network],
        ['optimizer', optimizer],
        ['global_step', 3],
      ]),
    ),
  );
}

/** stitching_retargeting_module.pth. */
export function writeRetargeting(file: string, edit?: Edit): void {
  const names = ['retarget_shoulder', 'retarget_mouth', 'retarget_eye'] as const;
  const dicts = names.map((name) => [name, prefixed('module.', releasedNetwork(name, edit))] as const);
  writeFileSync(file, torchZip(new Map(dicts)));
}

/** One of LivePortrait's base models, in one container or the other. */
export function writeBaseModel(file: string, name: CheckpointNetwork, legacy = false, edit?: Edit): void {
  const network = new OrderedDict(releasedNetwork(name, edit));
  writeFileSync(file, legacy ? torchLegacy(network) : torchZip(network));
}

/** All files at their full size, 700 MB, in the folders that they are released in. */
export function writeReleased(folder: string): ReleasedFiles {
  const liveportrait = join(folder, 'pretrained_weights');
  const base = (name: string) => join(liveportrait, 'liveportrait/base_models', `${name}.pth`);
  const retargeting = join(liveportrait, 'liveportrait/retargeting_models/stitching_retargeting_module.pth');
  const files = {
    kdtalker: join(folder, 'KDTalker.pth'),
    wav2lip: join(folder, 'wav2lip.pth'),
    liveportrait,
  };
  for (const file of [base(''), retargeting]) mkdirSync(dirname(file), { recursive: true });
  writeKdtalker(files.kdtalker);
  writeWav2lip(files.wav2lip);
  writeRetargeting(retargeting);
  for (const name of ['appearance_feature_extractor', 'motion_extractor', 'warping_module'] as const)
    writeBaseModel(base(name), name);
  writeBaseModel(base('spade_generator'), 'spade_generator', true);
  return files;
}
