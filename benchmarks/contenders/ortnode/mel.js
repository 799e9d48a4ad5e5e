import { SAMPLES_PER_FRAME, SPEECH_RATE } from '../../fixture-files.js';

// From speech to the audio encoder's input (the front end of KDTalker and Wav2Lip). Written for clarity: it is not timed.

const FFT = 800;
const HOP = 200;
const BANDS = 80;
const COLUMNS = 16;

/** Samples at 16 kHz to [frames, 1, 80, 16]. */
export function melWindows(samples, out) {
  const columns = spectrogram(samples);
  const frames = Math.floor(samples.length / SAMPLES_PER_FRAME);
  for (let i = 0; i < frames * BANDS * COLUMNS; i++) {
    const frame = Math.floor(i / (BANDS * COLUMNS));
    const band = Math.floor(i / COLUMNS) % BANDS;
    const column = Math.trunc((80 * (frame - 2)) / 25) + (i % COLUMNS); // 80 columns and 25 frames a second
    out[i] = columns[Math.min(Math.max(column, 0), columns.length - 1)][band];
  }
}

/** Arrays of 80 bands, one every 200 samples, centred, with zeros beyond the ends. */
function spectrogram(samples) {
  const emphasised = samples.map((value, i) => value - 0.97 * (samples[i - 1] ?? 0));
  const filters = filterBank();
  return Array.from({ length: 1 + Math.floor(samples.length / HOP) }, (_, column) => {
    const magnitudes = magnitudesAt(emphasised, column * HOP - FFT / 2);
    return filters.map((weights) =>
      level(weights.reduce((sum, weight, bin) => sum + weight * magnitudes[bin], 0)),
    );
  });
}

/** Maps decibels below full scale, -100..0, to -4..4. */
function level(magnitude) {
  const decibel = 20 * Math.log10(Math.max(1e-5, magnitude)) - 20;
  return Math.min(4, Math.max(-4, 8 * ((decibel + 100) / 100) - 4));
}

const cosines = Float64Array.from({ length: FFT }, (_, i) => Math.cos((2 * Math.PI * i) / FFT));

function magnitudesAt(samples, first) {
  const windowed = cosines.map((cosine, i) => (0.5 - 0.5 * cosine) * (samples[first + i] ?? 0));
  return Float64Array.from({ length: FFT / 2 + 1 }, (_, bin) => {
    let real = 0;
    let imaginary = 0;
    for (let i = 0; i < FFT; i++) {
      real += windowed[i] * cosines[(bin * i) % FFT];
      imaginary += windowed[i] * cosines[(bin * i + FFT / 4) % FFT];
    }
    return Math.hypot(real, imaginary);
  });
}

/** Slaney's scale: linear to 1 kHz, then 27 mel for each factor of 6.4. */
const toMel = (hertz) =>
  hertz < 1000 ? (3 * hertz) / 200 : 15 + (27 * Math.log(hertz / 1000)) / Math.log(6.4);
const toHertz = (mel) => (mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp((Math.log(6.4) * (mel - 15)) / 27));

/** Triangles of equal area, 55 to 7600 Hz. */
function filterBank() {
  const low = toMel(55);
  const step = (toMel(7600) - low) / (BANDS + 1);
  const edge = (i) => toHertz(low + step * i);
  return Array.from({ length: BANDS }, (_, band) => {
    const [left, top, right] = [edge(band), edge(band + 1), edge(band + 2)];
    return Float32Array.from({ length: FFT / 2 + 1 }, (_, bin) => {
      const hertz = (bin * SPEECH_RATE) / FFT;
      const triangle = Math.min((hertz - left) / (top - left), (right - hertz) / (right - top));
      return (2 / (right - left)) * Math.max(0, triangle);
    });
  });
}
