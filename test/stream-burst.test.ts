// Live streams that begin at the same moment: as many as there is time for, one after the other, and none is late.
import type { StreamFrame, TalkStream } from 'kdtalker';
import t from 'tap';
import { hashesOf } from './support/streams.js';
import { hashOf, loadBoth, speech } from './support/talker.js';
import { FRAME, VirtualClock } from './support/virtual-clock.js';

const STREAMS = 12;
const FRAMES = 30;
/** The one whose reader takes a frame and then no more. */
const STALLED = 1;

/** A stream whose reader takes every frame when it may leave. */
class Player {
  readonly late: number[] = [];
  readonly read: StreamFrame[] = [];
  refusal: { code?: string } | undefined;
  readonly #frames: AsyncIterator<StreamFrame>;

  constructor(stream: TalkStream, began: () => void) {
    stream.on('late', ({ index }) => this.late.push(index));
    this.#frames = stream[Symbol.asyncIterator]();
    void this.next().then(() => this.refusal === undefined && began());
  }

  get plays(): boolean {
    return this.read.length > 0 && this.read.length < FRAMES;
  }

  async next(): Promise<void> {
    await this.#frames.next().then(
      ({ value }) => this.read.push(value!),
      (error) => {
        this.refusal = error;
      },
    );
  }
}

t.test(
  'twelve streams that begin at once are in time if they are taken, and the others are refused',
  async (t) => {
    const { talker, portrait } = await loadBoth(t, { threads: 2 });
    await hashOf(talker.animate(portrait, speech(30), { frame: 'crop' })); // measures
    const clock = VirtualClock.use(t);
    const order: number[] = [];
    const streams = Array.from({ length: STREAMS }, (_, i) =>
      talker.stream(portrait, { pace: 'live', frame: 'crop', seed: i % 2 }),
    );
    const players = streams.map((stream, i) => new Player(stream, () => order.push(i)));
    const playing = () => players.filter((player, i) => player.plays && i !== STALLED);
    const beginning = () => players.some(({ read, refusal }) => read.length === 0 && refusal === undefined);
    // A frame of each that has begun, then the clock goes on; who has not begun is not late, whatever passes.
    while (beginning() || playing().length > 0) {
      const next = playing().map((player) => player.next());
      await clock.to(clock.now + FRAME);
      await Promise.all(next);
    }
    const taken = players.filter(({ refusal }) => refusal === undefined);
    t.ok(taken.length >= 1, `${taken.length} are taken`); // how many, costs say
    t.ok(players.every(({ refusal }) => refusal === undefined || refusal.code === 'BUSY'));
    t.same(
      order,
      order.toSorted((a, b) => a - b),
      'they begin in the order in which they came',
    );
    t.same(
      taken.flatMap(({ late }) => late),
      [],
    );
    const alike = taken.filter((_, i) => i % 2 === 0).map(({ read }) => hashesOf(read).join());
    t.equal(new Set(alike).size, 1, 'each is what it would have been alone');
    await Promise.all(streams.map((stream) => stream.close()));
  },
);
