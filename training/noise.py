"""Random numbers as functions of what they are for, such as (seed, step, row): nothing is carried from one step to the next.

A run that goes on draws the same numbers as one that never stopped, and processes draw theirs without talking.
"""

import hashlib

import torch
from torch import Tensor


def generator(*key: int | str) -> torch.Generator:
    digest = hashlib.sha256("/".join(map(str, key)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))


def uniform_integer(below: int, *key: int | str) -> int:
    return int(torch.randint(below, (), generator=generator(*key)))


def uniform(*key: int | str) -> float:
    return float(torch.rand((), generator=generator(*key), dtype=torch.float64))


def gaussian(shape: tuple[int, ...], *key: int | str) -> Tensor:
    return torch.randn(shape, generator=generator(*key))
