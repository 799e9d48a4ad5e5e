import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'tap';
import { ownTurn } from '../dist/media/own-turn.js';

test('each call gets a turn of the event loop of its own, in order', async (t) => {
  let turns = 0;
  let counting = true;
  const count = async () => {
    for (; counting; turns++) await turn();
  };
  const counted = count();
  const got: { call: number; turns: number }[] = [];
  const take = async (call: number) => {
    await ownTurn();
    got.push({ call, turns });
  };
  await Promise.all(Array.from({ length: 6 }, (_, call) => take(call)));
  counting = false;
  await counted;
  t.same(
    got.map(({ call }) => call),
    [0, 1, 2, 3, 4, 5],
  );
  t.equal(new Set(got.map((each) => each.turns)).size, 6);
});
