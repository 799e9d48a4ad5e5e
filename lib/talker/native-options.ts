import type { NativeTalkerOptions } from '../binding.js';
import { type Pack, rolesOf } from '../packs/pack.js';

/** A pack as the engine takes it. */
export function nativeTalkerOptions(pack: Pack, device: string, threads: number): NativeTalkerOptions {
  const { manifest } = pack;
  const { sampler } = manifest;
  return {
    device,
    threads,
    sessionThreads: manifest.sessionThreads ?? threads,
    roles: nativeRoles(pack),
    cropSize: manifest.crop.size,
    motionSize: manifest.motionSize,
    ...manifest.output,
    window: sampler.window,
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

function nativeRoles(pack: Pack): NativeTalkerOptions['roles'] {
  const entries = rolesOf(pack.manifest).map(([role, { inputs, outputs }]) => [
    role,
    { file: pack.file(role), inputs, outputs },
  ]);
  return Object.fromEntries(entries);
}

/** [70]: scale, yaw, pitch, roll, t (3), exp (63). */
function motionRow({ manifest }: Pack, kind: 'mean' | 'std'): Float32Array {
  const { scale, yaw, pitch, roll, t, exp } = manifest.statistics;
  return Float32Array.from([scale, yaw, pitch, roll, t, exp].flatMap((statistic) => statistic[kind]));
}
