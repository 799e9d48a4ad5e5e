"""Checkpoints: files of PyTorch with plain tensors and values, whole or absent."""

import json
import os
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from data import Refused, read_shard

PREFIX = "point_model.model."
KEPT = 3
BEST = "best.pth"
NAME = re.compile(r"step-(\d{9})\.pth")
PART = ".part"


def save(folder: Path, step: int, contents: dict[str, Any], best: bool) -> Path:
    """Writes the checkpoint of a step; the last three and the best stay."""
    path = folder / f"step-{step:09d}.pth"
    write(path, contents)
    if best:
        write(folder / BEST, contents)
    for old in sorted(checkpoints(folder))[:-KEPT]:
        old.unlink()
    return path


def write(path: Path, contents: dict[str, Any]) -> None:
    """Nobody ever sees a part of a file under its name."""
    part = path.with_name(path.name + PART)
    with part.open("wb") as file:
        torch.save(contents, file)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)


def checkpoints(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if NAME.fullmatch(path.name)]


def newest(folder: Path) -> Path | None:
    """The checkpoint from which a run goes on."""
    return max(checkpoints(folder), default=None)


def sweep(folder: Path) -> None:
    """Removes what a killed run has left of a checkpoint."""
    for left in folder.glob(f"*.pth{PART}"):
        left.unlink()


def read(path: Path) -> dict[str, Any]:
    if path.suffix == ".safetensors":  # the released network, which `kdtalker train` hands over in this form
        return {"model": read_shard(path)}
    try:
        contents = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as cause:  # a damaged file fails in many ways
        raise Refused(f"Expected a checkpoint in '{path}' but it cannot be read: {str(cause).splitlines()[0]}") from cause
    if not isinstance(contents, dict) or not isinstance(contents.get("model"), dict):
        raise Refused(f"Expected a checkpoint with a 'model' in '{path}' but received another file")
    return {name: json.loads(value) if isinstance(value, str) else value for name, value in contents.items()}  # 1.13 refuses decimals


def named(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The names of the released file."""
    return {PREFIX + name: value for name, value in state.items()}


def plain(state: dict[str, Tensor], wanted: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The network's own names."""
    found = {name: value for name, value in wanted.items() if ".block2.norm." in name}  # may be missing: nothing uses them
    found |= {name.removeprefix(PREFIX): value for name, value in state.items()}
    wrong = [name for name in {**wanted, **found} if name not in wanted or name not in found or wanted[name].shape != found[name].shape]
    if wrong:
        raise Refused(f"Expected the network of these options in '{path}' but {len(wrong)} of its tensors differ, such as {wrong[0]}")
    return found
