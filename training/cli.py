"""One process of a training. `kdtalker train` starts it and reads its lines of JSON; docs/training.md tells of the options."""

import argparse
import signal
import sys
from pathlib import Path

from torch import distributed

from data import Refused, read_dataset
from loop import Training, device_of, tell

INTEGERS = {"seed": 0, "steps": 500_000, "batch": 256, "window": 64, "warmup": 2000, "accumulate": 1, "dim": 768, "depth": 6}
INTEGERS |= {"checkpoint_every": 10_000, "validate_every": 5000, "sample_every": 20_000, "log_every": 20, "rank": 0, "processes": 1}
DECIMALS = {"peak": None, "audio_noise": 0.7, "audio_dropout": 0.0, "reference_noise": 0.0, "ema": 0.0, "std_floor": 1e-4}
WORDS = {"canonical": ("token", "zero", "none"), "attention": ("full", "none"), "rotary": ("full", "none")}
WORDS |= {"bias": ("full", "none"), "precision": ("fp32", "bf16"), "device": ("auto", "cpu", "cuda")}


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--from", dest="begin", type=Path)
    parser.add_argument("--statistics", type=Path)  # a file of JSON; default the checkpoint's or the dataset's own
    parser.add_argument("--rendezvous", type=Path)  # a file that is not there yet, by which several processes meet
    parser.add_argument("--compile", action="store_true")
    for kind, table in ((int, INTEGERS), (float, DECIMALS)):
        for name, default in table.items():
            parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=default)
    for name, words in WORDS.items():
        parser.add_argument(f"--{name}", choices=words, default=words[0])
    given = parser.parse_args(argv)
    given.peak = 2e-6 * given.batch if given.peak is None else given.peak
    parts = given.processes * given.accumulate
    if given.batch % parts != 0:
        raise Refused(f"Expected a batch that {parts} equal parts make up but received {given.batch}")
    if given.dim % 64 != 0:
        raise Refused(f"Expected a multiple of 64 for dim but received {given.dim}")
    return given


def join(options: argparse.Namespace) -> None:
    if options.processes == 1:
        return
    backend = "gloo" if device_of(options).type == "cpu" else "nccl"
    place = f"file://{options.rendezvous.resolve()}"
    distributed.init_process_group(backend, init_method=place, rank=options.rank, world_size=options.processes)


def main(argv: list[str]) -> int:
    try:
        options = arguments(argv)
        options.out.mkdir(parents=True, exist_ok=True)
        join(options)
        training = Training(options, read_dataset(options.dataset))
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: setattr(training, "stopping", True))
        training.run()
    except Refused as refusal:
        tell("error", message=str(refusal))
        return 1
    finally:
        if distributed.is_available() and distributed.is_initialized():
            distributed.destroy_process_group()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
