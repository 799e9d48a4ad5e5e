/**
 * The only access to native code: loads the addon and the ONNX Runtime library, and declares the whole native interface.
 *
 * Callers have validated all values; native code checks again only what could corrupt memory. Every native error becomes a
 * {@link KdtalkerError} with the engine's code, its message and the caller's stack.
 */
import { availableParallelism } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import type {
  Ceiling,
  CpuFeatures,
  NativeLanes,
  NativeLoopJoin,
  NativeLoopPast,
  NativePhoto,
  NativePortraitOptions,
  NativeRunOptions,
  NativeTraceOptions,
  NativeWeightLayout,
} from './binding-options.js';
import type { GpuReports, ProviderReport } from './gpu-report.js';
import { loadAddonFile, runtimeLibraries } from './installed.js';
import { withKdtalkerErrors } from './native-errors.js';
import type { Picture } from './picture.js';

export type {
  Ceiling,
  CpuFeatures,
  NativeLanes,
  NativePhoto,
  NativePortraitOptions,
  NativeRunOptions,
  NativeSilenceOptions,
  NativeStreamOptions,
  NativeTraceOptions,
  NativeWeightLayout,
} from './binding-options.js';

declare const handle: unique symbol;
/** An engine object owned by JavaScript; only calls of the same kind accept it. */
export interface Handle<Kind extends string> {
  readonly [handle]: Kind;
}
export type TalkerHandle = Handle<'talker'>;
export type PortraitHandle = Handle<'portrait'>;
export type SpeechHandle = Handle<'speech'>;
export type RunHandle = Handle<'run'>;
export type TraceHandle = Handle<'trace'>;
export type PlanNetworkHandle = Handle<'plan network'>;
type SessionHandle = Handle<'session'>;

/** A tensor in host memory, row-major. */
export interface HostTensor {
  dims: number[];
  data: Float32Array | BigInt64Array | Int32Array | Uint8Array;
}
export type HostTensors = Record<string, HostTensor>;

/** A named input or output of a graph; a dynamic dimension is -1. */
export interface Slot {
  name: string;
  type: 'float32' | 'int64' | 'int32' | 'uint8';
  dims: number[];
}

/** Numbers of copies between host and device, by reason. */
export interface CrossingCount {
  uploads: number;
  uploadBytes: number;
  downloads: number;
  downloadBytes: number;
}
export type Crossing = 'pack' | 'picture' | 'spectrogram' | 'motion' | 'frame' | 'portrait' | 'trace';
export type Counters = Record<Crossing, CrossingCount>;

/** What a GPU was asked for; on other devices all are 0. */
export interface DeviceWork {
  /** Allocations from CUDA. Memory that is used again is not counted. */
  allocations: number;
  /** Kernels given singly. */
  launches: number;
  /** Lists of kernels given with one call. */
  graphLaunches: number;
  /** Waits of the host for the device. */
  synchronisations: number;
}

/** A step of a clip that the engine times: `audio` and `sample` run once per window, the others once per frame. */
export type TimedStage = 'audio' | 'sample' | 'warp' | 'decode' | 'convert';
/** The time that a stage took. */
export interface StageTimes {
  /** Number of runs since the talker was loaded. */
  laps: number;
  /** Total milliseconds of all runs. */
  milliseconds: number;
  /** Milliseconds of the last runs, oldest first; at most 1024. */
  recent: Float64Array;
}
/** If a pack renders with one network, `warp` is all of it and `decode` has no laps. */
export type Stages = Record<TimedStage, StageTimes>;

/** native/stages/network.h Role: an ONNX graph, or a plan and its weights. */
export interface NativeRole {
  file: string;
  inputs: Record<string, string>;
  outputs: Record<string, string>;
  /** The file of a plan's weights. */
  weights?: string | undefined;
  /** What runs behind `file`, in this order, where a network is in several files. */
  rest?: NativePart[] | undefined;
}

/** native/stages/network.h Part. */
export type NativePart = Pick<NativeRole, 'file' | 'weights'>;

