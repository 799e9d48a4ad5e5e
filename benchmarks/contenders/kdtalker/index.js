import { eventLoop } from './event-loop.js';
import { fixture } from './fixture.js';
import { memory } from './memory.js';
import { firstFrame, firstFrameCold, load, portrait } from './preparation.js';
import { renderRgb, renderYuv } from './render.js';
import { motion, sample } from './sample.js';
import { save, saveSpeech } from './save.js';
import { verify } from './verify.js';

/** This library, through its public interface wherever that shows what is measured. */
export const tasks = {
  fixture,
  verify,
  memory,
  load,
  portrait,
  'first-frame-cold': firstFrameCold,
  'first-frame': firstFrame,
  'render-yuv420p': renderYuv,
  'render-rgb24': renderRgb,
  save,
  'save-speech': saveSpeech,
  sample,
  motion,
  'event-loop': eventLoop,
};
