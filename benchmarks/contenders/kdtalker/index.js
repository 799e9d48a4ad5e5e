import { available, ceilings } from './available.js';
import { convert } from './convert.js';
import { eventLoop } from './event-loop.js';
import { fixture } from './fixture.js';
import { length } from './length.js';
import { memory } from './memory.js';
import { firstFrame, firstFrameCold, load, loadCold, portrait } from './preparation.js';
import { render } from './render.js';
import { motion, sample } from './sample.js';
import { save, saveSpeech } from './save.js';
import { verify } from './verify.js';

/** This library, through its public interface; also with the pack's unmodified graphs. */
export const tasks = {
  available,
  ceilings,
  fixture,
  verify,
  memory,
  load,
  loadCold,
  portrait,
  convert,
  firstFrameCold,
  firstFrame,
  render,
  save,
  saveSpeech,
  sample,
  motion,
  eventLoop,
  length,
};
