"""Reads .safetensors files of any type of number."""

import json
import struct
from pathlib import Path

import torch

TYPES = {"F32": torch.float32, "I64": torch.int64}


def tensors(path: Path) -> dict[str, torch.Tensor]:
    data = bytearray(path.read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    body = memoryview(data)[8 + length :]
    found = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            found[name] = torch.frombuffer(body[begin:end], dtype=TYPES[entry["dtype"]]).view(entry["shape"])
    return found
