import { measureItems } from '../../measure.js';
import { CROPS, motionOf, openPortrait, stagesSince } from './open.js';

/** From motion to frames of one clip or of several at once, taken without pause. */
export async function render(settings) {
  const { format, atOnce = 1, warm, count } = settings;
  const { talker, portrait } = await openPortrait(settings);
  const motion = await motionOf(settings, Math.ceil((warm + count) / atOnce) + 1);
  const clips = Array.from({ length: atOnce }, () =>
    talker.animate(portrait, motion, CROPS).frames({ format }),
  );
  let before = talker.stages();
  let taken = 0;
  const result = await measureItems(settings, merged(clips), () => {
    taken += 1;
    if (taken === warm) before = talker.stages();
  });
  const stages = stagesSince(talker, before);
  await talker.close();
  return { ...result, stages };
}

/** The items of several iterators, in the order of their arrival. */
async function* merged(iterators) {
  const next = (iterator) => iterator.next().then((step) => ({ iterator, step }));
  const waiting = new Map(iterators.map((iterator) => [iterator, next(iterator)]));
  try {
    while (waiting.size > 0) {
      const { iterator, step } = await Promise.race(waiting.values());
      if (step.done) {
        waiting.delete(iterator);
      } else {
        waiting.set(iterator, next(iterator));
        yield step.value;
      }
    }
  } finally {
    await Promise.allSettled(waiting.values());
    await Promise.all(iterators.map((iterator) => iterator.return()));
  }
}
