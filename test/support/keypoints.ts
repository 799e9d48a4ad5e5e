import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clip, type Portrait, Talker, type TalkerOptions } from 'kdtalker';
import type { Test } from 'tap';
import { NETWORKS } from '../../dist/packs/kdtalker/networks.js';
import { Graph, type Value } from '../../dist/packs/onnx/index.js';
import { puppetPack } from '../../dist/packs/puppet/pack.js';
import { formulaWeights } from '../../dist/packs/weights/formula.js';
import { type PackDraft, writePack } from '../../dist/packs/write.js';
import { portraitFileBytes } from '../../dist/talker/portrait/portrait-file.js';
import { GOLDEN_SALT, temporaryFolder } from './networks.js';
import { framesOf } from './talker.js';

const KEYPOINTS = 63;
/** Coordinates from -RANGE to RANGE are drawn, in 24 bits. */
const RANGE = 8;

/**
 * The puppet with another renderer, which draws its inputs instead of the portrait: a pixel for each coordinate of the driving keypoints,
 * whose three bytes are the number in 24 bits. So a test reads the renderer's inputs from finished frames.
 */
export function drawingPack(): PackDraft {
  const draft = { ...puppetPack(), frame: undefined }; // crops, and the published mask
  const renderer = drawingGraph();
  return {
    ...draft,
    name: 'drawing',
    output: { width: KEYPOINTS, height: 1 },
    roles: {
      ...draft.roles,
      render: { ...draft.roles.render!, outputs: { image: 'out' }, model: renderer.toBytes() },
    },
  };
}

/** The same with the retargeting networks of the golden cases. */
export function retargetingPack(): PackDraft {
  const draft = drawingPack();
  const weights = formulaWeights(GOLDEN_SALT);
  const role = (name: 'stitching' | 'eye' | 'lip', inputs: Record<string, string>, ...outputs: string[]) => ({
    file: `${name}.onnx`,
    inputs,
    outputs: Object.fromEntries(outputs.map((output) => [output, output])),
    model: NETWORKS[name](weights).toBytes(),
  });
  return {
    ...draft,
    roles: {
      ...draft.roles,
      stitching: role('stitching', { source: 'x_s', driving: 'x_d' }, 'stitched', 'delta'),
      eye: role('eye', { source: 'x_s', ratio: 'ratio' }, 'delta'),
      lip: role('lip', { source: 'x_s', ratio: 'ratio' }, 'delta'),
    },
  };
}

function drawingGraph(): Graph {
  const g = new Graph('drawing');
  g.input('f_s', 'float32', [1, 3, 512, 512]);
  g.input('x_s', 'float32', [1, 21, 3]);
  const unit = g
    .input('x_d', 'float32', [1, 21, 3])
    .add(RANGE)
    .mul(1 / (2 * RANGE));
  const bytes: Value[] = [];
  let rest = unit.reshape(1, 1, 1, KEYPOINTS);
  for (let i = 0; i < 3; i++) {
    const scaled = rest.mul(256);
    const byte = g.op('Floor', [scaled]);
    bytes.push(byte);
    rest = scaled.sub(byte);
  }
  // The middle of the interval that truncation maps to this byte.
  g.output('out', g.concat(1, bytes).add(0.5).div(255), 'float32', [1, 3, 1, KEYPOINTS]);
  return g;
}

/** Writes a pack and loads it. */
export async function loadDraft(t: Test, draft: PackDraft, options?: TalkerOptions): Promise<Talker> {
  const directory = join(temporaryFolder(t), 'pack');
  await writePack(directory, draft);
  const talker = await Talker.load(directory, { threads: 1, ...options });
  t.teardown(() => talker.close());
  return talker;
}

/** The renderer's keypoints of each frame, [21, 3]. */
export async function drivingKeypoints(clip: Clip): Promise<Float32Array[]> {
  const frames = await framesOf(clip);
  return frames.map(({ data }) =>
    Float32Array.from({ length: KEYPOINTS }, (_, i) => {
      const number = data[3 * i]! * 65536 + data[3 * i + 1]! * 256 + data[3 * i + 2]!;
      return ((number + 0.5) / 2 ** 24) * 2 * RANGE - RANGE;
    }),
  );
}

/** A portrait whose keypoints are the given ones: at scale 1, not turned, without an expression. */
export async function portraitOf(
  t: Test,
  talker: Talker,
  keypoints: Float32Array,
  ratios?: { eyes: [number, number]; lip: number },
  motion: Float32Array = Float32Array.from({ length: 70 }, (_, i) => (i === 0 ? 1 : 0)),
): Promise<Portrait> {
  const folder = temporaryFolder(t);
  const pack = { directory: '', manifest: talker.pack, file: () => '' };
  const crop = {
    kind: 'none' as const,
    size: 512,
    toPhoto: [1, 0, 0, 0, 1, 0] as const,
    toCrop: [1, 0, 0, 0, 1, 0] as const,
    box: undefined,
    score: undefined,
  };
  const file = join(folder, 'face');
  const bytes = await portraitFileBytes(pack, {
    crop: { ...crop, toPhoto: [...crop.toPhoto], toCrop: [...crop.toCrop] },
    ratios,
    tensors: {
      feature: { dims: [1, 3, 512, 512], data: new Float32Array(3 * 512 * 512) },
      canonical: { dims: [21, 3], data: keypoints },
      motion: { dims: [70], data: motion },
    },
    picture: undefined,
    original: undefined,
    opacity: undefined,
  });
  writeFileSync(file, bytes);
  return talker.loadPortrait(file);
}

/** Values of a motion that takes such a portrait to the given keypoints, frame by frame. */
export function motionTo(source: Float32Array, ...frames: Float32Array[]): Float32Array {
  return Float32Array.from(
    frames.flatMap((frame) => [1, 0, 0, 0, 0, 0, 0, ...frame.map((value, i) => value - source[i]!)]),
  );
}
