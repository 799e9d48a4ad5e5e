import { join } from 'node:path';
import type { NativeTalkerOptions } from '../binding.js';
import type { LoweredPack } from './lowering/cache-entry.js';
import { PLAN_SUFFIX } from './lowering/plan/kinds.js';
import { type Pack, type PackManifest, rolesOf } from './pack.js';

/** A provider of ONNX Runtime that runs a pack's networks on a GPU. */
export interface Provided {
  provider: 'cuda' | 'tensorrt';
  /** A folder for what TensorRT builds; empty: none. */
  cache: string;
}

/** Options of loading a pack; default: on the CPU, with one thread and the pack's own networks. */
export interface LoadOptions {
  device?: string;
  /** Megabytes. */
  deviceMemory?: number | undefined;
  graphs?: boolean | undefined;
  threads?: number;
  /** Networks that replace the pack's own. */
  lowered?: LoweredPack | undefined;
  /** Those that render, in float32, where `lowered` renders in half precision. */
  exact?: LoweredPack | undefined;
  /** Runs the networks, in float32 where `lowered` cannot hold a frame. */
  provided?: Provided | undefined;
}

/** A pack in the engine's format. */
export function nativeTalkerOptions(
  pack: Pack,
  {
    device = 'cpu',
    deviceMemory = 0,
    graphs = true,
    threads = 1,
    lowered,
    exact,
    provided,
  }: LoadOptions = {},
): NativeTalkerOptions {
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
    roles: { ...ownRoles(pack), ...(lowered && nativeRoles(lowered)) },
    exactRoles: exact ? nativeRoles(exact) : provided && lowered ? sameRoles(pack, lowered) : {},
    cropSize: manifest.crop.size,
    motionSize: manifest.motionSize,
    ...manifest.output,
    ...featherOf(manifest),
    fps: manifest.fps,
    window: sampler.window,
    fixedWindow: sampler.fixedWindow,
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

/** The pack's own networks of the roles that were rewritten. */
function sameRoles(pack: Pack, { networks }: LoweredPack): NativeTalkerOptions['roles'] {
  return Object.fromEntries(Object.entries(ownRoles(pack)).filter(([role]) => networks[role] !== undefined));
}

/** Lowered networks in the engine's format. */
export function nativeRoles({ directory, networks }: LoweredPack): NativeTalkerOptions['roles'] {
  const path = (file: string) => join(directory, file);
  const entries = Object.entries(networks).map(([role, { file, data, inputs, outputs }]) => {
    // ONNX Runtime finds a graph's data itself.
    const weights = data && file.endsWith(PLAN_SUFFIX) ? path(data.file) : undefined;
    return [role, { file: path(file), inputs, outputs, weights }];
  });
  return Object.fromEntries(entries);
}

/** [70]: scale, yaw, pitch, roll, t (3), exp (63). */
function motionRow({ manifest }: Pack, kind: 'mean' | 'std'): Float32Array {
  const { scale, yaw, pitch, roll, t, exp } = manifest.statistics;
  return Float32Array.from([scale, yaw, pitch, roll, t, exp].flatMap((statistic) => statistic[kind]));
}
