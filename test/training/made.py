"""Writes a dataset of made clips: a folder, the clips for training, those for validation, and the frames of each.

Twelve slow signals are the hidden cause of both: the sound is a mixture of them, cut at 0, and the motion another mixture and a slow walk.
"""

import json
import struct
import sys
from pathlib import Path

import torch

PARTS = {"scale": 1, "yaw": 1, "pitch": 1, "roll": 1, "t": 3, "exp": 63}


def write(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    header, offset = {}, 0
    for name, tensor in tensors.items():
        size = tensor.numel() * 4
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    body = b"".join(struct.pack(f"<{tensor.numel()}f", *tensor.flatten().tolist()) for tensor in tensors.values())
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def signals(frames: int, generator: torch.Generator) -> torch.Tensor:
    rows = [torch.randn(12, generator=generator)]
    for _ in range(frames - 1):
        rows.append(0.9 * rows[-1] + (1 - 0.81) ** 0.5 * torch.randn(12, generator=generator))
    return torch.stack(rows)


def clip(frames: int, mix: dict[str, torch.Tensor], generator: torch.Generator) -> dict[str, torch.Tensor]:
    cause = signals(frames, generator)
    walk = 0.05 * torch.randn(frames, 70, generator=generator).cumsum(0)
    motion = (cause @ mix["motion"] + walk) * 0.1
    return {
        "motion": motion,
        "canonical": (mix["face"] + 0.01 * torch.randn(1, 63, generator=generator)).expand(frames, 63).clone(),
        "audio": (cause @ mix["audio"]).relu(),
        "loudness": cause @ mix["audio"].mean(1),
    }


def statistics(parts: dict[str, torch.Tensor]) -> dict[str, dict[str, list[float]]]:
    made, at = {}, 0
    for name, count in PARTS.items():
        column = parts["motion"][:, at : at + count].double()
        made[name] = {"mean": column.mean(0).tolist(), "std": column.std(0, unbiased=False).tolist()}
        at += count
    keypoints = parts["canonical"].double()
    made["kp"] = {"mean": keypoints.mean(0).tolist(), "std": keypoints.std(0, unbiased=False).tolist()}
    return made


def main(folder: Path, train: int, validation: int, frames: int) -> None:
    generator = torch.Generator().manual_seed(5)
    mix = {
        "motion": torch.randn(12, 70, generator=generator) / 12**0.5,
        "audio": torch.randn(12, 512, generator=generator) / 12**0.5,
        "face": torch.randn(1, 63, generator=generator),
    }
    clips = [clip(frames, mix, generator) for _ in range(train + validation)]
    whole = {name: torch.cat([one[name] for one in clips]) for name in clips[0]}
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "00000.safetensors", whole)
    listed = [
        {
            "name": f"clip{i}",
            "speaker": f"s{i}",
            "split": "train" if i < train else "validation",
            "shard": "00000.safetensors",
            "start": i * frames,
            "frames": frames,
        }
        for i in range(train + validation)
    ]
    seen = {name: value[: train * frames] for name, value in whole.items()}
    made = {"format": 1, "identity": f"made {train} {validation} {frames}", "clips": listed, "statistics": statistics(seen)}
    (folder / "dataset.json").write_text(json.dumps(made))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:5]))
