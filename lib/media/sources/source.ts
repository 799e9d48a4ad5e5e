/** Where the samples of a sound come from. One file per kind of source stands beside this one. */
export interface SoundSource {
  /** The input in messages: a quoted path, '1234 bytes'. */
  readonly name: string;
  readonly sampleRate: number;
  /** Mono samples in all, where known. */
  readonly samples: number | undefined;
  /** Mono chunks from the start, unchecked. */
  read(): AsyncIterable<Float32Array>;
  /** A file with the original. */
  file(): Promise<string>;
  close(): Promise<void>;
}
