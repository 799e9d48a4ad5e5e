export type {
  Counters,
  CrossingCount,
  DeviceWork,
  PixelFormat,
  Stages,
  StageTimes,
  TimedStage,
} from './binding.js';
export { ERROR_CODES, KdtalkerError, type KdtalkerErrorCode } from './errors.js';
export {
  type AnimateBenchOptions,
  type AnimatedBench,
  animateBench,
  type BenchProgress,
} from './evaluate/bench/animate.js';
export {
  type PreparedBench,
  type PrepareOptions,
  type PrepareProgress,
  prepareBench,
} from './evaluate/bench/prepare.js';
export { type Sweep, type SweepOptions, type SweepProgress, sweepBench } from './evaluate/bench/sweep.js';
export type { MetricName } from './evaluate/metrics.js';
export { type Evaluation, evaluate } from './evaluate/score/evaluate.js';
export type { EvaluateOptions, EvaluateProgress } from './evaluate/score/options.js';
export type { MethodSummary, Summary, Table } from './evaluate/score/table.js';
export type { CropKind } from './face/crop/index.js';
export type { FaceChoice, FaceRatios } from './face/faces.js';
export type { Box, Matrix, Point } from './face/geometry.js';
export { FACE_WARNINGS, type FaceWarning, type FaceWarningCode } from './face/seen.js';
export type {
  Background,
  Colour,
  FileInput,
  PictureInput,
  RawPicture,
  RawSound,
  SoundInput,
  VideoInput,
} from './media/index.js';
export { type AddJudgesOptions, addJudges, type JudgesProgress } from './packs/judges/add.js';
export { type ListedJudge, type ListedJudges, type ListedNetwork, readJudges } from './packs/judges/list.js';
export type { JudgeName } from './packs/judges/names.js';
export {
  type JudgeFile,
  type PullJudgesOptions,
  type PullJudgesProgress,
  pullJudges,
} from './packs/judges/pull.js';
export { type VerifyJudgesOptions, verifyJudges } from './packs/judges/verify.js';
export { type ConvertOptions, convertPack } from './packs/kdtalker/convert.js';
export { type PullFile, type PullOptions, type PullProgress, pullPack } from './packs/kdtalker/pull.js';
export { type SynthesizeOptions, synthesizePack } from './packs/kdtalker/synthesize.js';
export type { PackProgress, WritePackOptions } from './packs/kdtalker/write.js';
export type { LoweringProgress } from './packs/lowering/lower-pack.js';
export { listPacks, type Pack, type PackManifest, readPack } from './packs/pack.js';
export type { Region } from './packs/regions.js';
export { verifyPack } from './packs/verify.js';
export type { VisemeClass, VisemeCurve } from './packs/visemes.js';
export { Clip, type Frame, type FramesOptions } from './talker/clip/clip.js';
export type { AnimateOptions } from './talker/clip/clip-options.js';
export type { SaveOptions, SaveResult } from './talker/clip/save-options.js';
export type { SilenceGateOptions } from './talker/clip/silence-options.js';
export type { Progress } from './talker/host/progress.js';
export type { TalkerStats } from './talker/host/talker-stats.js';
export type { TalkerOptions } from './talker/load/talker-options.js';
export type { MotionEdit, PerFrame } from './talker/motion/edit-options.js';
export { Motion, type MotionFrame } from './talker/motion/motion.js';
export type { PortraitCrop } from './talker/portrait/cut.js';
export type { FrameFormat } from './talker/portrait/opacity.js';
export type { PhotoSize } from './talker/portrait/photo.js';
export { Portrait } from './talker/portrait/portrait.js';
export type { PortraitOptions } from './talker/portrait/portrait-options.js';
export {
  type PortraitLease,
  PortraitStore,
  type PortraitStoreOptions,
} from './talker/portrait/portrait-store.js';
export type { StreamDelay } from './talker/stream/stream-delay.js';
export type { LateFrame, StreamFrame } from './talker/stream/stream-frame.js';
export type { StreamOptions, StreamSoundOptions } from './talker/stream/stream-options.js';
export { TalkStream } from './talker/stream/talk-stream.js';
export type { UtteranceEnd } from './talker/stream/utterances.js';
export { type AnyTalker, Talker } from './talker/talker.js';
export { TalkerPool, type TalkerPoolOptions } from './talker/talker-pool.js';
export { Trace, type TraceOptions, type TraceTensor } from './talker/trace.js';
export { SourceVideo } from './talker/video/source-video.js';
export type { SourceVideoOptions, VideoMotionOptions } from './talker/video/video-options.js';
export { type VisemeFrame, Visemes, type VisemesOptions } from './talker/visemes.js';
export { type KdtalkerWarningCode, WARNING_CODES } from './warnings.js';
