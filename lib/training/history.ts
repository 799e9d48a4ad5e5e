import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWholeFile } from '../files/whole-file.js';
import { chartPage } from './chart.js';
import type { TrainingEvent } from './process.js';

const FILE = 'history.jsonl';
const CHART = 'chart.html';
const KEPT: readonly TrainingEvent['event'][] = ['step', 'validation', 'samples', 'evaluation'];
/** Milliseconds between two drawings. */
const INTERVAL = 5000;

/** The numbers of a run: kept beside its checkpoints, and drawn in a page that reloads itself. */
export class History {
  readonly #folder: string;
  readonly #title: string;
  #events: TrainingEvent[];
  #drawn = 0;
  #writing = Promise.resolve();

  private constructor(folder: string, title: string, events: TrainingEvent[]) {
    this.#folder = folder;
    this.#title = title;
    this.#events = events;
  }

  /** Reads what earlier parts of the run have left. */
  static async open(folder: string, title: string): Promise<History> {
    const text = await readFile(join(folder, FILE), 'utf8').catch(() => '');
    const events = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as TrainingEvent);
    return new History(folder, title, events);
  }

  /** The file of the chart. */
  get chart(): string {
    return join(this.#folder, CHART);
  }

  /** Takes an event. A run that goes on from a checkpoint repeats the steps after it. */
  add(event: TrainingEvent): void {
    if (event.event === 'begin') this.#events = this.#events.filter(({ step }) => step <= event.step);
    if (!KEPT.includes(event.event)) return;
    this.#events.push(event);
    if (performance.now() - this.#drawn < INTERVAL) return;
    this.#drawn = performance.now();
    this.#write(true);
  }

  /** Writes all, and the page for the last time. @throws KdtalkerError OUTPUT_UNWRITABLE, OUTPUT_DISK_FULL */
  async close(): Promise<void> {
    this.#write(false);
    await this.#writing;
  }

  #write(live: boolean): void {
    const lines = this.#events.map((event) => `${JSON.stringify(event)}\n`).join('');
    const page = chartPage(this.#title, this.#events, live);
    this.#writing = this.#writing.then(async () => {
      await writeWholeFile(join(this.#folder, FILE), lines);
      await writeWholeFile(this.chart, page);
    });
    this.#writing.catch(() => {}); // close() reports it
  }
}
