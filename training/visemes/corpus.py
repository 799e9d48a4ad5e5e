"""Speaks the corpus: espeak-ng in many languages and voices, flite's and festival's recorded English speakers.

Sets are NAME.npz files with waves (int16, 16 kHz) and phoneme segments.
"""
import os
import re
import subprocess
import wave

import numpy as np

import texts
from phones import SHAPE_INDEX, from_arpabet, from_ipa

RATE = 16000

# Voices of recorded speakers, and lines of each.
FLITE = ('awb', 'slt', 'rms', 'kal16')
FESTIVAL = {'kal_diphone': 60, 'ked_diphone': 90, 'cmu_us_slt_arctic_hts': 60}

TRAIN_LANGUAGES = ('en-us en en-gb-scotland en-gb-x-rp de fr es es-419 it pl cs sv da fi ro vi id cmn-latn-pinyin et sq '
                   'ru uk bg el ka hi ta ar fa ja hy he ca hr sk lt lv ms eo af cy sl nb ga is eu az bs sr lb ht').split()
TEST_LANGUAGES = 'hu pt-br tr nl sw ko kk'.split()
TRAIN_VOICES = ('f1 f2 f3 f5 m1 m2 m3 m5 m6 m7 m8 klatt klatt2 klatt4 klatt6 Alicia Andy Annie Denis Diogo Gene Gene2 Henrique Hugo Jacky '
                'Lee Marco Mario Michael Mike adam anika antonio aunty belinda benjamin boris caleb ed edward grandma gustave iven john '
                'kaukovalta linda marcelo max michel miguel pablo paul quincy rob sandro shelby steph travis victor zac whisper whisperf').split()
TEST_VOICES = 'f4 m4 klatt3 Andrea steph2 robert david'.split()


