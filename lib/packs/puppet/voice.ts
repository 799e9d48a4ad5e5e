import type { Graph, Value } from '../onnx/index.js';
import { CLASSES, CURVES } from '../visemes.js';
import { CHANNEL } from './audio.js';
import { type DirectionName, normalised } from './directions.js';
import { KEYPOINTS } from './keypoints.js';
import { range } from './linalg.js';
import { smoothingMatrix } from './smoothing.js';
import { MOTION, WINDOW } from './statistics.js';

/** What each course moves, and by how much where the course is 1. Pitch above 0 nods. */
const MOVES = {
  open: ['jaw', 0.115],
  wide: ['wide', 0.034],
  round: ['pucker', 0.13],
  press: ['press', 0.007],
  bite: ['bite', 0.012],
  teeth: ['part', 0.016],
  upper: ['upperDown', 1],
  lower: ['lowerUp', 1],
  corners: ['cornersDown', 1],
  stress: ['pitch', 3],
  raise: ['brow', 0.03],
  beat: ['pitch', 2],
  lift: ['brow', 0.02],
} as const satisfies Record<string, readonly [DirectionName, number]>;

type Courses = Record<keyof typeof MOVES, Value>;

/**
 * What the voice alone makes a face do.
 *
 * @param audio features of the window, [64, 512]
 * @param canonical the portrait's keypoints without their means, [1, 70]
 */
export function voiceMean(g: Graph, audio: Value, canonical: Value): Voice {
  const loudness = smooth(g, 0.7, audio.slice(1, CHANNEL.loudness, CHANNEL.loudness + 1));
  const n = relativeLoudness(g, loudness);
  const press = pressed(g, audio);
  const courses: Courses = {
    ...mouthCourses(g, audio, { n, press, ...mouthAtRest(g, canonical) }),
    ...nods(g, n, audio),
  };
  const names = Object.keys(MOVES) as (keyof Courses)[];
  const table = names.map((name) => normalised(MOVES[name][0]).map((value) => MOVES[name][1] * value));
  const mean = g
    .concat(
      1,
      names.map((name) => courses[name]),
    )
    .matmul(g.matrix('voice', table));
  return { mean, press, lively: liveliness(g, n, audio) };
}

/** What a voice does to a face. */
export interface Voice {
  /** Of itself, [64, 70] in normalised units. */
  mean: Value;
  /** How far the lips are shut for p, b and m, [64, 1], 0 to 1. */
  press: Value;
  /** How fast the head moves meanwhile, [64, 1], 0 to 1. */
  lively: Value;
}

/** Loudness while somebody speaks, over about a syllable. */
function liveliness(g: Graph, n: Value, audio: Value): Value {
  const silence = audio.slice(1, CHANNEL.classes, CHANNEL.classes + 1);
  const heard = g.formula('n * clip(1.5 - 1.5 * silence, 0, 1)', { n, silence });
  return g.formula('clip(1.3 * heard, 0, 1)', { heard: smooth(g, 2.5, heard) });
}

/** The mouth of the portrait; each [1, 1], in crop units. */
interface MouthAtRest {
  /** How far the lips are apart: teeth that show in the picture. */
  apart: Value;
  /** How far the corners stand above the lower lip: a smile. */
  raised: Value;
  /** Width, where that of the table is 1. */
  width: Value;
}

/** Lips that are less than this apart count as closed: landmarks put them apart even then. Those that are .013 further apart are open. */
export const LIPS_TOUCH = 0.025;

function mouthAtRest(g: Graph, canonical: Value): MouthAtRest {
  const { lipUp, lipLo, mouthL, mouthR } = KEYPOINTS;
  const at = (index: number, axis: number) => {
    const column = MOTION.exp + 3 * index + axis;
    return canonical.slice(1, column, column + 1);
  };
  const lower = at(lipLo.index, 1);
  const inner = lower.sub(at(lipUp.index, 1));
  const left = at(mouthL.index, 1);
  const right = at(mouthR.index, 1);
  const wider = at(mouthR.index, 0).sub(at(mouthL.index, 0));
  return {
    apart: lipsApart(g, inner),
    raised: g.formula('relu(lower + .01 - .5 * (left + right))', { lower, left, right }),
    width: g.formula(`clip(1 + wider / ${2 * mouthR.at[0]}, .5, 1.2)`, { wider }),
  };
}

/** How far the lips of a picture are really apart, of the distance between the landmarks inside them. */
export function lipsApart(g: Graph, inner: Value): Value {
  return g.formula(`relu(inner) * clip((inner - ${LIPS_TOUCH}) / .013, 0, 1)`, { inner });
}

/** A curve of the mouth, [64, 1], 0 to 1. */
function curveOf(audio: Value, name: (typeof CURVES)[number]): Value {
  const column = CHANNEL.curves + CURVES.indexOf(name);
  return audio.slice(1, column, column + 1).clip(0, 1);
}

/**
 * How far the lips are shut for p, b and m. A closure is two frames long, so what surely is one is not smoothed; what may be one is, since
 * lips that half shut in a frame and open in the next would twitch.
 */
function pressed(g: Graph, audio: Value): Value {
  const x = curveOf(audio, 'press');
  const soft = smooth(g, 0.7, g.formula('clip((x - .05) / .25, 0, 1)', { x }));
  return g.formula('soft + clip((x - .16) / .005, 0, 1) * (1 - soft)', { x, soft });
}

