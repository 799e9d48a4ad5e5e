import { z } from 'zod';
import { BLINK_FRAMES, FPS, PACK_SIDE, STEPS, THREADS, WINDOW } from '../limits.js';
import type { PackManifest } from './manifest.js';

/** The permitted contents of pack.json. Sizes in pixels, angles in degrees, coordinates in crop units (-1 to 1, x right, y down). */

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'small letters, digits and hyphens');
// A path in the folder of the pack or below it, never above it.
const fileName = z
  .string()
  .regex(
    /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[\w./-]+$/,
    'a path inside the pack, of letters, digits and . _ - /',
  );
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits');
const size = z.int().min(PACK_SIDE[0]).max(PACK_SIDE[1]);
const finite = z.number();
const positive = z.number().positive();
const numbers = (length: number) => z.array(finite).length(length);

/** A network's fingerprint (lib/packs/fingerprint): a few numbers of every output for inputs by formula, by the graph's names. */
const fingerprint = z
  .record(
    z.string().min(1),
    z.strictObject({ mean: finite, rms: finite.min(0), values: z.array(finite).min(1).max(16) }),
  )
  .meta({ description: 'What the network gives for inputs by formula; `packs verify` compares it' });

/** A network: its file and the graph's names for the tensors of its role; `traced` and `either` are optional. */
function role<
  In extends string,
  Out extends string,
  Traced extends string = never,
  Either extends string = never,
>(
  inputs: readonly In[],
  outputs: readonly Out[],
  traced: readonly Traced[] = [],
  either: readonly Either[] = [],
) {
  const names = <N extends string>(list: readonly N[]) =>
    z.strictObject(Object.fromEntries(list.map((key) => [key, z.string().min(1)])) as Record<N, z.ZodString>);
  return z.strictObject({
    file: fileName.meta({ description: 'ONNX file, relative to pack.json' }),
    sha256,
    bytes: z.int().positive(),
    data: z
      .strictObject({ file: fileName, sha256, bytes: z.int().positive() })
      .optional()
      .meta({ description: 'The file of large weights beside the graph, where it has one' }),
    licence: z.string().optional().meta({ description: 'Where it differs from the licence of the pack' }),
    inputs: names(inputs).extend(optional(either)),
    outputs: names(outputs)
      .extend(optional(traced))
      .meta({ description: 'Those that need not be here are for traces only, but `field`' }),
    fingerprint: fingerprint.optional(),
  });
}

/** Optional names, as fields of an object. */
function optional<N extends string>(list: readonly N[]) {
  const fields = list.map((key) => [key, z.string().min(1).exactOptional()]);
  return Object.fromEntries(fields) as Record<N, z.ZodExactOptional<z.ZodString>>;
}

/** The motion network's raw heads: angles in bins, the rest flat. */
const HEADS = ['raw_kp', 'raw_pitch', 'raw_yaw', 'raw_roll', 'raw_t', 'raw_exp', 'raw_scale'] as const;

/** The denoiser's inputs: either all raw inputs, or the outputs of `condition` and `time` for audio and timestep. */
const WHOLE = ['timestep', 'audio'] as const;
const SPLIT = ['condition', 'time'] as const;

const roles = z
  .strictObject({
    appearance: role(['image'], ['feature']),
    motion: role(
      ['image'],
      ['keypoints', 'pitch', 'yaw', 'roll', 'translation', 'expression', 'scale'],
      HEADS,
    ),
    audio: role(['mel'], ['feature']),
    condition: role(['audio'], ['condition']).optional(),
    time: role(['timestep'], ['time']).optional(),
    denoiser: role(['x', 'canonical', 'reference'], ['noise'], [], [...WHOLE, ...SPLIT]),
    render: role(['feature', 'source', 'driving'], ['image'], ['field']).optional(),
    field: role(['feature', 'source', 'driving'], ['field']).optional(),
    warp: role(['feature', 'source', 'driving'], ['feature'], ['deformation', 'occlusion']).optional(),
    decode: role(['feature'], ['image']).optional(),
    stitching: role(['source', 'driving'], ['stitched'], ['delta']).optional(),
    eye: role(['source', 'ratio'], ['delta']).optional(),
    lip: role(['source', 'ratio'], ['delta']).optional(),
  })
  .refine(({ render, warp, decode }) => (render ? !warp && !decode : warp && decode), {
    error: 'either render, or both warp and decode',
  })
  .refine(
    (all) => {
      const split = SPLIT.some((role) => all[role]);
      const [taken, left] = split ? [SPLIT, WHOLE] : [WHOLE, SPLIT];
      const { inputs } = all.denoiser;
      if (taken.some((word) => !inputs[word]) || left.some((word) => inputs[word])) return false;
      return !split || SPLIT.every((role) => all[role]);
    },
    {
      error:
        'either timestep and audio as inputs of denoiser, or condition and time and the roles of those names',
      path: ['denoiser', 'inputs'],
    },
  );

const statistic = (length: number) =>
  z.strictObject({ mean: numbers(length), std: z.array(z.number().min(0)).length(length) });

const statistics = z
  .strictObject({
    scale: statistic(1),
    yaw: statistic(1),
    pitch: statistic(1),
    roll: statistic(1),
    t: statistic(3),
    exp: statistic(63),
    kp: statistic(63),
  })
  .meta({ description: 'Normalisation of motion and canonical keypoints' });