def fast(n):
    """The smallest length >= n with small prime factors: transforms of others take several times as long."""
    step = 1 << max(int(n).bit_length() - 4, 0)
    n = -(-int(n) // step)
    while any(n % p == 0 for p in (11, 13)) or n in (17, 19, 23, 29, 31):
        n += 1
    return n * step


def resample(x, ratio):
    """Band-limited resampling by FFT; the result has about len(x) * ratio samples."""
    n = len(x)
    size = fast(n + 512)
    total = int(round(size * ratio))
    spectrum = np.fft.rfft(x, size)
    out = np.zeros(total // 2 + 1, complex)
    k = min(len(out), len(spectrum))
    out[:k] = spectrum[:k]
    return (np.fft.irfft(out, total) * ratio)[:int(round(n * ratio))]


def closed_before(x, at, rate):
    """Start of the run of silence that ends where a stop's burst is: espeak-ng marks the burst, the lips closed earlier."""
    i = at - 1
    # The marker can stand a few samples off the silence.
    for back in range(int(.012 * rate)):
        if i - back > 0 and x[i - back] == 0:
            i -= back
            break
    else:
        return at
    start = i
    while start > 0 and abs(int(x[start - 1])) <= 2 and at - start < .15 * rate:
        start -= 1
    return start


def segments_of(marks, x, rate):
    """espeak-ng's marks [(sample, IPA)] to [(start, end, shape)] in seconds."""
    starts = []
    for at, name in marks:
        parts = from_ipa(name)
        if parts and parts[0][0] in ('p', 't', 'k', 'ch') and name[:1] not in 'mɱ':
            at = closed_before(x, at, rate)
        starts.append((at, parts))
    segments = []
    for (at, parts), (end, _) in zip(starts, [*starts[1:], (len(x), None)]):
        if parts is None:
            segments.append((at / rate, end / rate, 'sil'))
            continue
        t = at
        for shape, share in parts:
            segments.append((t / rate, (t + share * (end - at)) / rate, shape))
            t += share * (end - at)
    return [s for s in segments if s[1] > s[0]]


def pauses(segments, x, rate, quiet=.02):
    """Cuts long stretches of digital silence out of phonemes: espeak-ng has no mark for the pause after a clause."""
    out = []
    for start, end, shape in segments:
        a, b = int(start * rate), int(end * rate)
        loud = np.nonzero(np.abs(x[a:b]) > 2)[0]
        if shape == 'sil' or (len(loud) and len(loud) > 0 and (b - a - loud[-1]) < .06 * rate) or shape in ('p', 't', 'k'):
            out.append((start, end, shape))
            continue
        stop = start + (loud[-1] / rate if len(loud) else 0)
        if stop > start:
            out.append((start, stop, shape))
        out.append((stop, end, 'sil'))
    return out


def speak_espeak(tool, jobs, folder):
    """jobs: [(voice, rate, pitch, range, text)]. Yields (x at 16 kHz, segments)."""
    os.makedirs(folder, exist_ok=True)
    lines = [f'{folder}/{i}\t{v}\t{r}\t{p}\t{g}\t{t}\n' for i, (v, r, p, g, t) in enumerate(jobs)]
    subprocess.run([tool], input=''.join(lines).encode(), check=True)
    for i, job in enumerate(jobs):
        path = f'{folder}/{i}'
        if not os.path.exists(path + '.raw'):
            continue
        x = np.fromfile(path + '.raw', '<i2')
        rows = open(path + '.lab', encoding='utf8').read().split('\n')
        rate = int(rows[0].split()[1])
        marks = []
        for row in rows[1:]:
            parts = row.split(' ')
            if not parts[0]:
                continue
            name = parts[1] if len(parts) > 1 else ''
            if name.startswith('('):
                continue
            marks.append((min(int(parts[0]), len(x)), name))
        os.remove(path + '.raw'), os.remove(path + '.lab')
        if len(x) < rate or not marks:
            continue
        segments = pauses(segments_of(marks, x, rate), x, rate)
        yield resample(x / 32768, RATE / rate), segments


def read_wave(path):
    with wave.open(path) as w:
        x = np.frombuffer(w.readframes(w.getnframes()), '<i2') / 32768
        return resample(x, RATE / w.getframerate()) if w.getframerate() != RATE else x


def spread(ends, names):
    segments, start = [], 0.0
    for end, name in zip(ends, names):
        t = start
        for shape, share in from_arpabet(name):
            segments.append((t, t + share * (end - start), shape))
            t += share * (end - start)
        start = end
    return segments


def speak_flite(voice, lines, rng, folder):
    os.makedirs(folder, exist_ok=True)
    for text in lines:
        path = f'{folder}/flite.wav'
        stretch = rng.uniform(.8, 1.25)
        done = subprocess.run(['flite', '-voice', voice, '--setf', f'duration_stretch={stretch:.3f}', '-psdur', '-t', text, '-o', path],
                              capture_output=True, text=True, check=True)
        pairs = [item.rsplit(':', 1) for item in done.stdout.split()]
        if pairs:
            yield read_wave(path), spread([float(e) for _, e in pairs], [n for n, _ in pairs])


def speak_festival(voice, lines, rng, folder):
    os.makedirs(folder, exist_ok=True)
    script = [f'(voice_{voice})']
    for i, text in enumerate(lines):
        clean = re.sub(r'["\\]', '', text)
        script.append(f"(Parameter.set 'Duration_Stretch {rng.uniform(.85, 1.25):.3f})")
        script.append(f'(set! u (utt.synth (Utterance Text "{clean}")))(utt.save.segs u "{folder}/{i}.seg")(utt.save.wave u "{folder}/{i}.wav" \'riff)')
    open(f'{folder}/job.scm', 'w').write('\n'.join(script))
    subprocess.run(['festival', '-b', f'{folder}/job.scm'], check=False, capture_output=True)
    for i in range(len(lines)):
        if not os.path.exists(f'{folder}/{i}.seg'):
            continue
        rows = [r.split() for r in open(f'{folder}/{i}.seg') if re.match(r'\s*[\d.]+ ', r)]
        yield read_wave(f'{folder}/{i}.wav'), spread([float(r[0]) for r in rows], [r[2] for r in rows])


def save(path, items):
    waves, segments = [], []
    seconds = 0
    for x, s in items:
        peak = np.abs(x).max() + 1e-9
        waves.append(np.round(x / peak * 20000).astype('<i2'))
        segments.append(np.array([(a, b, SHAPE_INDEX[n]) for a, b, n in s]))
        seconds += len(x) / RATE
    np.savez(path, sound=np.concatenate(waves), sound_n=[len(w) for w in waves], segments=np.concatenate(segments),
             segments_n=[len(s) for s in segments])
    print(path, len(waves), 'lines', round(seconds / 60, 1), 'min', flush=True)


def espeak_jobs(languages, voices, count, rng):
    jobs = []
    for i in range(count):
        language = languages[i % len(languages)]
        voice = rng.choice(voices) if rng.random() < .9 else None
        jobs.append((language + (f'+{voice}' if voice else ''), int(rng.integers(110, 260)), int(rng.integers(15, 90)),
                     int(rng.integers(20, 90)), texts.line(language, rng)))
    return jobs


def speak(out, tool, small):
    """Speaks all sets into a folder. A small corpus has a few lines of espeak-ng alone. The order of the draws is part of the result."""
    rng, tmp = np.random.default_rng(1), f'{out}/tmp'
    train, test = (60, 12) if small else (900, 70)
    save(f'{out}/espeak_train.npz', speak_espeak(tool, espeak_jobs(TRAIN_LANGUAGES, TRAIN_VOICES, train, rng), tmp))
    save(f'{out}/espeak_test.npz', speak_espeak(tool, espeak_jobs(TEST_LANGUAGES, TEST_VOICES, test, rng), tmp))
    if small:
        return
    for voice in FLITE:
        lines = [texts.line('en', rng) for _ in range(90)]
        save(f'{out}/flite_{voice}.npz', speak_flite(voice, lines, rng, tmp))
    for voice, count in FESTIVAL.items():
        lines = [texts.line('en', rng) for _ in range(count)]
        save(f'{out}/festival_{voice}.npz', speak_festival(voice, lines, rng, f'{tmp}/{voice}'))
