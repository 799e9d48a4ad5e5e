// Ends the process in the middle of a stage: `end-during.mjs <stage> <exit | throw | natural> [calls of the addon later]`.
import { load } from './load.mjs';
import { atCall } from './moments.mjs';
import { portraitFile, speech, speechFile } from './speech.mjs';

const [stage, how, calls = '0'] = process.argv.slice(2);

async function end() {
  await atCall(Number(calls));
  if (how === 'exit') process.exit(7);
  if (how === 'throw') throw new Error('thrown on purpose');
}

/** Starts work whose end nobody awaits. */
function start(work) {
  work.catch((error) => {
    if (error.code !== 'ABORTED') throw error;
  });
}

/** Reads until the last frame: one more may cost fewer calls than the moment is away. */
async function readOn(frames) {
  while (!(await frames.next()).done);
}

/** Reaches the stage, then ends. */
async function atProgress(clip, wanted, work) {
  const reached = new Promise((resolve) => {
    clip.on('progress', (progress) => {
      if (progress.stage === wanted) resolve();
    });
  });
  start(work());
  await reached;
  await end();
}

const inClip = {
  audio: (clip) => atProgress(clip, 'audio', () => clip.motion()),
  sample: (clip) => atProgress(clip, 'sample', () => clip.motion()),
  render: async (clip) => {
    const frames = clip.frames();
    for (let i = 0; i < 3; i++) await frames.next();
    start(readOn(frames));
    await end();
  },
  save: (clip) => atProgress(clip, 'encode', () => clip.save('talk.mp4')),
};

if (stage === 'load') {
  start(load());
  await end();
} else {
  const talker = await load();
  if (stage === 'portrait') {
    start(talker.portrait(portraitFile));
    await end();
  } else if (stage === 'video') {
    const video = await talker.sourceVideo(portraitFile); // one picture is a short video
    const clip = talker.animate(video, speechFile, { frame: 'full' });
    await inClip.save(clip);
  } else {
    const portrait = await talker.portrait(portraitFile);
    const clip = talker.animate(portrait, stage === 'save' ? speechFile : speech());
    await inClip[stage](clip);
  }
}