const sampler = z
  .strictObject({
    steps: z
      .int()
      .min(STEPS[0])
      .max(STEPS[1])
      .meta({ description: 'Sampling steps where the caller does not choose' }),
    window: z.int().min(WINDOW[0]).max(WINDOW[1]).meta({ description: 'Frames the denoiser sees at once' }),
    fixedWindow: z.boolean().meta({ description: 'Whether the denoiser takes no other number of frames' }),
    trainTimesteps: z.int().min(1).max(10000),
    betaStart: positive,
    betaEnd: positive,
    smoothing: z
      .strictObject({ process: positive, observation: positive })
      .meta({ description: 'Variances of the Kalman smoother' }),
  })
  .refine(({ betaStart, betaEnd }) => betaStart <= betaEnd && betaEnd < 1, {
    error: 'a number from betaStart to below 1',
    path: ['betaEnd'],
  });

const blink = z.strictObject({
  direction: numbers(63).meta({ description: 'What closes the eyes, in expression units' }),
  template: z
    .array(finite)
    .min(BLINK_FRAMES[0])
    .max(BLINK_FRAMES[1])
    .meta({ description: 'Closing, frame by frame; 1 is closed' }),
});

const landmark = z
  .strictObject({
    keypoint: z.int().min(0).max(20),
    axis: z.enum(['x', 'y']),
    base: z.union([finite, z.literal('keep')]).meta({ description: "A number, or the network's own value" }),
    terms: z.array(
      z.strictObject({
        points: z.array(z.int().min(0).max(67)).min(1),
        axis: z.enum(['x', 'y']),
        weight: finite,
      }),
    ),
  })
  .meta({
    description: 'Replaces a canonical keypoint: base + sum of weight * mean of the 68-point landmarks',
  });

const faceNetwork = z.strictObject({
  file: fileName.meta({ description: 'ONNX file, relative to pack.json' }),
  sha256,
  bytes: z.int().positive(),
  licence: z.string().optional().meta({ description: 'Where it differs from the licence of the pack' }),
});

const faces = z
  .strictObject({
    detector: faceNetwork.optional().meta({ description: "SCRFD, InsightFace's det_10g.onnx" }),
    landmarks106: faceNetwork.optional().meta({ description: "106 points, InsightFace's 2d106det.onnx" }),
    landmarks203: faceNetwork.optional().meta({ description: "203 points, LivePortrait's landmark.onnx" }),
  })
  .refine(({ detector, landmarks106 }) => (detector === undefined) === (landmarks106 === undefined), {
    error: 'both detector and landmarks106, or neither',
  })
  .meta({ description: 'Networks that find faces; the library has its own where the pack has none' });

const distance = z.number().min(0).max(256);
const frame = z
  .strictObject({
    default: z.enum(['crop', 'full']),
    feather: z.tuple([distance, distance]).refine(([first, last]) => first < last, {
      error: 'two distances, the second greater',
    }),
  })
  .meta({
    description:
      'What frames show by default; and between which distances from its edge, in 512ths of its side, a crop fades into its picture',
  });

const axes = z.enum(['x', 'y', 'z', 'xy', 'xz', 'yz', 'xyz']);
const region = z.array(z.strictObject({ keypoint: z.int().min(0).max(20), axes }));

const regions = z
  .strictObject({
    exp: region.meta({ description: 'All that carries expression' }),
    lip: region,
    eyes: region,
  })
  .meta({ description: "Keypoints whose expression makes up a region; without it LivePortrait's" });

/** The schema of pack.json, format 1. */
export const packSchema: z.ZodType<PackManifest> = z
  .strictObject({
    $schema: z.string().optional(),
    format: z.literal(1),
    name,
    version: z.string().regex(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/, 'a version like 1.0.0'),
    description: z.string().max(1000),
    licence: z.strictObject({
      name: z.string().min(1),
      text: z.string().optional(),
      nonCommercial: z.boolean(),
    }),
    fps: z.int().min(FPS[0]).max(FPS[1]).meta({ description: 'Frames a second, of motion and of video' }),
    crop: z.strictObject({ default: z.enum(['ffhq', 'kdtalker', 'liveportrait', 'none']), size }).meta({
      description: 'How a face is cut out, and the side of the square that is handed to the device',
    }),
    motionSize: size.meta({ description: 'Side of the picture the motion extractor sees' }),
    output: z.strictObject({ width: size, height: size }),
    frame: frame.optional(),
    sessionThreads: z
      .int()
      .min(THREADS[0])
      .max(THREADS[1])
      .optional()
      .meta({ description: 'Threads that a network can use; with more, frames are rendered side by side' }),
    roles,
    sampler,
    statistics,
    blink: blink.optional(),
    landmarks: z.array(landmark).optional(),
    faces: faces.optional(),
    regions: regions.optional(),
    visemes: z
      .strictObject({ curves: z.int().min(0).max(4096), classes: z.int().min(0).max(4096) })
      .optional()
      .meta({
        description:
          'Channels of the audio features where six curves of the mouth, and fifteen chances of visemes, begin',
      }),
  })
  .superRefine(({ crop, motionSize }, context) => {
    if (crop.size % motionSize === 0) return;
    const message = `a divisor of crop.size (${crop.size}), because the motion network sees the crop scaled down`;
    context.addIssue({ code: 'custom', path: ['motionSize'], message, input: motionSize });
  })
  .meta({ title: 'kdtalker pack', description: 'Every network of one talking-head model and how to run it' });

/** The JSON schema of pack.json, for editors and other programs. */
export function packJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(packSchema) as Record<string, unknown>;
}
