"""Trains each network of a list a little, and writes what it makes of one step. Arguments: a dataset, a folder, the list in JSON.

An entry has the name of the run, the options of the training, and the number of frames.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "training"))

import torch

import checkpoint
import cli
from made import write
from model import Denoiser, ModelOptions

dataset, folder, runs = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
SMALL = ["--dim", "128", "--depth", "2", "--batch", "4", "--peak", "1e-2", "--warmup", "1", "--steps", "6"]


@torch.no_grad()
def step(options: dict, weights: dict, frames: int) -> dict[str, torch.Tensor]:
    names = ("dim", "depth", "canonical", "attention", "rotary", "bias")
    model = Denoiser(ModelOptions(**{name: options[name] for name in names}))
    model.load_state_dict(checkpoint.plain(weights, model.state_dict(), folder))
    made = torch.Generator().manual_seed(9)
    x, audio = (torch.randn(1, frames, width, generator=made) for width in (70, 512))
    canonical, reference = (torch.randn(1, 70, generator=made) for _ in range(2))
    padded = torch.nn.functional.pad(audio, (0, 0, model.options.prefix, 0))
    eps = model(x, torch.tensor([420]), padded, canonical, reference)
    return {"x": x, "audio": audio, "canonical": canonical, "reference": reference, "eps": eps}


for name, words, frames in runs:
    if cli.main(["--dataset", dataset, "--out", str(folder / name), *SMALL, *words]) != 0:
        sys.exit(1)
    found = checkpoint.read(folder / name / "step-000000006.pth")
    write(folder / f"{name}.safetensors", step(found["options"], found["ema"] or found["model"], frames))
