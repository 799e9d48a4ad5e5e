"""The loop: batches, steps, and every so often a look at how it goes and a checkpoint."""

import argparse
import copy
import json
import math
import time
from contextlib import nullcontext
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed, nn

import checkpoint
import noise
import validate
from data import Batch, Dataset, Refused, Scale, WindowOptions, Windows, ahead
from model import Denoiser, ModelOptions
from optimise import CLIP_NORM, EXPRESSION, POSE, Objective, adamw, audio_sums, follow, rate, with_audio_noise

# They decide the numbers: a run that goes on must have the same.
DECIDING = ("seed", "batch", "window", "dim", "depth", "canonical", "attention", "rotary", "bias", "peak", "warmup", "steps")
DECIDING += ("audio_noise", "audio_dropout", "reference_noise", "ema", "precision")


def tell(event: str, **values: Any) -> None:
    print(json.dumps({"event": event, **values}), flush=True)


def device_of(options: argparse.Namespace) -> torch.device:
    seen = torch.cuda.is_available()
    if options.device == "cuda" and not seen:
        raise Refused("Expected a GPU for the device cuda but PyTorch sees none")
    if options.device == "cpu" or not seen:
        return torch.device("cpu")
    torch.cuda.set_device(options.rank % torch.cuda.device_count())
    return torch.device("cuda", torch.cuda.current_device())


