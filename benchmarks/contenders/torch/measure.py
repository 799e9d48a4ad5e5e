"""One task of the PyTorch contender: measure.py SETTINGS, a JSON object. Prints a JSON object."""

import contextlib
import json
import sys
import time
from pathlib import Path

import numpy
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from reference import Model, ddim  # noqa: E402


def peak_mib():
    """Of this process alone: ru_maxrss would carry its parent's over."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


class Task:
    def __init__(self, settings):
        self.settings = settings
        self.folder = Path(settings["folder"])
        self.model = Model(settings["checkpoints"])
        self.stages = {}

    def read(self, name, *shape):
        return torch.from_numpy(numpy.fromfile(self.folder / f"torch-{name}.f32", numpy.float32)).view(*shape)

    def write(self, name, tensor):
        tensor.float().numpy().tofile(self.folder / f"torch-{name}.f32")

    def precision(self):
        if self.settings["precision"] == "bf16":
            return torch.autocast("cpu", dtype=torch.bfloat16)
        return contextlib.nullcontext()

    def timed(self, stage, work):
        begun = time.perf_counter()
        result = work()
        self.stages.setdefault(stage, []).append(1000 * (time.perf_counter() - begun))
        return result

    def image(self, feature, source, driving):
        warped = self.timed("warp", lambda: self.model.warp(feature, source, driving))
        return self.timed("decode", lambda: self.model.decode(warped))

    def window(self):
        """Motion of the run's window, [64, 70]."""
        mel, noise = self.read("mel", -1, 1, 80, 16), self.read("noise", 1, -1, 70)
        canonical, reference = self.read("canonical", 1, 70), self.read("reference", 1, 70)
        audio = self.timed("audio", lambda: self.model.audio(mel))[None]
        denoise = lambda x, t: self.model.denoiser(x, t, audio, canonical, reference)  # noqa: E731
        normalised = self.timed("sample", lambda: ddim(denoise, noise, self.settings["steps"]))[0]
        return normalised * self.read("std", 70) + self.read("mean", 70)

    def frames(self):
        feature = self.read("feature", 1, 32, 16, 64, 64)
        return feature, self.read("source", 1, 21, 3), self.read("driving", -1, 21, 3)

    def verify(self):
        feature, source, driving = self.frames()
        for i in range(len(driving)):
            self.write(f"image-{i}", self.image(feature, source, driving[i : i + 1]))
        self.write("motion", self.window())
        return {}

    def render(self):
        """Frames of several clips make one batch."""
        feature, source, driving = self.frames()
        batch = self.settings.get("atOnce", 1)

        def lap(index):
            at = driving[index % len(driving)][None].expand(batch, -1, -1)
            image = self.image(feature, source.expand(batch, -1, -1), at)
            self.timed("convert", lambda: (image.float() * 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous())

        return self.measured(lap, batch)

    def sample(self):
        return self.measured(lambda _: self.window(), 1)

    def measured(self, lap, per_lap):
        """Times of `count` laps after `warm`, both counted in frames of which a lap makes `per_lap`."""
        warm, count = (-(-self.settings[key] // per_lap) for key in ("warm", "count"))
        for i in range(warm):
            lap(i)
        self.stages.clear()
        laps, begun, used = [], time.perf_counter(), time.process_time()
        for i in range(count):
            start = time.perf_counter()
            lap(warm + i)
            laps += [1000 * (time.perf_counter() - start) / per_lap] * per_lap
        return {
            "laps": laps,
            "seconds": time.perf_counter() - begun,
            "cpuSeconds": time.process_time() - used,
            "peakMiB": peak_mib(),
            "stages": {name: [ms / per_lap for ms in times] for name, times in self.stages.items()},
        }


def main(settings):
    if settings["task"] == "available":
        return {"version": torch.__version__}
    torch.set_num_threads(settings["threads"])
    with torch.inference_mode():
        task = Task(settings)
        with task.precision():
            return getattr(task, settings["task"])()


print(json.dumps(main(json.loads(sys.argv[1]))))