/** native/engine/options.h TalkerOptions. Sizes in pixels, statistics in the layout of motion, [70], and keypoints, [63]. */
export interface NativeTalkerOptions {
  device: string;
  /** Bytes that it may hold of a GPU's memory; 0: no limit. */
  deviceMemory: number;
  /** Whether a GPU captures what repeats, or the provider does. */
  graphs: boolean;
  /** What runs the networks on a GPU; '': plans. */
  provider: '' | 'cuda' | 'tensorrt';
  /** A folder for what TensorRT builds; '': none. */
  providerCache: string;
  threads: number;
  sessionThreads: number;
  roles: Record<string, NativeRole>;
  /** Where `roles` render in half precision: the same networks in float32, loaded when a frame needs them. Else empty. */
  exactRoles: Record<string, NativeRole>;
  cropSize: number;
  motionSize: number;
  width: number;
  height: number;
  /** In 512ths of the crop's side, from its edge: where a pasted crop begins to show, and from where on it shows alone. */
  featherFirst: number;
  featherLast: number;
  fps: number;
  window: number;
  fixedWindow: boolean;
  /** Whether each row of the role `condition` depends on its frame's features alone. */
  conditionRows: boolean;
  trainTimesteps: number;
  betaStart: number;
  betaEnd: number;
  processVariance: number;
  observationVariance: number;
  motionMean: Float32Array;
  motionStd: Float32Array;
  keypointsMean: Float32Array;
  keypointsStd: Float32Array;
  blinkDirection: Float32Array;
  blinkTemplate: Float32Array;
}