class Training:
    def __init__(self, options: argparse.Namespace, dataset: Dataset) -> None:
        self.options, self.device, self.leads = options, device_of(options), options.rank == 0
        self.deciding = {**{name: getattr(options, name) for name in DECIDING}, "dataset": dataset.identity}
        torch.manual_seed(noise.uniform_integer(2**31, options.seed, "weights"))
        self.model = Denoiser(ModelOptions(**{field.name: getattr(options, field.name) for field in fields(ModelOptions)}))
        self.step, self.best, self.stopping = 0, math.inf, False
        if self.leads:
            checkpoint.sweep(options.out)
        earlier = checkpoint.newest(options.out)
        path = earlier or options.begin
        found = {} if path is None else checkpoint.read(path)
        if path is not None:
            self.model.load_state_dict(checkpoint.plain(found["model"], self.model.state_dict(), path))
        self.scale, self.statistics = self.scale_of(found, dataset, earlier is not None)
        self.model.to(self.device)
        self.optimizer = adamw(self.model.named_parameters())
        self.average = copy.deepcopy(self.model) if options.ema > 0 else None
        if earlier is not None:
            self.go_on(found, earlier)
        shape = WindowOptions(options.window, self.model.options.prefix)
        chances = {name: getattr(options, name) for name in ("audio_noise", "audio_dropout", "reference_noise")}
        self.windows = Windows(dataset.clips["train"], self.scale, replace(shape, **chances))
        self.fixed = Windows(dataset.clips["validation"], self.scale, shape)
        self.objective = Objective(self.device, options.precision == "bf16")
        self.network = wrapped(self.model, options, self.device)
        self.control = distributed.new_group(backend="gloo") if options.processes > 1 else None

    def scale_of(self, found: dict[str, Any], dataset: Dataset, goes_on: bool) -> tuple[Scale, Any]:
        """The statistics that were named, else those of the checkpoint, else the dataset's own, to which alone the floor applies."""
        if self.options.statistics is not None and not goes_on:
            return Scale.of(json.loads(self.options.statistics.read_text()), 0.0)
        kept = found.get("statistics")
        return Scale.of(kept, 0.0) if kept else Scale.of(dataset.statistics, self.options.std_floor)

    def go_on(self, found: dict[str, Any], path: Path) -> None:
        for name, value in self.deciding.items():
            if found["options"].get(name) != value:
                said = f"Expected {found['options'].get(name)} for {name.replace('_', '-')}, as '{path}' has it,"
                raise Refused(f"{said} but received {value}. Choose another folder for another run")
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": found["optimizer"]})
        self.step, self.best = found["step"], found["best"]
        if self.average is not None:
            self.average.load_state_dict(checkpoint.plain(found["ema"], self.average.state_dict(), path))

    def rows(self, step: int) -> Batch:
        """The rows of a step's batch that this process computes."""
        o = self.options
        size = o.batch // o.processes
        return self.windows.training_rows(o.seed, step, o.batch, range(o.rank * size, (o.rank + 1) * size))

    def shared(self, batch: Batch) -> tuple[Tensor, bool]:
        """The sums of all processes' audio, and whether one of them was asked to stop."""
        sums = torch.cat([audio_sums(batch.audio), torch.tensor([float(self.stopping)], dtype=torch.float64)])
        if self.control is not None:
            distributed.all_reduce(sums, group=self.control)
        return sums[:3], bool(sums[3] > 0)

    def learn(self, batch: Batch, sums: Tensor) -> list[float]:
        """One step of the optimiser. Returns the losses, all and by part, and the norm of the gradient."""
        o = self.options
        whole = replace(batch, audio=with_audio_noise(batch, sums), audio_noise=None).to(self.device)
        means = torch.zeros(3, device=self.device)
        for part in range(o.accumulate):
            last = part == o.accumulate - 1
            with nullcontext() if last or o.processes == 1 else self.network.no_sync():
                errors = self.objective.errors(self.network, whole.part(part, o.accumulate))
                (errors.mean() / o.accumulate).backward()
            errors = errors.detach()
            means += torch.stack([errors.mean(), errors[..., POSE].mean(), errors[..., EXPRESSION].mean()]) / o.accumulate
        norm = nn.utils.clip_grad_norm_([p for p in self.model.parameters() if p.requires_grad], CLIP_NORM)
        numbers = [*means.tolist(), float(norm)]
        if not all(map(math.isfinite, numbers)):
            raise Refused(f"Expected a finite loss in step {self.step} but received {numbers[0]} for the rows {', '.join(batch.names)}")
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.step, o.peak, o.warmup, o.steps)
        self.optimizer.step()
        self.model.zero_grad(set_to_none=True)
        if self.average is not None:
            follow(self.average, self.model, o.ema)
        return numbers

    def run(self) -> None:
        o, seen, begun = self.options, [], time.monotonic()
        parameters = sum(p.numel() for p in self.model.parameters())
        self.tell("begin", steps=o.steps, clips=len(self.windows.clips), parameters=parameters, device=str(self.device))
        batches = ahead(self.rows, range(self.step, o.steps))
        for batch in batches:
            sums, stop = self.shared(batch)
            if stop:
                break
            seen.append(self.learn(batch, sums))
            self.step += 1
            if self.step % o.log_every == 0 or self.step == o.steps:
                self.report(seen, time.monotonic() - begun)
                seen, begun = [], time.monotonic()
            self.look()
        batches.close()
        self.keep(False)
        self.tell("done" if self.step == o.steps else "stopped")

    def tell(self, event: str, **values: Any) -> None:
        if self.leads:
            tell(event, step=self.step, **values)

    def report(self, seen: list[list[float]], seconds: float) -> None:
        loss, pose, expression, norm = (sum(column) / len(seen) for column in zip(*seen))
        o, samples = self.options, len(seen) * self.options.batch / seconds
        self.tell("step", loss=loss, pose=pose, expression=expression, rate=rate(self.step - 1, o.peak, o.warmup, o.steps), norm=norm, samples=samples)

    def look(self) -> None:
        """Validates, samples and keeps a checkpoint, where it is time for that."""
        o, better, judged = self.options, False, self.average or self.model  # the pack takes the average, where there is one
        if not self.leads:
            return
        if self.fixed.clips and self.step % o.validate_every == 0:
            found = validate.losses(judged, self.objective, self.fixed, max(64, o.batch // o.processes))
            better = found["loss"] < self.best
            self.best = min(found["loss"], self.best)
            self.tell("validation", **found)
        if self.fixed.clips and self.step % o.sample_every == 0:
            self.tell("samples", **validate.samples(judged, self.fixed.clips, self.scale, o.window, self.device))
        if better or (self.step % o.checkpoint_every == 0 and self.step < o.steps):
            self.keep(better)

    def keep(self, best: bool) -> None:
        if not self.leads:
            return
        average = self.average and checkpoint.named(self.average.state_dict())
        contents = {"model": checkpoint.named(self.model.state_dict()), "ema": average, "step": self.step}
        told = {"statistics": self.statistics, "options": self.deciding, "best": self.best}
        contents |= {"optimizer": self.optimizer.state_dict()["state"], **{name: json.dumps(value) for name, value in told.items()}}
        path = checkpoint.save(self.options.out, self.step, contents, best)
        self.tell("checkpoint", file=str(path), best=best)


def wrapped(model: Denoiser, options: argparse.Namespace, device: torch.device) -> nn.Module:
    if options.compile and not hasattr(torch, "compile"):
        raise Refused(f"Expected PyTorch 2 to compile but received {torch.__version__}")
    network = torch.compile(model) if options.compile else model
    if options.processes == 1:
        return network
    return nn.parallel.DistributedDataParallel(network, device_ids=[device] if device.type == "cuda" else None)
