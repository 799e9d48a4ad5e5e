"""Clips of a dataset, and the batches that the training draws from them.

A dataset is a folder of dataset.json and shards; `kdtalker dataset` writes it and docs/training.md describes it.
"""

import json
import mmap
import struct
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import noise
from model import MOTION, TIMESTEPS

PARTS = {"scale": 1, "yaw": 1, "pitch": 1, "roll": 1, "t": 3, "exp": 63}  # the 70 numbers of motion, in order
KEYPOINTS = 63
Statistics = dict[str, dict[str, list[float]]]
READY = 2  # batches that are made while a step runs


class Refused(Exception):
    """What the user can mend; the message is one sentence."""


def read_shard(path: Path) -> dict[str, Tensor]:
    """The float32 tensors of a .safetensors file; their bytes stay in the file until they are used."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    (length,) = struct.unpack("<Q", mapped[:8])
    tensors = {}
    for name, entry in json.loads(mapped[8 : 8 + length]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            flat = torch.frombuffer(mapped, dtype=torch.float32, count=(end - begin) // 4, offset=8 + length + begin)
            tensors[name] = flat.view(entry["shape"])
    return tensors


@dataclass(frozen=True)
class Scale:
    """Mean and deviation of the numbers of motion [70] and of the canonical keypoints [63]."""

    mean: Tensor
    std: Tensor
    keypoints_mean: Tensor
    keypoints_std: Tensor

    @staticmethod
    def of(statistics: Statistics, floor: float) -> tuple["Scale", Statistics]:
        """Deviations of 0 become 1, and those below `floor` the floor. Also returns the statistics with these deviations."""
        used: Statistics = {}
        for part, count in [*PARTS.items(), ("kp", KEYPOINTS)]:
            entry = statistics.get(part, {})
            mean, std = entry.get("mean", []), entry.get("std", [])
            if len(mean) != count or len(std) != count:
                raise Refused(f"Expected {count} means and deviations of {part} in the statistics but received others")
            used[part] = {"mean": list(mean), "std": [1.0 if s == 0 else max(s, floor) for s in std]}
        columns = [[v for part in parts for v in used[part][kind]] for parts in (PARTS, ("kp",)) for kind in ("mean", "std")]
        return Scale(*map(torch.tensor, columns)), used


@dataclass(frozen=True)
class Clip:
    name: str
    motion: Tensor  # [frames, 70]; the others have as many rows
    canonical: Tensor  # [.., 63]
    audio: Tensor  # [.., 512]
    loudness: Tensor


@dataclass(frozen=True)
class Dataset:
    clips: dict[str, list[Clip]]  # by split: train, validation
    statistics: Statistics
    identity: str  # changes with the clips


def read_dataset(folder: Path) -> Dataset:
    try:
        listed: dict[str, Any] = json.loads((folder / "dataset.json").read_text())
    except (OSError, ValueError) as cause:
        raise Refused(f"Expected a dataset in '{folder}' but its dataset.json cannot be read: {cause}") from cause
    shards: dict[str, dict[str, Tensor]] = {}
    splits: dict[str, list[Clip]] = {"train": [], "validation": []}
    for clip in listed["clips"]:
        name = clip["shard"]
        if name not in shards:
            shards[name] = read_shard(folder / name)
        rows = slice(clip["start"], clip["start"] + clip["frames"])
        parts = {key: shards[name][key][rows] for key in ("motion", "canonical", "audio", "loudness")}
        splits[clip["split"]].append(Clip(name=clip["name"], **parts))
    return Dataset(splits, listed["statistics"], listed["identity"])


@dataclass(frozen=True)
class Batch:
    """Windows of n frames, normalised. `names` says which window of which clip each row is."""

    names: list[str]
    x0: Tensor  # [b, n, 70]
    t: Tensor  # [b]
    noise: Tensor  # [b, n, 70]
    audio: Tensor  # [b, prefix + n, 512], the rows of the prefix zero
    audio_noise: Tensor | None  # the same shape, Gaussian
    canonical: Tensor  # [b, 70]
    reference: Tensor  # [b, 70]

    def each(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        return replace(self, **{name: change(value) for name, value in vars(self).items() if isinstance(value, Tensor)})

    def to(self, device: torch.device) -> "Batch":
        return self.each(lambda tensor: tensor.to(device, non_blocking=True))

    def part(self, index: int, parts: int) -> "Batch":
        """One of several equal parts of the rows."""
        size = len(self.t) // parts
        return self.each(lambda tensor: tensor[index * size : (index + 1) * size])


@dataclass(frozen=True)
class WindowOptions:
    frames: int
    prefix: int
    audio_noise: float = 0.0  # the chance of a step that all its audio is noisy
    audio_dropout: float = 0.0  # the chance of a row that it has no audio
    reference_noise: float = 0.0  # the deviation of the noise that is added to the reference


class Windows:
    """Draws windows of clips. A row is a function of its key and does not depend on others."""

    def __init__(self, clips: list[Clip], scale: Scale, options: WindowOptions) -> None:
        short = [clip.name for clip in clips if clip.motion.shape[0] <= options.frames]
        if short:
            raise Refused(f"Expected more than {options.frames} frames but the clip {short[0]} has fewer. Choose a smaller window")
        self.clips, self.scale, self.options = clips, scale, options

    def row(self, clip: int, key: tuple[int | str, ...], t: int, noisy: bool) -> Batch:
        chosen, n, o = self.clips[clip], self.options.frames, self.options
        r = noise.uniform_integer(chosen.motion.shape[0] - n, *key, "window")
        motion = (chosen.motion[r : r + n + 1] - self.scale.mean) / self.scale.std
        keypoints = (chosen.canonical[r] - self.scale.keypoints_mean) / self.scale.keypoints_std
        audio = torch.zeros(o.prefix + n, chosen.audio.shape[1])
        if not (o.audio_dropout > 0 and noise.uniform(*key, "dropout") < o.audio_dropout):
            audio[o.prefix :] = chosen.audio[r + 1 : r + n + 1]
        reference = motion[0]
        if o.reference_noise > 0:
            reference = reference + o.reference_noise * noise.gaussian((MOTION,), *key, "reference")
        return Batch(
            names=[f"{chosen.name}[{r}]"],
            x0=motion[1:],
            t=torch.tensor(t),
            noise=noise.gaussian((n, MOTION), *key, "noise"),
            audio=audio,
            audio_noise=noise.gaussian(tuple(audio.shape), *key, "audio") if noisy else None,
            canonical=torch.cat([torch.zeros(MOTION - KEYPOINTS), keypoints]),
            reference=reference,
        )

    def training_rows(self, seed: int, step: int, batch: int, rows: range) -> Batch:
        """Some rows of a step's batch. An epoch takes one window of every clip; clips that fill no batch are left out."""
        chance = self.options.audio_noise
        noisy = chance > 0 and noise.uniform(seed, step, "noisy") < chance
        times = [noise.uniform_integer(TIMESTEPS, seed, step, row, "t") for row in rows]
        clips = [clip_of(len(self.clips), seed, step, row, batch) for row in rows]
        return stacked([self.row(clip, (seed, step, row), t, noisy) for clip, row, t in zip(clips, rows, times)])

    def fixed_rows(self, count: int, rows: range) -> Batch:
        """Rows of the `count` by which trainings are compared: always the same, with timesteps over the whole range."""
        clips = [noise.uniform_integer(len(self.clips), "fixed", row, "clip") for row in rows]
        return stacked([self.row(clip, ("fixed", row), row * TIMESTEPS // count, False) for clip, row in zip(clips, rows)])


def clip_of(clips: int, seed: int, step: int, row: int, batch: int) -> int:
    if clips >= batch:
        epoch, place = divmod(step, clips // batch)
        return order(clips, seed, epoch)[place * batch + row]
    epoch, place = divmod(step * batch + row, clips)  # a batch holds more than one window of a clip
    return order(clips, seed, epoch)[place]


@lru_cache(maxsize=8)
def order(clips: int, seed: int, epoch: int) -> list[int]:
    return torch.randperm(clips, generator=noise.generator(seed, epoch, "order")).tolist()


def stacked(rows: list[Batch]) -> Batch:
    kinds = [name for name, value in vars(rows[0]).items() if isinstance(value, Tensor)]
    values = {name: torch.stack([getattr(row, name) for row in rows]) for name in kinds}
    return replace(rows[0], names=[row.names[0] for row in rows], **values)


def ahead(make: Callable[[int], Batch], steps: range) -> Iterator[Batch]:
    """The batches of all steps. A thread makes the next ones meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        coming = deque(pool.submit(make, step) for step in steps[:READY])
        for step in steps:
            if step + READY < steps.stop:
                coming.append(pool.submit(make, step + READY))
            yield coming.popleft().result()