/** The addon's exports. The engine's own threads settle promises, never libuv's pool. */
interface Addon {
  /** Sessions of so many threads share them; others have threads of their own. */
  openRuntime(library: string, first: string, threads: number): { library: string; version: string };
  stopAll(): void;
  /** Bytes outside of the heap that the garbage collector was told of; `process.memoryUsage()` has not those of handles. */
  externalMemory(): number;
  measureCeilings(threads: number): Promise<Ceiling[]>;
  openSession(
    file: string,
    threads: number,
    brief: boolean,
  ): Promise<{ handle: SessionHandle; inputs: Slot[]; outputs: Slot[] }>;
  runSession(session: SessionHandle, feeds: HostTensors): Promise<HostTensors>;
  closeSession(session: SessionHandle): Promise<void>;
  /** A network on a device, by its plans over one file of weights; a run takes the plan for the lengths of its tensors. */
  openPlanNetwork(weights: string, device: string): Promise<PlanNetworkHandle>;
  runPlanNetwork(network: PlanNetworkHandle, plan: string, feeds: HostTensors): Promise<HostTensors>;
  closePlanNetwork(network: PlanNetworkHandle): Promise<void>;
  /** Milliseconds of each kernel of a plan, in the order of its operations, over inputs of noise. */
  timePlanKernels(network: PlanNetworkHandle, plan: string, rounds: number): Promise<Float64Array>;
  /** Writes to `out`, whose size says how much of the picture is seen. Neither's bytes may change until it is done. */
  warpPicture(picture: Picture, matrix: Float64Array, out: Picture, border: Border): Promise<void>;
  /** Weights [outputs, inputs, ...kernel] as the operator's kernels read them. */
  layOutWeights(layout: NativeWeightLayout, weights: Float32Array): Promise<Buffer>;
  cpuFeatures(): CpuFeatures;
  /** Tries every GPU. A broken driver may take the process down, so it runs in a process of its own. */
  examineGpus(): Promise<GpuReports>;
  /** Opens the libraries of a provider of ONNX Runtime, in a process of its own as well. */
  examineProvider(provider: 'cuda' | 'tensorrt'): Promise<ProviderReport>;
  /** Throws if the device cannot be used. */
  checkDevice(device: string): Promise<void>;
  openTalker(options: NativeTalkerOptions): Promise<TalkerHandle>;
  /** The checks of openTalker on the networks, with one network in memory at a time. */
  checkModel(options: NativeTalkerOptions): Promise<void>;
  /** Loads a role's network with its provider and runs it once; `open` is the length that it leaves open. */
  prepareRole(options: NativeTalkerOptions, role: string, open: number): Promise<void>;
  /** Plans of roles whose networks have a length that the clip chooses; their weights are the talker's. `window` is in frames. */
  addPlans(talker: TalkerHandle, plans: { roles: Record<string, NativeRole>; window: number }): Promise<void>;
  talkerDevice(talker: TalkerHandle): string;
  /** The maximum number of frames of a clip that are rendered side by side. */
  framesAtOnce(talker: TalkerHandle): number;
  talkerLanes(talker: TalkerHandle): NativeLanes;
  /** How much a tenant is served compared with others, from its next clip on. */
  weighTenant(talker: TalkerHandle, tenant: string, weight: number): void;
  talkerCounters(talker: TalkerHandle): Counters;
  talkerDeviceBytes(talker: TalkerHandle): number;
  talkerDeviceWork(talker: TalkerHandle): DeviceWork;
  talkerStages(talker: TalkerHandle): Stages;
  closeTalker(talker: TalkerHandle): Promise<void>;
  /** The photo is copied by an engine thread: its bytes may not change until this is done. */
  preparePortrait(talker: TalkerHandle, options: NativePortraitOptions): Promise<PortraitHandle>;
  portraitTensors(portrait: PortraitHandle): Promise<HostTensors>;
  /** Of its tensors and its photo. */
  portraitBytes(portrait: PortraitHandle): number;
  /** Writes the photo that it keeps to `out`, which has all its bytes. */
  portraitPhoto(portrait: PortraitHandle, out: Uint8Array): Promise<void>;
  restorePortrait(
    talker: TalkerHandle,
    tensors: HostTensors,
    ratios: Float32Array,
    photo: NativePhoto | undefined,
  ): Promise<PortraitHandle>;
  /** The motion [70] that the motion network sees in a crop. */
  readPictureMotion(talker: TalkerHandle, crop: Picture): Promise<Float32Array>;
  /** The same `motion`, and the keypoints of the face at rest, `canonical` [21, 3]. */
  seePicture(talker: TalkerHandle, crop: Picture): Promise<HostTensors>;
  closePortrait(portrait: PortraitHandle): Promise<void>;
  openSpeech(talker: TalkerHandle, sampleRate: number): SpeechHandle;
  pushSpeech(speech: SpeechHandle, samples: Float32Array): Promise<void>;
  finishSpeech(speech: SpeechHandle): Promise<number>;
  /** Channels of the audio features of finished speech: [frames, count] for each of `wanted`. */
  readFeatures(
    talker: TalkerHandle,
    speech: SpeechHandle,
    wanted: readonly { first: number; count: number }[],
  ): Promise<Float32Array[]>;
  /** Ends readFeatures soon. */
  stopSpeech(speech: SpeechHandle): void;
  closeSpeech(speech: SpeechHandle): Promise<void>;
  openRun(
    portrait: PortraitHandle,
    source: SpeechHandle | Float32Array,
    options: NativeRunOptions,
  ): RunHandle;
  /** A run whose speech comes by hearSpeech, mono at this rate. */
  openStream(portrait: PortraitHandle, sampleRate: number, options: NativeRunOptions): RunHandle;
  /** One at a time. */
  hearSpeech(run: RunHandle, samples: Float32Array): Promise<void>;
  endSpeech(run: RunHandle): void;
  /** The motion of a stream goes over to a loop in JOIN_FRAMES frames, or does not, before the sound of the first, or other sound, is heard. */
  joinLoop(run: RunHandle, join: NativeLoopJoin | undefined): void;
  /** The motion of frames [first, last) of a stream is kept as it is decided, from now on; and some of it, empty if that was taken back. */
  recordMotion(run: RunHandle, first: number, last: number): void;
  recordedMotion(run: RunHandle, first: number, count: number): Float32Array;
  /** Frames and sound from `frame` on are forgotten, while no sound is being heard. With a past, that was shown before. */
  interruptSpeech(run: RunHandle, frame: number, past: NativeLoopPast | undefined): void;
  /** So many frames behind those that were asked for are not made: the next one is asked for. Of a stream. */
  skipFrames(run: RunHandle, count: number): void;
  /** `source`: the portrait that this frame shows, not the clip's. Its index, -1 after the last, or -2 if it was interrupted. */
  readFrame(
    run: RunHandle,
    out: Uint8Array,
    format: PixelFormat,
    source: PortraitHandle | undefined,
  ): Promise<number>;
  readMotion(run: RunHandle): Promise<{ motion: Float32Array; raw: Float32Array }>;
  /**
   * `exactFrom`: the first frame that half precision could not hold; -1: none. `graphsRefused`: why a network of the talker runs without CUDA
   * graphs that it was asked for; '': it does not.
   */
  runProgress(run: RunHandle): { frames: number; sampled: number; exactFrom: number; graphsRefused: string };
  stopRun(run: RunHandle): void;
  closeRun(run: RunHandle): Promise<void>;
  openTrace(
    talker: TalkerHandle,
    portrait: NativePortraitOptions,
    speech: SpeechHandle,
    options: NativeTraceOptions,
  ): TraceHandle;
  /** The tensors of the next piece of work; undefined after the last. */
  nextTrace(trace: TraceHandle): Promise<HostTensors | undefined>;
  stopTrace(trace: TraceHandle): void;
  closeTrace(trace: TraceHandle): Promise<void>;
}

