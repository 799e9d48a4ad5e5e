"""Prints what the options of a training do to a batch, to the weights and to the loss. The argument is a dataset."""

import copy
import json
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "training"))

import torch

from data import Scale, WindowOptions, Windows, ahead, read_dataset
from model import Denoiser, ModelOptions
from optimise import Objective, adamw, audio_sums, follow, rate, with_audio_noise

dataset = read_dataset(Path(sys.argv[1]))
scale, used = Scale.of(dataset.statistics, 0.0)
shape = WindowOptions(16, 2)
BATCH = 8


def batch(step: int = 3, **options: float):
    return Windows(dataset.clips["train"], scale, replace(shape, **options)).training_rows(1, step, BATCH, range(BATCH))


def differing(one, two) -> list[str]:
    both = [name for name, value in vars(one).items() if isinstance(value, torch.Tensor)]
    return [name for name in both if not torch.equal(getattr(one, name), getattr(two, name))]


def model(**options) -> Denoiser:
    torch.manual_seed(3)
    made = Denoiser(ModelOptions(dim=128, depth=2, **options))
    torch.nn.init.normal_(made.output_projection.weight)
    return made


@torch.no_grad()
def loss(bf16: bool = False, **options) -> float:
    made, drawn = model(**options), plain
    if options.get("canonical") == "none":
        drawn = Windows(dataset.clips["train"], scale, replace(shape, prefix=1)).training_rows(1, 3, BATCH, range(BATCH))
    return float(Objective(torch.device("cpu"), bf16).errors(made, drawn).mean())


plain = batch()
windows = Windows(dataset.clips["train"], scale, shape)
noisy = [batch(step, audio_noise=0.7).audio_noise is not None for step in range(200)]
whole = batch(audio_noise=1.0)
halves = [Windows(dataset.clips["train"], scale, replace(shape, audio_noise=1.0)).training_rows(1, 3, BATCH, rows) for rows in (range(4), range(4, 8))]
sums = sum(audio_sums(half.audio) for half in halves)
expected = whole.audio + whole.audio.mean() + whole.audio.std() * whole.audio_noise
silent = batch(audio_dropout=0.5).audio.flatten(1).abs().sum(1) == 0
floored, _ = Scale.of(dataset.statistics, 0.2)
still = {**dataset.statistics, "scale": {"mean": [0.0], "std": [0.0]}}

trained = model()
average = copy.deepcopy(trained)
before = average.output_projection.bias.detach().clone()
with torch.no_grad():
    trained.output_projection.bias += 1
follow(average, trained, 0.9)

print(
    json.dumps(
        {
            "again": differing(plain, batch()),
            "next": differing(plain, batch(4)),
            "halves": [torch.equal(torch.cat([half.x0 for half in halves]), whole.x0), differing(plain, whole)],
            "noisy": sum(noisy) / len(noisy),
            "audioNoise": float((with_audio_noise(whole, sums) - expected).abs().max()),
            "prefixNoise": float(with_audio_noise(whole, sums)[:, :2].abs().max()),
            "quiet": torch.equal(with_audio_noise(plain, sums), plain.audio),
            "dropout": [int(silent.sum()), differing(plain, batch(audio_dropout=0.5))],
            "reference": differing(plain, batch(reference_noise=0.1)),
            "floor": float(floored.std.min()),
            "still": Scale.of(still, 0.0)[1]["scale"]["std"],
            "ema": float((average.output_projection.bias - before).mean()),
            "decays": [len(group["params"]) for group in adamw(model().named_parameters()).param_groups],
            "rates": [rate(step, 5.12e-4, 2000, 500_000) for step in (0, 1, 1000, 1999, 2000, 2001, 100_000, 251_000, 499_999, 500_000)],
            "losses": {
                "plain": loss(),
                "zero": loss(canonical="zero"),
                "none": loss(canonical="none"),
                "attention": loss(attention="none"),
                "rotary": loss(rotary="none"),
                "bias": loss(bias="none"),
                "bf16": loss(bf16=True),
            },
            "epochs": [sorted(name.split("[")[0] for step in steps for name in windows.training_rows(1, step, 1, range(1)).names) for steps in (range(3), range(3, 6))],
            "ahead": [len(made.names) for made in ahead(lambda step: batch(step), range(5))],
        }
    )
)
