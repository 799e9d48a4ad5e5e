import { LSE_KINDS } from '../../evaluate/lse-kinds.js';
import { STEPS, THREADS, WINDOW } from '../../limits.js';
import { engine, movement, sampling } from '../animate/options.js';
import {
  choice,
  choices,
  decimal,
  flag,
  integer,
  integers,
  section,
  text,
  texts,
  type Values,
} from '../option.js';
import { judgeDevice } from '../shared-options.js';

const FILES = 'Input and output';
const bench = text('DIR', 'The clips on which to compare, from `evaluate prepare`');
const threads = integer(THREADS, 'Threads of a network', { fallback: '1' });

/** Options of `evaluate prepare`. */
export const PREPARE_OPTIONS = {
  ...section(FILES, {
    videos: text(
      'PATH',
      'A folder of videos, and of pictures with voices of the same names; or a text file with a path on each line',
    ),
    out: text('DIR', 'Where the clips go', { also: ['output'] }),
  }),
  ...section('Clips', {
    seconds: decimal([0.04, 3600], 'Length of each clip at most', { fallback: '8' }),
    crop: choice(
      ['ffhq', 'kdtalker', 'liveportrait', 'none'],
      "How the first frame's face is cut out; all frames are cut to the same square, none takes whole frames",
      { fallback: 'kdtalker' },
    ),
    size: integer([64, 2048], 'Side of the squares in pixels, an even number', { fallback: '512' }),
  }),
  ...section('Engine', { threads }),
};

/** The options given to `evaluate prepare`. */
export type PrepareValues = Values<typeof PREPARE_OPTIONS>;

/** Options of `evaluate animate`. */
export const ANIMATE_BENCH_OPTIONS = {
  ...section(FILES, {
    bench,
    out: text('DIR', 'The folder for the videos and times.json', { also: ['output'] }),
    'no-speed': flag('Do not generate each clip once more without an encoder to measure that speed'),
  }),
  ...engine,
  ...sampling,
  ...movement,
};

/** The options given to `evaluate animate`. */
export type AnimateBenchValues = Values<typeof ANIMATE_BENCH_OPTIONS>;

/** Options of `evaluate judges`. */
export const JUDGES_OPTIONS = {
  ...section('Input and output', {
    out: text('DIR', 'The folder of judges: new, or one that has some', { also: ['o', 'output', 'judges'] }),
    syncnet: text('FILE', 'syncnet_v2.model: LSE-C, LSE-D and their offset'),
    s3fd: text('FILE', "sfd_face.pth: faces for LSE, else the library's own detector finds them"),
    hopenet: text('FILE', "hopenet_robust_alpha1.pkl: diversity and the head's angles"),
    mmod: text('FILE', "mmod_human_face_detector.dat: faces for diversity, else the library's own detector"),
    inception: text('FILE', 'pt_inception-2015-12-05-6726825d.pth: FID'),
    arcface: text('FILE', 'w600k_r50.onnx, or a backbone.pth of arcface_torch: CSIM'),
    verify: flag("Compare the folder's files with their hashes, and its networks with their fingerprints"),
  }),
  ...section('Download', {
    pull: choices('NAME,NAME', 'Download these from the public model hub: syncnet, s3fd, hopenet'),
    downloads: text('DIR', 'The folder for the downloaded files, which are kept', {
      fallback: 'beside the judges, removed when they are added',
    }),
    'accept-licences': flag('Accept the licences of the files without being asked', {
      also: ['accept-licenses', 'yes', 'accept'],
    }),
  }),
};

/** The options given to `evaluate judges`. */
export type JudgesValues = Values<typeof JUDGES_OPTIONS>;

const judged = {
  judges: text('DIR', 'Judges, from `evaluate judges`', {
    fallback: 'LSE, diversity, FID and CSIM are not measured',
  }),
  lse: choice(LSE_KINDS, 'LSE of the longest track of a face, or of the whole frame', { fallback: 'track' }),
  'lse-reencode': flag('Encode pictures again for LSE as the published programs do, to compare digits'),
};

const { steps: _steps, window: _window, ...otherSampling } = sampling;

/** Options of `evaluate sweep`. */
export const SWEEP_OPTIONS = {
  ...section(FILES, {
    bench,
    out: text('DIR', 'Where videos, results and the chart go', { also: ['output'] }),
  }),
  ...section('What is compared', {
    steps: integers('N,N,...', STEPS, 'Numbers of sampling steps'),
    window: integers('N,N,...', WINDOW, 'Or lengths of the window in frames'),
    ...judged,
  }),
  ...engine,
  ...otherSampling,
  ...movement,
};

/** The options given to `evaluate sweep`. */
export type SweepValues = Values<typeof SWEEP_OPTIONS>;

/** Options of `evaluate score`. */
export const SCORE_OPTIONS = {
  ...section(FILES, {
    bench,
    method: texts(
      'NAME=DIR',
      'A name and the folder of its videos; for several methods give it several times',
    ),
    out: text('DIR', 'Where the results go', { also: ['output'] }),
    'fail-if': texts(
      'CONDITION',
      "Exit with 1 if it is true of a mean: 'cpbd<0.2', or of one method 'ours.lmd>0.1'",
    ),
  }),
  ...section('What is measured', {
    ...judged,
    'fid-real': text('FILE', 'Statistics of other real videos, .npz of pytorch-fid', {
      fallback: "the bench's real videos",
    }),
    'fid-save': flag("Write each method's statistics to fid/NAME.npz, 34 MB each"),
  }),
  ...section('Engine', {
    pack: text('NAME', 'A pack whose motion network sees how the head turns', {
      fallback: 'poses are not measured',
    }),
    device: judgeDevice,
    threads,
  }),
};

/** The options given to `evaluate score`. */
export type ScoreValues = Values<typeof SCORE_OPTIONS>;
