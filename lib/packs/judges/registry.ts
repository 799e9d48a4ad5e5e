import type { HubPath } from '../hub/listing.js';
import type { Graph } from '../onnx/index.js';
import type { Weights } from '../weights/weights.js';
import { ARCFACE_DEPTHS, arcfaceGraph } from './arcface.js';
import { hopenetGraph } from './hopenet.js';
import { inceptionGraph } from './inception.js';
import { mmodGraph } from './mmod.js';
import type { JudgeName } from './names.js';
import { s3fdGraph } from './s3fd.js';
import { syncnetAudioGraph, syncnetVisualGraph } from './syncnet.js';

/** Makes a network of a judge from its weights. */
export type JudgeGraph = (weights: Weights) => Graph;

/** A network of a judge. */
export interface JudgeNetwork {
  readonly graph: JudgeGraph;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Lengths of the axes that its inputs leave open, for its fingerprint. */
  readonly lengths: readonly number[];
}

/** Where a judge is from, and what it is made of. */
export interface JudgeKind {
  /** What it is used for. */
  readonly use: string;
  /** The name of its released file, and the bytes of weights in it. */
  readonly file: string;
  readonly bytes: number;
  /** Where people find it. */
  readonly from: string;
  readonly licence: string;
  readonly nonCommercial: boolean;
  /** Its place on the model hub, if it has one. Other programs use these places; nobody has confirmed them. */
  readonly hub?: HubPath;
  readonly networks: Readonly<Record<string, JudgeNetwork>>;
  /** Tensors of the file that no network uses. */
  readonly unused: (name: string) => boolean;
}

const isCounter = (name: string) => name.endsWith('num_batches_tracked');
const LATENTSYNC = 'ByteDance/LatentSync-1.5';
const SYNCNET_LICENCE = 'unstated (trained on BBC programmes: research only)';

/** All judges by their names. */
export const JUDGES: Readonly<Record<JudgeName, JudgeKind>> = {
  syncnet: {
    use: 'LSE-C, LSE-D and their offset',
    file: 'syncnet_v2.model',
    bytes: 54_561_024,
    from: "VGG's page of SyncNet",
    licence: SYNCNET_LICENCE,
    nonCommercial: true,
    hub: { repository: LATENTSYNC, path: 'auxiliary/syncnet_v2.model' },
    networks: {
      visual: { graph: syncnetVisualGraph, inputs: ['frames'], outputs: ['visual'], lengths: [1] },
      audio: { graph: syncnetAudioGraph, inputs: ['mfcc'], outputs: ['audio'], lengths: [2] },
    },
    unused: isCounter,
  },
  s3fd: {
    use: "faces for LSE; without it the library's own detector finds them",
    file: 'sfd_face.pth',
    bytes: 89_836_440,
    from: "VGG's page of SyncNet",
    licence: 'unstated',
    nonCommercial: true,
    hub: { repository: LATENTSYNC, path: 'auxiliary/sfd_face.pth' },
    networks: {
      faces: { graph: s3fdGraph, inputs: ['picture'], outputs: ['loc', 'conf'], lengths: [64, 64] },
    },
    unused: isCounter,
  },
  hopenet: {
    use: "diversity, and deviations of the head's angles",
    file: 'hopenet_robust_alpha1.pkl',
    bytes: 95_892_040,
    from: 'the page of natanielruiz/deep-head-pose',
    licence: 'Apache-2.0 (of its repository)',
    nonCommercial: false,
    hub: {
      repository: 'Sanoojan/REFace',
      path: 'Other_dependencies/Hopenet_pose/hopenet_robust_alpha1.pkl',
    },
    networks: {
      pose: {
        ...{ graph: hopenetGraph, inputs: ['face'], lengths: [1] },
        outputs: ['pooled', 'yaw', 'pitch', 'roll'],
      },
    },
    unused: (name) => isCounter(name) || name.startsWith('fc_finetune.'),
  },
  mmod: {
    use: "faces for diversity; without it the library's own detector finds them",
    file: 'mmod_human_face_detector.dat',
    bytes: 729_940,
    from: 'dlib.net, or davisking/dlib-models',
    licence: 'CC0',
    nonCommercial: false,
    networks: {
      faces: { graph: mmodGraph, inputs: ['sheet'], outputs: ['scores'], lengths: [96, 128] },
    },
    unused: () => false,
  },
  inception: {
    use: 'FID',
    file: 'pt_inception-2015-12-05-6726825d.pth',
    bytes: 95_541_568,
    from: 'release fid_weights of mseitzer/pytorch-fid',
    licence: 'Apache-2.0',
    nonCommercial: false,
    networks: {
      features: { graph: inceptionGraph, inputs: ['picture'], outputs: ['pool3'], lengths: [1, 64, 64] },
    },
    unused: (name) => isCounter(name) || name.startsWith('fc.'),
  },
  arcface: {
    use: 'CSIM',
    file: 'w600k_r50.onnx',
    bytes: 174_515_968,
    from: "InsightFace's package buffalo_l, or backbone.pth of its arcface_torch",
    licence: 'non-commercial research',
    nonCommercial: true,
    networks: { identity: arcfaceNetwork() },
    unused: isCounter,
  },
};

/** @param depths blocks of each stage */
export function arcfaceNetwork(depths: readonly number[] = ARCFACE_DEPTHS.r50): JudgeNetwork {
  return {
    graph: (weights) => arcfaceGraph(weights, depths),
    inputs: ['face'],
    outputs: ['embedding'],
    lengths: [1],
  };
}