/**
 * Whether what is heard is speech, [64, 1], 0 to 1. In speech the network is sure of its classes, also of a lone word's, and hears others all
 * the time; in noise it wavers between silence and all of them, and the notes of music stay what they are taken for. How sure it is counts
 * over .4 s either way, how much it changes over 1 s: so a drawled vowel within speech is speech.
 */
function speechLikeness(g: Graph, audio: Value): Value {
  const chances = audio.slice(1, CHANNEL.classes, CHANNEL.end);
  const silence = chances.slice(1, 0, 1);
  const best = chances.slice(1, 1, CLASSES.length).maxOver([1]);
  const heard = g.formula('(1 - silence)^2', { silence });
  const sure = whereHeard(g, 10, heard, best.sub(silence));
  const change = whereHeard(g, 24, heard, changes(g, chances));
  return g.formula('clip((sure * change - .21) / .08, 0, 1)', { sure, change });
}

/** A course smoothed over the frames in so far as something is heard in them. */
function whereHeard(g: Graph, std: number, heard: Value, course: Value): Value {
  const sums = smooth(g, std, g.concat(1, [heard, heard.mul(course)]));
  const [weight, sum] = g.split(sums, 1, [1, 1]) as [Value, Value];
  return g.formula('sum / (weight + .000001)', { sum, weight });
}

/** By how much the chances of all classes differ from those of the frame before, [64, 1], 0 to 2; the first frame has what the second has. */
function changes(g: Graph, chances: Value): Value {
  const steps = range(0, WINDOW).map((frame) => {
    const now = Math.max(frame, 1);
    return range(0, WINDOW).map((i) => Number(i === now) - Number(i === now - 1));
  });
  return g.matrix('steps', steps).matmul(chances).abs().sum([1]);
}

function mouthCourses(
  g: Graph,
  audio: Value,
  rest: MouthAtRest & { n: Value; press: Value },
): Omit<Courses, 'stress' | 'raise' | 'beat' | 'lift'> {
  const { press } = rest;
  const speech = g.scope('speech', () => speechLikeness(g, audio));
  const curve = (name: (typeof CURVES)[number]) => curveOf(audio, name).mul(speech);
  const silence = audio.slice(1, CHANNEL.classes, CHANNEL.classes + 1);
  const speaking = g.formula('speech * clip(1.4 * x, 0, 1)', {
    speech,
    x: smooth(g, 1.6, g.formula('1 - silence', { silence })),
  });
  const bitten = smooth(g, 0.9, g.formula('clip((x - .1) / .4, 0, 1)', { x: curve('bite') }));
  const bite = bitten.mul(g.formula('1 - press', { press }));
  // A narrow mouth has less to pucker; so has one that laughs, whose skin would fold.
  const round = g.formula('clip(1.4 * x, 0, 1) * width * (1 - 4 * min(apart, .2))', {
    ...rest,
    x: smooth(g, 0.9, curve('round')),
  });
  const at = { bite, round, speaking, ...rest };
  // While somebody speaks, lips that the picture shows apart come nearer.
  const shut = g.formula('apart * (press + (1 - press) * speaking * (.55 + .4 * max(bite, round)))', at);
  return {
    open: g.formula('x * (.75 + .25 * n) * (1 - press) * (1 - .7 * bite)', {
      ...at,
      x: smooth(g, 1.25, curve('open')),
    }),
    wide: smooth(g, 0.9, curve('wide')),
    round,
    press,
    bite,
    teeth: g.formula('x * (1 - press) * (1 - bite)', { ...at, x: smooth(g, 0.5, curve('teeth')) }),
    upper: g.formula('shut * (.5 - .3 * bite)', { ...at, shut }),
    lower: g.formula('shut * (.5 + .3 * bite)', { ...at, shut }),
    corners: g.formula('.7 * raised * round', at),
  };
}

/**
 * The head nods and the brows rise on stressed syllables: loudness over 3.5 frames against that over 14. Where the voice sets in, both make
 * a beat.
 */
function nods(g: Graph, n: Value, audio: Value): Pick<Courses, 'stress' | 'raise' | 'beat' | 'lift'> {
  const beat = smooth(g, 2, onsets(g, n, audio));
  const short = smoothingMatrix(range(0, WINDOW), WINDOW, 3.5);
  const long = smoothingMatrix(range(0, WINDOW), WINDOW, 14);
  const difference = short.map((row, i) => row.map((value, j) => value - long[i]![j]!));
  const stress = g.matrix('stress', difference).matmul(n);
  return { stress, raise: g.formula('relu(stress - .04)', { stress }), beat, lift: beat };
}

/** Where the loudness of speech rises fast, [64, 1]. */
function onsets(g: Graph, n: Value, audio: Value): Value {
  const rise = audio.slice(1, CHANNEL.onset, CHANNEL.onset + 1);
  return g.formula('n * clip(2 * rise - 1, 0, 1)', { n, rise });
}

/** Loudness between the floor of the window, 0, and its peaks, 1. */
function relativeLoudness(g: Graph, level: Value): Value {
  const high = level.maxOver([0]).max(-2.2);
  const low = level.minOver([0]).max(high.sub(2.6));
  const span = high.sub(low).max(1.2);
  return g.formula('clip((level - low - .14 * span) / (.74 * span), 0, 1)', { level, low, span });
}

function smooth(g: Graph, std: number, course: Value): Value {
  return g.matrix(`smooth${std}`, smoothingMatrix(range(0, WINDOW), WINDOW, std)).matmul(course);
}
