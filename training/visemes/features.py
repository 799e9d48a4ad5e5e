"""Corpus to mel spectrograms with labels."""
import numpy as np
import torch

import augment
import labels
import mel
from corpus import fast, resample
from phones import SHAPES

RATE = 16000


def lines(path):
    data = np.load(path)
    sound = np.split(data['sound'], np.cumsum(data['sound_n'])[:-1])
    segments = np.split(data['segments'], np.cumsum(data['segments_n'])[:-1])
    for x, s in zip(sound, segments):
        yield x / 32768, [(a, b, SHAPES[int(k)]) for a, b, k in s]


def labelled(x, segments):
    """mel [80, T], class [T], shape [T], curves [T, 6]; a column's label is that of .4 columns later, the mean of what the
    truncation of window starts leaves off."""
    m = mel.mel(torch.tensor(x, dtype=torch.float32)).numpy()
    times = (np.arange(m.shape[1]) + .4) * mel.HOP / RATE
    k, shape = labels.classes(segments, times)
    return m, k, shape, labels.curves(segments, times)


def padded(x, segments, rng):
    before, after = rng.uniform(.1, .7, 2)
    x = np.concatenate([np.zeros(int(before * RATE)), x, np.zeros(int(after * RATE))])
    return x, [(a + before, b + before, s) for a, b, s in segments]


def no_speech(n, rng):
    kind = rng.random()
    if kind < .1:
        return np.zeros(n)
    makers = ((.4, augment.coloured), (.55, augment.music), (.9, augment.band_music), (1, augment.hum))
    return next(make for below, make in makers if kind < below)(n, rng)


def build(sets, copies, out, seed, clean_first=True):
    rng = np.random.default_rng(seed)
    everything = [list(lines(path)) for path in sets]
    pool = [x for group in everything for x, _ in group]
    others = lambda: pool[rng.integers(len(pool))]
    parts = {'mel': [], 'k': [], 'shape': [], 'y': [], 'n': [], 'set': []}

    def add(which, m, k, shape, y):
        parts['mel'].append(m.astype(np.float16))
        parts['k'].append(k.astype(np.int8))
        parts['shape'].append(shape.astype(np.int8))
        parts['y'].append(y.astype(np.float16))
        parts['n'].append(m.shape[1])
        parts['set'].append(which)

    for copy in range(copies):
        for which, group in enumerate(everything):
            for x, segments in group:
                x, segments = padded(x, segments, rng)
                if copy == 0 and clean_first:
                    x = x * 10 ** (rng.uniform(-20, 0) / 20)
                else:
                    size = fast(len(x) + 512)
                    ratio = fast(size * rng.uniform(.84, 1.15)) / size
                    x, segments = resample(x, ratio), [(a * ratio, b * ratio, s) for a, b, s in segments]
                    x = augment.damaged(x, rng, others)
                add(which, *labelled(x, segments))
        # Sound without speech: the mouth stays shut.
        for _ in range(int(.15 * len(pool))):
            n = int(rng.uniform(2, 5) * RATE)
            x = no_speech(n, rng)
            x = x / (np.abs(x).max() + 1e-9) * 10 ** (rng.uniform(-60, -3) / 20)
            add(-1, *labelled(x, [(0, n / RATE, 'sil')]))
        print('copy', copy, sum(parts['n']) / 80 / 60, 'min', flush=True)
    np.savez(out, mel=np.concatenate(parts['mel'], 1), k=np.concatenate(parts['k']), shape=np.concatenate(parts['shape']),
             y=np.concatenate(parts['y']), n=parts['n'], set=parts['set'])
