"""One task of contenders.js: torch_frames.py SETTINGS, a JSON object. Times warp and decode of benchmarks/reference.py on a GPU, as PyTorch
runs them or compiled with CUDA graphs, in float32 and in half precision; or on the processor, in float32. Prints
{"rows": [{"precision", "ms"}]} or {"refused"}, a sentence."""

import contextlib
import json
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from reference import Model  # noqa: E402


def moved(network, device):
    """The network's weights on the device, in place."""
    for value in vars(network).values():
        if isinstance(value, dict):
            value.update({name: tensor.to(device) for name, tensor in value.items() if torch.is_tensor(tensor)})
        elif hasattr(value, "tensors"):
            value.tensors.update({name: tensor.to(device) for name, tensor in value.tensors.items()})
    return network


def rows(settings):
    device = settings["device"]
    on_gpu = device != "cpu"
    torch.set_default_device(device)
    model = Model(settings["checkpoints"])
    warp, decode = moved(model.warp, device), moved(model.decode, device)
    inputs = torch.zeros(1, 32, 16, 64, 64), torch.zeros(1, 21, 3), torch.zeros(1, 21, 3)
    run = lambda volume, source, driving: decode(warp(volume, source, driving))  # noqa: E731
    if settings["compiled"]:
        run = torch.compile(run, mode="reduce-overhead" if on_gpu else "default")
    for precision in ("fp32", "fp16") if on_gpu else ("fp32",):
        half = torch.autocast("cuda", dtype=torch.float16) if precision == "fp16" else contextlib.nullcontext()
        with half:
            frame = lambda: run(*inputs)  # noqa: E731
            for _ in range(settings["warm"]):
                frame()
            count = settings["count"]
            yield {"precision": precision, "ms": (by_events if on_gpu else by_clock)(frame, count) / count}


def by_clock(frame, count):
    begun = time.perf_counter()
    for _ in range(count):
        frame()
    return 1000 * (time.perf_counter() - begun)


def by_events(frame, count):
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    for _ in range(count):
        frame()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end)


def main(settings):
    if settings["device"] != "cpu" and not torch.cuda.is_available():
        return {"refused": f"PyTorch {torch.__version__} finds no GPU"}
    try:
        with torch.inference_mode():
            return {"rows": list(rows(settings))}
    except Exception as error:  # of any library: the sentence goes into the table
        return {"refused": f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"}


print(json.dumps(main(json.loads(sys.argv[1]))))
