"""How well a network hears, at 25 frames a second, in voices and languages that it never heard."""
import numpy as np
import torch

import labels
import mel
import net as nets
from phones import CLASSES, CURVES

FRAME = .04


def prepare(items):
    """Windows and labels of every whole frame."""
    out = []
    for x, segments in items:
        n = len(x) // 640
        if n < 8:
            continue
        t = np.arange(n) * FRAME + FRAME / 2
        out.append({'n': n, 'segments': segments, 'k': labels.classes(segments, t)[0], 'y': labels.curves(segments, t),
                    'w': mel.windows(mel.mel(torch.tensor(x[:n * 640], dtype=torch.float32)), n).numpy()})
    return out


def load(path):
    state = torch.load(path)
    net = nets.Visemes(len(state['c1.bias']))
    net.load_state_dict(state)
    return net.eval()


def run(net, w):
    """Chances [n, 15] and curves [n, 6]."""
    with torch.no_grad():
        o = net(torch.tensor(w).float().transpose(1, 2))[:, 0]
    return torch.softmax(o[:, :15], 1).numpy(), o[:, 15:].numpy()


def gap(y):
    """The opening between the lips as the denoiser makes it of curves; 0 is shut."""
    press = np.clip((y[:, 3] - .05) / .25, 0, 1)
    bite = np.clip((y[:, 4] - .1) / .4, 0, 1) * (1 - press)
    return np.clip(y[:, 0], 0, 1) * (1 - press) * (1 - .7 * bite)


def closures(items, gaps, shut_below=.10, tolerance=1):
    """Closures of p, b, m inside speech: how many have a shut frame (within `tolerance` frames of the closure), and how many of
    the mouth's own closures are one (within a frame and a half)."""
    events = hits = runs = right = shut_frames = frames = 0
    for item, g in zip(items, gaps):
        t = np.arange(item['n']) * FRAME + FRAME / 2
        shut = g < shut_below
        gold = [(a, b) for a, b, s in item['segments'] if s == 'p' and b - a > .025]
        pauses = [(a, b) for a, b, s in item['segments'] if s == 'sil']
        for a, b in gold:
            if any(abs(a - end) < .06 or abs(b - start) < .06 for start, end in pauses):
                continue
            events += 1
            slack = FRAME * tolerance or FRAME / 2
            hits += bool(shut[(t >= a - slack) & (t <= b + slack)].any())
        speech = np.ones(item['n'], bool)
        for a, b in pauses:
            speech &= ~((t > a - .06) & (t < b + .06))
        shut_frames += (shut & speech).sum()
        frames += speech.sum()
        i = 0
        while i < item['n']:
            j = i
            while j < item['n'] and shut[j] and speech[j]:
                j += 1
            if j > i:
                runs += 1
                right += any(t[i] - .06 <= b and t[j - 1] + .06 >= a for a, b in gold)
            i = max(j, i + 1)
    return {'events': events, 'recall': hits / max(events, 1), 'precision': right / max(runs, 1), 'shut': shut_frames / max(frames, 1)}


def corr(a, b):
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum() + 1e-12))


def lag(a, b, most=4):
    """Frames by which a comes after b, by the best correlation, between frames by a parabola."""
    score = [corr(a[max(k, 0):len(a) + min(k, 0)], b[max(-k, 0):len(b) - max(k, 0)]) for k in range(-most, most + 1)]
    i = int(np.argmax(score))
    if not 0 < i < 2 * most:
        return float(i - most)
    return i - most + .5 * (score[i - 1] - score[i + 1]) / (score[i - 1] - 2 * score[i] + score[i + 1])


def summary(items, gaps, outputs=None):
    y = np.concatenate([i['y'] for i in items])
    g, wanted = np.concatenate(gaps), np.concatenate([gap(i['y']) for i in items])
    row = {'frames': len(g), 'gap r': corr(g, wanted), 'lag': lag(g, wanted), **closures(items, gaps),
           'recall, same frame': closures(items, gaps, tolerance=0)['recall']}
    if outputs:
        k = np.concatenate([i['k'] for i in items])
        guess = np.concatenate([p for p, _ in outputs]).argmax(1)
        c = np.concatenate([c for _, c in outputs])
        row['accuracy'] = float((guess == k).mean())
        row['class recall'] = {CLASSES[j]: round(float((guess[k == j] == j).mean()), 2) for j in range(15) if (k == j).sum() > 5}
        row['curve r'] = {name: round(corr(c[:, j], y[:, j]), 2) for j, name in enumerate(CURVES)}
    return {key: round(v, 3) if isinstance(v, float) else v for key, v in row.items()}


def figures(weights, items):
    """What summary() says of lines with labels, [(samples, segments)]."""
    net, prepared = load(weights), prepare(items)
    outputs = [run(net, item['w']) for item in prepared]
    return summary(prepared, [gap(curves) for _, curves in outputs], outputs)
