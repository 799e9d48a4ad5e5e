"""Numbers by which checkpoints are compared. They depend on the weights and the clips alone, not on chance."""

import torch
from torch import Tensor, nn

import noise
from data import Clip, Scale, Windows
from model import MOTION, TIMESTEPS, alpha_bars
from optimise import EXPRESSION, POSE, Objective

ROWS = 2048
BINS = 10
CLIPS = 32
STEPS = 50
ANGLES = slice(1, 4)
LIPS = 7 + 3 * 19 + 1  # how far a keypoint of the lower lip goes down


@torch.no_grad()
def losses(model: nn.Module, objective: Objective, windows: Windows, batch: int) -> dict[str, object]:
    """The loss of 2048 fixed windows: all, by part, and by tenths of the timesteps."""
    sums, bins = torch.zeros(3, dtype=torch.float64), torch.zeros(BINS, 2, dtype=torch.float64)
    for first in range(0, ROWS, batch):
        rows = range(first, min(ROWS, first + batch))
        made = windows.fixed_rows(ROWS, rows).to(objective.device)
        errors = objective.errors(model, made).double().cpu()
        by_row = errors.mean((1, 2))
        parts = (by_row, errors[..., POSE].mean((1, 2)), errors[..., EXPRESSION].mean((1, 2)))
        sums += torch.stack([part.sum() for part in parts])
        tenth = made.t.cpu() * BINS // TIMESTEPS
        bins.index_add_(0, tenth, torch.stack([by_row, torch.ones_like(by_row)], 1))
    means = dict(zip(("loss", "pose", "expression"), (sums / ROWS).tolist()))
    return {**means, "bins": (bins[:, 0] / bins[:, 1].clamp(min=1)).tolist()}


@torch.no_grad()
def sampled(model: nn.Module, batch: dict[str, Tensor], start: Tensor, steps: int = STEPS) -> Tensor:
    """DDIM without noise: from `start` [b, n, 70] to motion, normalised. `batch` has audio, canonical and reference."""
    bars = alpha_bars(start.device)
    stride = TIMESTEPS // steps
    x = start
    for step in reversed(range(steps)):
        t = torch.full(x.shape[:1], step * stride, device=x.device)
        share = bars[step * stride]
        after = bars[(step - 1) * stride] if step > 0 else torch.ones_like(share)
        predicted = model(x, t, batch["audio"], batch["canonical"], batch["reference"])
        clean = (x - (1 - share).sqrt() * predicted) / share.sqrt()
        x = after.sqrt() * clean + (1 - after).sqrt() * predicted
    return x


def clip_motion(model: nn.Module, clip: Clip, scale: Scale, frames: int, device: torch.device, seed: int) -> Tensor:
    """Motion of whole windows of a clip's sound, one after the other as at inference, [m, 70], not normalised."""
    first = (clip.motion[0] - scale.mean) / scale.std
    keypoints = (clip.canonical[0] - scale.keypoints_mean) / scale.keypoints_std
    canonical = torch.cat([torch.zeros(MOTION - len(keypoints)), keypoints])[None].to(device)
    reference, made, prefix = first[None].to(device), [], model.options.prefix
    for window in range(max(1, (clip.audio.shape[0] - 1) // frames)):
        audio = torch.zeros(1, prefix + frames, clip.audio.shape[1])
        rows = clip.audio[1 + window * frames : 1 + (window + 1) * frames]
        audio[0, prefix : prefix + len(rows)] = rows
        start = noise.gaussian((1, frames, MOTION), "sample", seed, window).to(device)
        x = sampled(model, {"audio": audio.to(device), "canonical": canonical, "reference": reference}, start)
        made.append(x[0].cpu())
        reference = x[:, -1]
    return torch.cat(made) * scale.std + scale.mean


def samples(model: nn.Module, clips: list[Clip], scale: Scale, frames: int, device: torch.device) -> dict[str, object]:
    """How 32 sampled clips move against the real ones, and how their lips follow the loudness."""
    ratios, follows = [], []
    for index, clip in enumerate(clips[:CLIPS]):
        made = clip_motion(model, clip, scale, frames, device, index)
        real = clip.motion[1 : 1 + len(made)]
        ratios.append(made[:, ANGLES].std(0) / real[:, ANGLES].std(0).clamp(min=1e-6))
        follows.append(correlation(made[: len(real), LIPS], clip.loudness[1 : 1 + len(real)]))
    angles = torch.stack(ratios).mean(0).tolist()
    return {"deviation": dict(zip(("yaw", "pitch", "roll"), angles)), "lips": sum(follows) / len(follows)}


def correlation(a: Tensor, b: Tensor) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / (a.norm() * b.norm()).clamp(min=1e-12))
