"""Trains on stretches of the spectrograms."""
import time

import numpy as np
import torch
from torch import nn

import mel
import net as nets

BEFORE, COLUMNS = 8, 16
STRETCH, BATCH = 64, 32


class Stretches:
    """Runs of columns of one line each, edges repeated as the library does."""

    def __init__(self, path):
        data = np.load(path)
        m, n = data['mel'], data['n']
        pieces, at, starts, offset = [], 0, [], 0
        for count in n:
            piece = m[:, at:at + count]
            pieces.append(np.concatenate([np.repeat(piece[:, :1], BEFORE, 1), piece, np.repeat(piece[:, -1:], COLUMNS - BEFORE, 1)], 1))
            last = count - STRETCH
            if last > 0:
                starts.append(np.stack([offset + np.arange(0, last), at + np.arange(0, last)], 1))
            offset += count + COLUMNS
            at += count
        self.mel = torch.tensor(np.ascontiguousarray(np.concatenate(pieces, 1).T))   # [T, 80] half
        self.starts = torch.tensor(np.concatenate(starts))
        self.k = torch.tensor(data['k'].astype(np.int64))
        self.y = torch.tensor(data['y'].astype(np.float32))

    def batch(self, generator):
        pick = self.starts[torch.randint(len(self.starts), (BATCH,), generator=generator)]
        x = self.mel[pick[:, :1] + torch.arange(STRETCH + COLUMNS - 1)].float()
        at = pick[:, 1:] + torch.arange(STRETCH)
        return x, self.k[at], self.y[at]


def tract_bins():
    """For 41 lengths of the vocal tract, where each mel bin's sound comes from, in bins."""
    hz = [mel._hz_from_mel(mel._mel_from_hz(55) + (mel._mel_from_hz(7600) - mel._mel_from_hz(55)) * i / 81) for i in range(1, 81)]
    at = lambda f: (mel._mel_from_hz(f) - mel._mel_from_hz(55)) / (mel._mel_from_hz(7600) - mel._mel_from_hz(55)) * 81 - 1
    return torch.tensor([[min(max(at(f * .88 * 1.3 ** (j / 40)), 0), 79) for f in hz] for j in range(41)])


TRACTS = tract_bins()


def other_tract(x, generator):
    """Stretches the spectrum as a longer or shorter vocal tract would."""
    at = TRACTS[torch.randint(41, (len(x),), generator=generator)][:, None, :]
    low = at.floor().clamp(max=78)
    index = low.long().expand(-1, x.shape[1], -1)
    a, b = torch.gather(x, 2, index), torch.gather(x, 2, index + 1)
    return a + (b - a) * (at - low)


def vary(x, generator):
    """Cheap variety in the mel domain: vocal tract, level, tilt, a flattened band."""
    n = len(x)
    r = lambda: torch.rand(n, 1, 1, generator=generator)
    x = other_tract(x, generator)
    x = x + (r() - .5) * 1.2 + (r() - .5) * torch.linspace(-.4, .4, 80)
    # Synthetic spectra are too smooth: real ones tremble by a decibel or three.
    x = x + torch.randn(x.shape, generator=generator) * r() * ROUGH
    low, width = r() * 80, r() * 12
    bins = torch.arange(80.)
    mask = (bins >= low) & (bins < low + width) & (r() < .4)
    return torch.where(mask, x.mean(2, keepdim=True), x).clamp(-4, 4)


ROUGH = .3
CURVE_WEIGHT = torch.tensor([1.5, 1, 1, 1.5, 1, .7])


def losses(out, k, y, weight):
    logits, curves = out[..., :15], out[..., 15:]
    ce = nn.functional.cross_entropy(logits.flatten(0, 1), k.flatten(), weight=weight, label_smoothing=.05)
    error = nn.functional.smooth_l1_loss(curves, y, beta=.15, reduction='none')
    return ce, (error * CURVE_WEIGHT).mean()


def main(features, out, steps, width=80, seed=1):
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    data = Stretches(features)
    net = nets.Visemes(width, .05)
    count = torch.bincount(data.k, minlength=15).float()
    weight = (count.sum() / count.clamp(min=1)) ** .5
    weight = weight / (weight * count).sum() * count.sum()
    opt = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-4)
    plan = torch.optim.lr_scheduler.OneCycleLR(opt, 4e-3, total_steps=steps, pct_start=.08)
    g = torch.Generator().manual_seed(seed)
    start, seen = time.time(), torch.zeros(3)
    for step in range(steps):
        x, k, y = data.batch(g)
        o = net(vary(x, g))
        ce, reg = losses(o, k, y, weight)
        opt.zero_grad()
        (ce + 12 * reg).backward()
        opt.step()
        plan.step()
        with torch.no_grad():
            seen += torch.stack([ce, reg, (o[..., :15].argmax(2) == k).float().mean()])
        if (step + 1) % 200 == 0:
            print(step + 1, '/', steps, *(f'{v / 200:.4f}' for v in seen), f'{time.time() - start:.0f}s cpu {time.process_time():.0f}s', flush=True)
            seen.zero_()
            torch.save(net.state_dict(), out)
    torch.save(net.state_dict(), out)
    print(nets.parameters(net), 'parameters', flush=True)

