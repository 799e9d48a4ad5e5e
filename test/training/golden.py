"""Prints what the golden batch gives, as JSON. Arguments: the weights and the golden tensors, as .safetensors."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "training"))

import torch

import checkpoint
from data import Batch
from golden_file import tensors
from model import Denoiser
from optimise import EXPRESSION, POSE, Objective, adamw, audio_sums, with_audio_noise

weights, golden = (tensors(Path(name)) for name in sys.argv[1:3])
model = Denoiser()
model.load_state_dict(checkpoint.plain(weights, model.state_dict(), Path(sys.argv[1])))
padded = torch.nn.functional.pad(golden["audio"], (0, 0, 2, 0))
batch = Batch(
    names=[],
    x0=golden["x0"],
    t=golden["timestep"],
    noise=golden["noise"],
    audio=padded,
    audio_noise=golden["audio_gaussian"],
    canonical=golden["canonical"],
    reference=golden["reference"],
)
objective = Objective(torch.device("cpu"))


def losses(audio: torch.Tensor) -> list[torch.Tensor]:
    errors = objective.errors(model, Batch(**{**vars(batch), "audio": audio}))
    return [errors.mean(), errors[..., EXPRESSION].mean(), errors[..., POSE].mean()]


def worst(kind: str, found: dict[str, torch.Tensor]) -> dict[str, float]:
    """Of every kept tensor the norm of the difference, as a share of its own."""
    named = {name.removeprefix(kind): value for name, value in golden.items() if name.startswith(kind)}
    every = {name: found[name.removeprefix(checkpoint.PREFIX)].flatten()[::101] for name in named}
    return {name: float((every[name] - named[name]).norm() / named[name].norm()) for name in named}


with torch.no_grad():
    noisy = losses(with_audio_noise(batch, audio_sums(padded)))
plain = losses(padded)
plain[0].backward()
named = dict(model.named_parameters())
gradients = {name: value.grad for name, value in named.items() if value.grad is not None}
norm = torch.nn.utils.clip_grad_norm_([named[name] for name in gradients], 50.0)
result = {
    "plain": [value.item() for value in plain],
    "noisy": [value.item() for value in noisy],
    "norm": float(norm),
    "norms": {checkpoint.PREFIX + name: float(value.norm()) for name, value in gradients.items()},
    "without": [checkpoint.PREFIX + name for name in named if name not in gradients],
    "gradients": worst("grad.", gradients),
    "trained": sum(value.numel() for value in gradients.values()),
}
before = {name: value.detach().clone() for name, value in named.items()}
optimizer = adamw(named.items())
for group in optimizer.param_groups:
    group["lr"] = 5.12e-4
optimizer.step()
result["step"] = worst("step.", {name: value.detach() - before[name] for name, value in named.items()})
print(json.dumps(result))
