"""One task of layers.js: torch_layers.py SETTINGS, a JSON object with device, rounds and layers, as layers.ts of lib/packs/lowering/plan
describes them. Times each in PyTorch on a GPU, and what the GPU can do; or on the processor, which tries it where there is none. Prints {"version", "ms", "ceilings"}, milliseconds in the order of
the layers, or {"refused"}, a sentence."""

import json
import sys
import time

try:
    import torch
    from torch.nn import functional
except ImportError as missing:
    print(json.dumps({"refused": f"this Python has no PyTorch: {missing}"}))
    sys.exit()

TYPES = {"fp16": torch.float16, "fp32": torch.float32}
WARM = 3


def convolution(layer):
    """The layer's work, over noise: tensors are channels last, which tensor cores want."""
    dtype, groups = TYPES[layer["precision"]], layer["groups"]
    flat = layer["cells"][0] == layer["kernel"][0] == 1
    last = torch.channels_last if flat else torch.channels_last_3d
    lengths = lambda of: of[1:] if flat else of  # noqa: E731
    value = noise([layer["batch"], layer["inputs"], *lengths(layer["cells"])], dtype).to(memory_format=last)
    weights = noise([layer["outputs"], layer["inputs"] // groups, *lengths(layer["kernel"])], dtype).to(memory_format=last)
    run = functional.conv2d if flat else functional.conv3d
    factor = layer["factor"]
    repeats = [factor, factor] if flat else [1, factor, factor]

    def work():
        seen = functional.interpolate(value, scale_factor=repeats, mode="nearest") if factor > 1 else value
        return run(seen, weights, stride=lengths(layer["strides"]), padding=lengths(layer["pads"]), groups=groups)

    return work


def product(layer):
    left = noise([layer["batch"], layer["rows"], layer["length"]], TYPES[layer["precision"]])
    right = noise([layer["batch"], layer["length"], layer["columns"]], TYPES[layer["precision"]])
    return lambda: torch.matmul(left, right)


WORK = {"convolution": convolution, "product": product}


def noise(dims, dtype):
    return torch.randn(dims, dtype=torch.float32).to(dtype)


def by_clock(work, rounds):
    work()
    begun = time.perf_counter()
    for _ in range(rounds):
        work()
    return 1000 * (time.perf_counter() - begun) / rounds


def by_graph(work, rounds):
    """Milliseconds of one round, in a CUDA graph of all."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(WARM):
            work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(rounds):
            work()
    graph.replay()
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    graph.replay()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) / rounds


def ceilings(milliseconds, rounds, on_gpu):
    """Teraflops of products of large matrices, and gigabytes a second that a copy reads and writes."""
    side, size = (8192, 1 << 29) if on_gpu else (256, 1 << 20)
    found = {}
    for name, dtype in (("half", torch.float16), ("float", torch.float32)):
        left, right = noise([side, side], dtype), noise([side, side], dtype)
        found[name] = 2 * side**3 / milliseconds(lambda: torch.matmul(left, right), rounds) / 1e9
    source, target = torch.zeros(size, dtype=torch.uint8), torch.zeros(size, dtype=torch.uint8)
    found["copy"] = 2 * size / milliseconds(lambda: target.copy_(source), rounds) / 1e6
    return found


def main(settings):
    on_gpu, rounds = settings["device"] != "cpu", settings["rounds"]
    if on_gpu and not torch.cuda.is_available():
        return {"refused": f"PyTorch {torch.__version__} finds no GPU"}
    torch.set_default_device(settings["device"])
    # Float32 is float32, and cuDNN tries its algorithms.
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    milliseconds = by_graph if on_gpu else by_clock
    try:
        with torch.inference_mode():
            ms = [milliseconds(WORK[layer["what"]](layer), rounds) for layer in settings["layers"]]
            return {"version": torch.__version__, "ms": ms, "ceilings": ceilings(milliseconds, rounds, on_gpu)}
    except Exception as error:  # of any library: the sentence goes into the report
        return {"refused": f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"}


print(json.dumps(main(json.loads(sys.argv[1]))))
