import type { HostTensor } from './graphs.js';
import type { Pcm } from './talker.js';

// A second, slow implementation of the mel spectrogram of docs/model.md 2: the reference for the engine's own.
const FFT = 800;
const HOP = 200;
const BANDS = 80;
const COLUMNS = 16;
const [LOWEST, HIGHEST] = [55, 7600];
const LOG_STEP = Math.log(6.4) / 27;

const toMel = (hertz: number) => (hertz < 1000 ? (3 * hertz) / 200 : 15 + Math.log(hertz / 1000) / LOG_STEP);
const toHertz = (mel: number) => (mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp(LOG_STEP * (mel - 15)));

/** Triangles over the bins, [80][401], of equal area. */
function filters(rate: number): number[][] {
  const step = (toMel(HIGHEST) - toMel(LOWEST)) / (BANDS + 1);
  const edges = Array.from({ length: BANDS + 2 }, (_, i) => toHertz(toMel(LOWEST) + i * step));
  return Array.from({ length: BANDS }, (_, band) => {
    const [low, middle, high] = edges.slice(band) as [number, number, number];
    return Array.from({ length: FFT / 2 + 1 }, (_, bin) => {
      const hertz = (bin * rate) / FFT;
      const height = Math.min((hertz - low) / (middle - low), (high - hertz) / (high - middle));
      return (2 / (high - low)) * Math.max(0, height);
    });
  });
}

const COS = Float64Array.from({ length: FFT }, (_, i) => Math.cos((2 * Math.PI * i) / FFT));
const SIN = Float64Array.from({ length: FFT }, (_, i) => Math.sin((2 * Math.PI * i) / FFT));

function magnitudes(windowed: Float64Array): number[] {
  return Array.from({ length: FFT / 2 + 1 }, (_, bin) => {
    let [re, im] = [0, 0];
    for (let i = 0; i < FFT; i++) {
      re += windowed[i]! * COS[(i * bin) % FFT]!;
      im -= windowed[i]! * SIN[(i * bin) % FFT]!;
    }
    return Math.hypot(re, im);
  });
}

/** Decibels below full scale as -4..4, [columns][80]. */
function melOf({ samples, sampleRate }: Pcm): number[][] {
  const bank = filters(sampleRate);
  const at = (i: number) => (samples[i] ?? 0) - (i < samples.length ? 0.97 * (samples[i - 1] ?? 0) : 0);
  return Array.from({ length: samples.length / HOP + 1 }, (_, column) => {
    const windowed = Float64Array.from({ length: FFT }, (_, i) => {
      const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FFT);
      return hann * at(column * HOP - FFT / 2 + i);
    });
    const bins = magnitudes(windowed);
    return bank.map((weights) => {
      const value = weights.reduce((sum, weight, bin) => sum + weight * bins[bin]!, 0);
      const decibel = 20 * Math.log10(Math.max(1e-5, value)) - 20;
      return Math.min(4, Math.max(-4, (8 * (decibel + 100)) / 100 - 4));
    });
  });
}

/** The audio encoder's input for the first frames of 16 kHz speech at 25 fps, [frames, 1, 80, 16]. */
export function melWindows(speech: Pcm, frames: number): HostTensor {
  const mel = melOf(speech);
  const data = new Float32Array(frames * BANDS * COLUMNS);
  for (let i = 0; i < data.length; i++) {
    const [frame, band, tau] = [
      Math.floor(i / (BANDS * COLUMNS)),
      Math.floor(i / COLUMNS) % BANDS,
      i % COLUMNS,
    ];
    const column = Math.trunc((80 * (frame - 2)) / 25) + tau;
    data[i] = mel[Math.min(Math.max(column, 0), mel.length - 1)]![band]!;
  }
  return { dims: [frames, 1, BANDS, COLUMNS], data };
}
