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
export { Clip, type Frame, type FramesOptions } from './talker/clip.js';
export type { AnimateOptions } from './talker/clip-options.js';
export type { PortraitCrop } from './talker/cut.js';
export type { MotionEdit, PerFrame } from './talker/edit-options.js';
export { Motion, type MotionFrame } from './talker/motion.js';
export type { FrameFormat } from './talker/opacity.js';
export type { PhotoSize } from './talker/photo.js';
export { Portrait } from './talker/portrait.js';
export type { PortraitOptions } from './talker/portrait-options.js';
export { type PortraitLease, PortraitStore, type PortraitStoreOptions } from './talker/portrait-store.js';
export type { Progress } from './talker/progress.js';
export type { SaveOptions, SaveResult } from './talker/save-options.js';
export type { SilenceGateOptions } from './talker/silence-options.js';
export { SourceVideo } from './talker/source-video.js';
export type { StreamDelay } from './talker/stream-delay.js';
export type { LateFrame, StreamFrame } from './talker/stream-frame.js';
export type { StreamOptions, StreamSoundOptions } from './talker/stream-options.js';
export { TalkStream } from './talker/talk-stream.js';
export { type AnyTalker, Talker } from './talker/talker.js';
export type { TalkerOptions } from './talker/talker-options.js';
export { TalkerPool, type TalkerPoolOptions } from './talker/talker-pool.js';
export type { TalkerStats } from './talker/talker-stats.js';
export { Trace, type TraceOptions, type TraceTensor } from './talker/trace.js';
export type { UtteranceEnd } from './talker/utterances.js';
export type { SourceVideoOptions, VideoMotionOptions } from './talker/video-options.js';
export { type VisemeFrame, Visemes, type VisemesOptions } from './talker/visemes.js';
export { type KdtalkerWarningCode, WARNING_CODES } from './warnings.js';
