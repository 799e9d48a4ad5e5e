import { join } from 'node:path';
import type { NativeTalkerOptions } from '../binding.js';
import type { LoweredPack } from './lowering/cache-entry.js';
import { PLAN_SUFFIX } from './lowering/plan/kinds.js';
import type { WrittenModel } from './onnx/index.js';
import { type Pack, type PackManifest, type RoleName, rolesOf } from './pack.js';

/** A provider of ONNX Runtime that runs a pack's networks on a GPU. */
export interface Provided {
  provider: 'cuda' | 'tensorrt';
  /** A folder for what TensorRT builds; empty: none. */
  cache: string;
}

/** The forms of a pack's networks that a device runs in the place of the pack's own. */
export interface PackForms {
  lowered?: LoweredPack | undefined;
  /** Networks that render, in float32, where `lowered` renders in half precision. */
  exact?: LoweredPack | undefined;
  /** Whether `lowered` renders in half precision in ONNX Runtime, so that `exact` and the pack's own are those in float32. */
  halved?: boolean | undefined;
}

/** Options of loading a pack; default: on the CPU, with one thread and the pack's own networks. */
export interface LoadOptions extends PackForms {
  device?: string;
  /** Megabytes. */
  deviceMemory?: number | undefined;
  graphs?: boolean | undefined;
  threads?: number;
  /** Runs the networks. */
  provided?: Provided | undefined;
  /** Networks that no frame runs, and that are not loaded. */
  idle?: readonly RoleName[];
  /** Whether the condition of a frame depends on that frame alone; default: nobody knows. */
  conditionRows?: boolean;
}

/** A pack in the engine's format. */
export function nativeTalkerOptions(
  pack: Pack,
  { device = 'cpu', deviceMemory = 0, graphs = true, threads = 1, provided, ...more }: LoadOptions = {},
): NativeTalkerOptions {
  const { conditionRows = false, idle = [], ...forms } = more;
  const { manifest } = pack;
  const { sampler } = manifest;
  return {
    device,
    deviceMemory: deviceMemory * 1e6,
    graphs,
    provider: provided?.provider ?? '',
    providerCache: provided?.cache ?? '',
    threads,
    sessionThreads: manifest.sessionThreads ?? threads,
    roles: without(idle, { ...ownRoles(pack), ...(forms.lowered && nativeRoles(forms.lowered)) }),
    exactRoles: without(idle, exactRoles(pack, forms)),
    cropSize: manifest.crop.size,
    motionSize: manifest.motionSize,
    ...manifest.output,
    ...featherOf(manifest),
    fps: manifest.fps,
    window: sampler.window,
    fixedWindow: sampler.fixedWindow,
    conditionRows,
    trainTimesteps: sampler.trainTimesteps,
    betaStart: sampler.betaStart,
    betaEnd: sampler.betaEnd,
    processVariance: sampler.smoothing.process,
    observationVariance: sampler.smoothing.observation,
    motionMean: motionRow(pack, 'mean'),
    motionStd: motionRow(pack, 'std'),
    keypointsMean: Float32Array.from(manifest.statistics.kp.mean),
    keypointsStd: Float32Array.from(manifest.statistics.kp.std),
    blinkDirection: Float32Array.from(manifest.blink?.direction ?? []),
    blinkTemplate: Float32Array.from(manifest.blink?.template ?? []),
  };
}

/** Default: the published mask. */
function featherOf({ frame }: PackManifest): Pick<NativeTalkerOptions, 'featherFirst' | 'featherLast'> {
  const [featherFirst, featherLast] = frame?.feather ?? [20, 80];
  return { featherFirst, featherLast };
}

function ownRoles(pack: Pack): NativeTalkerOptions['roles'] {
  const entries = rolesOf(pack.manifest).map(([role, { inputs, outputs }]) => [
    role,
    { file: pack.file(role), inputs, outputs },
  ]);
  return Object.fromEntries(entries);
}

function without(idle: readonly string[], roles: NativeTalkerOptions['roles']): NativeTalkerOptions['roles'] {
  return Object.fromEntries(Object.entries(roles).filter(([role]) => !idle.includes(role)));
}

/** In float32, what `lowered` has in half precision. */
function exactRoles(pack: Pack, { lowered, exact, halved }: PackForms): NativeTalkerOptions['roles'] {
  const given = exact ? nativeRoles(exact) : {};
  if (!halved || !lowered) return given;
  const all = Object.entries({ ...ownRoles(pack), ...given });
  return Object.fromEntries(all.filter(([role]) => lowered.networks[role] !== undefined));
}

/** Lowered networks in the engine's format. */
export function nativeRoles({ directory, networks }: LoweredPack): NativeTalkerOptions['roles'] {
  const path = (file: string) => join(directory, file);
  const part = ({ file, data }: WrittenModel) => ({
    file: path(file),
    // ONNX Runtime finds a graph's data itself.
    weights: data && file.endsWith(PLAN_SUFFIX) ? path(data.file) : undefined,
  });
  const entries = Object.entries(networks).map(([role, { inputs, outputs, rest, ...first }]) => {
    return [role, { ...part(first), inputs, outputs, ...(rest && { rest: rest.map(part) }) }];
  });
  return Object.fromEntries(entries);
}

/** [70]: scale, yaw, pitch, roll, t (3), exp (63). */
function motionRow({ manifest }: Pack, kind: 'mean' | 'std'): Float32Array {
  const { scale, yaw, pitch, roll, t, exp } = manifest.statistics;
  return Float32Array.from([scale, yaw, pitch, roll, t, exp].flatMap((statistic) => statistic[kind]));
}
