"""The objective, the optimiser and its schedule, as the released network was trained."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from data import Batch
from model import alpha_bars

POSE = slice(1, 7)
EXPRESSION = slice(7, 70)
CLIP_NORM = 50.0


def adamw(named: Iterable[tuple[str, nn.Parameter]]) -> torch.optim.AdamW:
    """Decay is for all weights without "bias" in their names: the table of distances is spared, gamma and beta are not."""
    trained = [(name, parameter) for name, parameter in named if parameter.requires_grad]
    decayed = [parameter for name, parameter in trained if "bias" not in name]
    spared = [parameter for name, parameter in trained if "bias" in name]
    groups = [{"params": decayed, "weight_decay": 1e-6}, {"params": spared, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.95, 0.999), eps=1e-8)


def rate(step: int, peak: float, warmup: int, total: int) -> float:
    """Rises for `warmup` steps from 0, then falls along a cosine to 0 at step `total`."""
    if step < warmup:
        return peak * step / warmup
    return peak / 2 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup)))


class Objective:
    """The mean squared error of the predicted noise."""

    def __init__(self, device: torch.device, bf16: bool = False) -> None:
        self.bars = alpha_bars(device)
        self.device, self.bf16 = device, bf16

    def errors(self, model: nn.Module, batch: Batch) -> Tensor:
        """Squared errors [b, n, 70]."""
        share = self.bars[batch.t][:, None, None]
        noised = share.sqrt() * batch.x0 + (1 - share).sqrt() * batch.noise
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            predicted = model(noised, batch.t, batch.audio, batch.canonical, batch.reference)
        return (predicted - batch.noise) ** 2


def audio_sums(audio: Tensor) -> Tensor:
    """Sum, sum of squares and count of all numbers: of several parts of a batch they add up. Float64 [3]."""
    values = audio.double()
    return torch.stack([values.sum(), (values**2).sum(), torch.tensor(float(values.numel()), dtype=torch.float64)])


def with_audio_noise(batch: Batch, sums: Tensor) -> Tensor:
    """The batch's audio plus its mean and its deviation times a Gaussian, the zero rows of the prefix included."""
    if batch.audio_noise is None:
        return batch.audio
    total, squares, count = sums.tolist()
    mean = total / count
    deviation = math.sqrt(max(0.0, squares - count * mean * mean) / (count - 1))
    return batch.audio + mean + deviation * batch.audio_noise


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """A step of the moving average of the weights."""
    for mean, value in zip(average.state_dict().values(), model.state_dict().values()):
        mean.lerp_(value, 1 - decay)