/**
 * Layout of a frame's bytes: RGB24, I420 or NV12 (BT.709, limited range), or the decoder's output before rounding: planes of red, green and blue,
 * float32, 0..1.
 */
export type PixelFormat = 'rgb24' | 'yuv420p' | 'nv12' | 'rgbf32';

/** The value of a sample outside of the picture. */
export type Border = 'black' | 'replicate';

/** An ONNX graph on the CPU with host tensors in and out. */
export interface NativeSession {
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
  run(feeds: HostTensors): Promise<HostTensors>;
  close(): Promise<void>;
}

/** The loaded addon; like {@link Addon}, except that sessions are objects. */
export type Binding = Omit<
  Addon,
  'openRuntime' | 'stopAll' | 'openSession' | 'runSession' | 'closeSession'
> & {
  /** File and version of the ONNX Runtime in use. */
  readonly runtime: { library: string; version: string };
  /** `brief`: for few runs, with as little memory as possible. */
  openSession(file: string, options: { threads: number; brief?: boolean }): Promise<NativeSession>;
};

let loaded: Binding | undefined;

/**
 * The native binding, loaded on first use.
 *
 * @throws KdtalkerError ADDON_NOT_FOUND when no build fits this machine, RUNTIME_NOT_FOUND when ONNX Runtime cannot be opened.
 */
export function native(): Binding {
  loaded ??= load();
  return loaded;
}

function load(): Binding {
  const addon = withKdtalkerErrors(loadAddonFile() as Addon);
  const { library, first } = runtimeLibraries();
  // ONNX Runtime's telemetry would leave files in the folder for temporary files; the value 0 turns it on.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  const runtime = addon.openRuntime(library, first, availableParallelism());
  // This runs before ONNX Runtime destroys anything. The addon itself handles the end of a worker.
  if (isMainThread) process.once('exit', () => addon.stopAll());
  return {
    ...addon,
    runtime,
    openSession: (file, options) => openSession(addon, file, options),
  };
}

async function openSession(
  addon: Addon,
  file: string,
  { threads, brief = false }: { threads: number; brief?: boolean },
): Promise<NativeSession> {
  const { handle: session, inputs, outputs } = await addon.openSession(file, threads, brief);
  return {
    inputs,
    outputs,
    run: (feeds) => addon.runSession(session, feeds),
    close: () => addon.closeSession(session),
  };
}
