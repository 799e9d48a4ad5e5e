"""Prints how two checkpoints differ. Arguments: pairs of files."""

import json
import sys

import torch


def tensors(value: object, name: str = "") -> dict[str, torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return {name: value}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return {key: tensor for inner, part in items for key, tensor in tensors(part, f"{name}.{inner}").items()}


def differ(one: str, two: str) -> dict[str, object]:
    a, b = (torch.load(name, weights_only=True) for name in (one, two))
    left, right = tensors(a), tensors(b)
    same = left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)
    distance = sum(float((a["model"][name] - b["model"][name]).norm() ** 2) for name in a["model"])
    size = sum(float(value.norm() ** 2) for value in a["model"].values())
    return {"same": same and a["step"] == b["step"], "tensors": len(left), "distance": (distance / size) ** 0.5}


print(json.dumps([differ(*sys.argv[i : i + 2]) for i in range(1, len(sys.argv), 2)]))
