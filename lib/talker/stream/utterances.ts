import { invalidArgument } from '../../errors.js';

/** An utterance that ended. */
export interface UtteranceEnd {
  /** As `flush()` was told. */
  id: string;
  /** Seconds of it that were handed out with frames. */
  played: number;
  /** Whether the rest was thrown away. */
  interrupted: boolean;
}

/** What a stream tells its listeners. */
export interface UtteranceListener {
  started(id: string): void;
  finished(end: UtteranceEnd): void;
}

/** What an utterance is called. */
export interface Named {
  id: string;
  /** Told of its end, beside the listeners. */
  done?: (end: UtteranceEnd) => void;
}

interface Utterance extends Named {
  /** Its first frame, and the one behind its last; undefined while it goes on. */
  from: number;
  to: number | undefined;
  started: boolean;
}

/** The utterances of a stream on their way to the reader. Every one ends once, whatever happens to it. */
export class Utterances {
  readonly #fps: number;
  readonly #listener: UtteranceListener;
  /** In order; only the last one may go on. */
  #list: Utterance[] = [];
  #counted = 0;
  /** What the next sound begins. */
  #next: Named | undefined;
  /** Frames handed out. */
  #handed = 0;

  constructor(fps: number, listener: UtteranceListener) {
    this.#fps = fps;
    this.#listener = listener;
  }

  /** The next sound begins an utterance of this name. */
  begin(frame: number, next: Named): void {
    this.flush(frame, undefined);
    this.#next = next;
  }

  /** Sound comes from a frame on. */
  speak(frame: number): void {
    if (this.#list.length > 0 && this.#list.at(-1)!.to === undefined) return;
    const named = this.#next ?? { id: String(++this.#counted) };
    this.#next = undefined;
    this.#list.push({ ...named, from: frame, to: undefined, started: false });
  }

  /** The sound up to a frame was one utterance; nothing without sound. */
  flush(frame: number, id: string | undefined): void {
    this.#dropNext(false);
    const last = this.#list.at(-1);
    if (last === undefined || last.to !== undefined) return;
    last.to = frame;
    if (id !== undefined) last.id = id;
    this.#finishPast();
  }

  /** A frame leaves. */
  hand(frame: number): void {
    this.#handed = frame + 1;
    for (const each of this.#list) {
      if (each.started || each.from > frame) continue;
      each.started = true;
      this.#listener.started(each.id);
    }
    this.#finishPast();
  }

  /** No more than the frames handed out will be heard; returns the seconds heard of the first that is cut. */
  cut(): number {
    this.#dropNext(true);
    const [first] = this.#list;
    const played = first === undefined ? 0 : this.#played(first);
    for (const each of this.#list.splice(0))
      this.#finish(each, each.to === undefined || each.to > this.#handed);
    return played;
  }

  /** The sound ends at a frame, which is the last utterance's end too. */
  end(frame: number): void {
    this.flush(frame, undefined);
  }

  #finishPast(): void {
    while (this.#list[0]?.to !== undefined && this.#list[0].to <= this.#handed)
      this.#finish(this.#list.shift()!, false);
  }

  /** An utterance that was announced ends without sound. */
  #dropNext(interrupted: boolean): void {
    const next = this.#next;
    this.#next = undefined;
    next?.done?.({ id: next.id, played: 0, interrupted });
  }

  #finish(utterance: Utterance, interrupted: boolean): void {
    const end = { id: utterance.id, played: this.#played(utterance), interrupted };
    utterance.done?.(end);
    this.#listener.finished(end);
  }

  #played({ from, to }: Utterance): number {
    return Math.max(0, Math.min(this.#handed, to ?? this.#handed) - from) / this.#fps;
  }
}

/** The name that a user gives an utterance. @throws INVALID_ARGUMENT */
export function checkId(id: unknown): void {
  if (id !== undefined && typeof id !== 'string') throw invalidArgument('a string', 'id of an utterance', id);
}

/** Sound that comes in pieces. @throws INVALID_ARGUMENT */
export function checkPieces(pieces: unknown): void {
  const object = typeof pieces === 'object' && pieces !== null;
  if (object && (Symbol.asyncIterator in pieces || Symbol.iterator in pieces)) return;
  throw invalidArgument('an async iterable of bytes', 'what say() speaks', pieces);
}
