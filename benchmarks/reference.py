"""The published networks in plain PyTorch, written from their description alone.

Shapes are N, C, (D,) H, W. Weights come from .safetensors files that carry the names of the released checkpoints; nothing is
folded, merged or kept between calls, so that this is what the description says and no more.

    appearance(image [1, 3, 256, 256])                      -> feature volume [1, 32, 16, 64, 64]
    motion(image)                                           -> canonical keypoints, pose, translation, expression, scale
    audio(mel [n, 1, 80, 16])                               -> [n, 512]
    denoiser(x [1, n, 70], t, audio, canonical, reference)  -> noise [1, n, 70]
    warp(volume, source [b, 21, 3], driving [b, 21, 3])     -> [b, 256, 64, 64]
    decode(feature)                                         -> [b, 3, 512, 512]
"""

import json
import math
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F

ANGLE_BINS = 66


class Weights:
    """Tensors of one network below a prefix."""

    def __init__(self, tensors, prefix=""):
        self.tensors, self.prefix = tensors, prefix

    @staticmethod
    def load(file, prefix=""):
        """Reads a .safetensors file: length of the header, JSON header, float32 tensors."""
        data = numpy.memmap(file, dtype=numpy.uint8, mode="r")
        body = 8 + int.from_bytes(data[:8].tobytes(), "little")
        header = json.loads(data[8:body].tobytes())
        header.pop("__metadata__", None)
        tensors = {}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            values = data[body + begin : body + end].view(numpy.float32).reshape(entry["shape"])
            tensors[name] = torch.from_numpy(numpy.array(values))
        return Weights(tensors, prefix)

    def under(self, prefix):
        return Weights(self.tensors, f"{self.prefix}{prefix}.")

    def __getitem__(self, key):
        return self.tensors[self.prefix + key]

    def get(self, key):
        return self.tensors.get(self.prefix + key)


def convolution(w, x, padding=0, stride=1):
    convolve = F.conv3d if x.dim() == 5 else F.conv2d
    return convolve(x, w["weight"], w.get("bias"), padding=padding, stride=stride)


def linear(w, x):
    return F.linear(x, w["weight"], w.get("bias"))


def batch_norm(w, x):
    return F.batch_norm(x, w["running_mean"], w["running_var"], w["weight"], w["bias"], eps=1e-5)


def block(w, x):
    """Convolution of three, batch normalisation, ReLU."""
    return F.relu(batch_norm(w.under("norm"), convolution(w.under("conv"), x, padding=1)))


def doubled(x):
    """Every cell of the last two axes twice."""
    return x.repeat_interleave(2, -1).repeat_interleave(2, -2)


class Appearance:
    """F: picture to feature volume."""

    def __init__(self, w):
        self.w = w

    def __call__(self, image):
        x = block(self.w.under("first"), image)
        for i in range(2):
            x = F.avg_pool2d(block(self.w.under(f"down_blocks.{i}"), x), 2)
        x = convolution(self.w.under("second"), x)
        x = x.view(x.shape[0], 32, 16, *x.shape[2:])
        for i in range(6):
            x = self.residual(self.w.under(f"resblocks_3d.3dr{i}"), x)
        return x

    @staticmethod
    def residual(w, x):
        h = convolution(w.under("conv1"), F.relu(batch_norm(w.under("norm1"), x)), padding=1)
        h = convolution(w.under("conv2"), F.relu(batch_norm(w.under("norm2"), h)), padding=1)
        return x + h


class Motion:
    """M: ConvNeXt V2 tiny with heads for keypoints, pose, translation, expression and scale."""

    DEPTHS, DIMS = (3, 3, 9, 3), (96, 192, 384, 768)

    def __init__(self, w):
        self.w = w.under("detector")

    @staticmethod
    def norm(w, x):
        """Over the last axis."""
        return F.layer_norm(x, x.shape[-1:], w["weight"], w["bias"], eps=1e-6)

    def channels_norm(self, w, x):
        return self.norm(w, x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    def block(self, w, x):
        h = F.conv2d(x, w["dwconv.weight"], w["dwconv.bias"], padding=3, groups=x.shape[1])
        h = linear(w.under("pwconv1"), self.norm(w.under("norm"), h.permute(0, 2, 3, 1)))
        h = F.gelu(h)
        length = h.norm(p=2, dim=(1, 2), keepdim=True)
        response = length / (length.mean(dim=-1, keepdim=True) + 1e-6)
        h = w["grn.gamma"] * (h * response) + w["grn.beta"] + h
        return x + linear(w.under("pwconv2"), h).permute(0, 3, 1, 2)

    def pooled(self, x):
        for stage, depth in enumerate(self.DEPTHS):
            w = self.w.under(f"downsample_layers.{stage}")
            if stage == 0:
                x = self.channels_norm(w.under("1"), convolution(w.under("0"), x, stride=4))
            else:
                x = convolution(w.under("1"), self.channels_norm(w.under("0"), x), stride=2)
            for i in range(depth):
                x = self.block(self.w.under(f"stages.{stage}.{i}"), x)
        return self.norm(self.w.under("norm"), x.mean((-2, -1)))

    def __call__(self, image):
        x = self.pooled(image)
        heads = {name: linear(self.w.under(f"fc_{name}"), x) for name in ("kp", "scale", "t", "exp")}
        index = torch.arange(ANGLE_BINS, dtype=torch.float32)
        for name in ("pitch", "yaw", "roll"):
            bins = linear(self.w.under(f"fc_{name}"), x).float().softmax(1)
            heads[name] = 3 * (bins * index).sum(1, keepdim=True) - 97.5
        return heads


class Audio:
    """Wav2Lip's audio encoder: stride, padding and whether the input is added, block by block."""

    BLOCKS = (
        (1, 1, False), (1, 1, True), (1, 1, True),
        ((3, 1), 1, False), (1, 1, True), (1, 1, True),
        (3, 1, False), (1, 1, True), (1, 1, True),
        ((3, 2), 1, False), (1, 1, True),
        (1, 0, False), (1, 0, False),
    )  # fmt: skip

    def __init__(self, w):
        self.w = w

    def __call__(self, mel):
        x = mel
        for i, (stride, padding, residual) in enumerate(self.BLOCKS):
            w = self.w.under(f"{i}.conv_block")
            h = batch_norm(w.under("1"), convolution(w.under("0"), x, padding, stride))
            x = F.relu(h + x if residual else h)
        return x.flatten(1)


class Denoiser:
    """A transformer over frames; the condition scales and shifts the tokens in residual blocks."""

    LAYERS, HEADS, HEAD, ROTARY = 6, 12, 64, 12

    def __init__(self, w):
        self.w = w

    def time(self, t):
        frequency = torch.exp(torch.arange(384, dtype=torch.float32) * (-math.log(10000) / 383))
        angle = t.float()[:, None] * frequency
        hidden = F.silu(linear(self.w.under("time_mlp.1"), torch.cat([angle.sin(), angle.cos()], 1)))
        return linear(self.w.under("time_mlp.3"), hidden)

    def bias(self, count):
        """Bidirectional buckets of distances, [heads, count, count]."""
        position = torch.arange(count)
        behind = position[:, None] - position[None, :]  # query - key
        distance = behind.abs()
        far = 8 + ((distance.clamp(min=1).float() / 8).log() / math.log(16) * 8).int()
        bucket = torch.where(distance < 8, distance, far.clamp(max=15)) + (behind < 0) * 16
        return self.w["time_rel_pos_bias.relative_attention_bias.weight"][bucket].permute(2, 0, 1)

    def rotated(self, x):
        """Pairs of the first dimensions of a head turn with the position; x is [b, heads, n, 64]."""
        frequency = 10000 ** (-torch.arange(0, self.ROTARY, 2, dtype=torch.float32) / self.ROTARY)
        angle = torch.arange(x.shape[2], dtype=torch.float32)[:, None] * frequency
        cos, sin = angle.cos(), angle.sin()
        even, odd = x[..., 0 : self.ROTARY : 2], x[..., 1 : self.ROTARY : 2]
        turned = torch.stack([even * cos - odd * sin, odd * cos + even * sin], -1).flatten(-2)
        return torch.cat([turned, x[..., self.ROTARY :]], -1)

    @staticmethod
    def norm(w, x):
        return F.layer_norm(x, x.shape[-1:], w["gamma"].flatten(), w["beta"].flatten(), eps=1e-5)

    def residual(self, w, x, condition):
        scale, shift = linear(w.under("mlp.1"), F.silu(condition)).chunk(2, -1)
        h = self.norm(w.under("block1.norm"), linear(w.under("block1.proj"), x))
        h = F.silu(h * (scale + 1) + shift)
        return F.silu(linear(w.under("block2.proj"), h)) + x

    def attention(self, w, x, bias):
        batch, count, width = x.shape
        qkv = linear(w.under("fn.to_qkv"), self.norm(w.under("norm"), x)).chunk(3, -1)
        q, k, v = (part.view(batch, count, self.HEADS, self.HEAD).transpose(1, 2) for part in qkv)
        scores = self.rotated(q * self.HEAD**-0.5) @ self.rotated(k).transpose(-1, -2) + bias
        mixed = (scores.softmax(-1).to(v.dtype) @ v).transpose(1, 2).reshape(batch, count, width)
        return x + linear(w.under("fn.proj"), mixed)

    def __call__(self, x, t, audio, canonical, reference):
        tokens = linear(self.w.under("input_projection"), torch.cat([canonical[:, None], reference[:, None], x], 1))
        time = self.time(t)[:, None].expand(-1, tokens.shape[1], -1)
        condition = torch.cat([time, F.pad(audio, (0, 0, 2, 0))], -1)
        bias = self.bias(tokens.shape[1])
        for i in range(self.LAYERS):
            w = self.w.under(f"layers.{i}")
            tokens = self.residual(w.under("0"), tokens, condition)
            tokens = self.residual(w.under("1"), tokens, condition)
            tokens = self.attention(w.under("2.fn"), tokens, bias)
        return linear(self.w.under("output_projection"), tokens)[:, 2:]


def ddim(denoise, x, steps=50, train=1000, first=1e-5, last=8e-3):
    """DDIM without fresh noise; `denoise(x, t)` predicts the noise at timestep t."""
    alpha = torch.cumprod(1 - torch.linspace(first, last, train), 0)
    stride = train // steps
    for k in range(steps - 1, -1, -1):
        a = alpha[k * stride]
        following = alpha[(k - 1) * stride] if k > 0 else torch.tensor(1.0)
        noise = denoise(x, torch.tensor([k * stride])).float()
        clean = (x - (1 - a).sqrt() * noise) / a.sqrt()
        x = following.sqrt() * clean + (1 - following).sqrt() * noise
    return x


def places(depth, height, width):
    """Coordinates x, y, z of every cell, both ends included, [depth, height, width, 3]."""
    axes = [torch.linspace(-1, 1, length) for length in (depth, height, width)]
    z, y, x = torch.meshgrid(*axes, indexing="ij")
    return torch.stack([x, y, z], -1)


def sampled(volume, grid):
    """Trilinear, zeros outside, the ends of an axis are faces of cells."""
    return F.grid_sample(volume, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


class Warp:
    """W: the feature volume of a portrait, moved from its keypoints to those of a frame."""

    KEYPOINTS, VARIANCE = 21, 0.01

    def __init__(self, w):
        self.w, self.dense = w, w.under("dense_motion_network")

    def heat(self, grid, points):
        """[b, 21, 16, 64, 64]."""
        apart = grid - points[:, :, None, None, None]
        return torch.exp(-0.5 * apart.square().sum(-1) / self.VARIANCE)

    def candidates(self, grid, source, driving):
        """Where each candidate motion looks, [b, 22, 16, 64, 64, 3]; the first stands still."""
        moved = grid - driving[:, :, None, None, None] + source[:, :, None, None, None]
        still = grid.expand(moved.shape[0], 1, *grid.shape)
        return torch.cat([still, moved], 1)

    def stacked(self, volume, source, driving, grid, candidates):
        """Heat and the compressed volume of each candidate, [b, 110, 16, 64, 64]."""
        batch, count = candidates.shape[:2]
        compressed = F.relu(batch_norm(self.dense.under("norm"), convolution(self.dense.under("compress"), volume)))
        repeated = compressed[:, None].expand(-1, count, -1, -1, -1, -1).flatten(0, 1).float()
        looks = sampled(repeated, candidates.flatten(0, 1)).unflatten(0, (batch, count))
        heat = F.pad(self.heat(grid, driving) - self.heat(grid, source), (0, 0, 0, 0, 0, 0, 1, 0))
        return torch.cat([heat[:, :, None], looks], 2).flatten(1, 2)

    def hourglass(self, x):
        w, levels = self.dense.under("hourglass"), [x]
        for i in range(5):
            levels.append(F.avg_pool3d(block(w.under(f"encoder.down_blocks.{i}"), levels[-1]), (1, 2, 2)))
        x = levels.pop()
        for i in range(5):
            x = torch.cat([block(w.under(f"decoder.up_blocks.{i}"), doubled(x)), levels.pop()], 1)
        return block(w.under("decoder"), x)

    def motion(self, volume, source, driving):
        """Deformation [b, 16, 64, 64, 3] and occlusion [b, 1, 64, 64]."""
        grid = places(*volume.shape[2:])
        candidates = self.candidates(grid, source, driving)
        prediction = self.hourglass(self.stacked(volume, source, driving, grid, candidates))
        mask = convolution(self.dense.under("mask"), prediction, padding=3).float().softmax(1)
        deformation = (mask[..., None] * candidates).sum(1)
        occlusion = convolution(self.dense.under("occlusion"), prediction.flatten(1, 2), padding=3).sigmoid()
        return deformation, occlusion

    def __call__(self, volume, source, driving):
        volume = volume.expand(driving.shape[0], -1, -1, -1, -1)
        deformation, occlusion = self.motion(volume, source, driving)
        x = sampled(volume.float(), deformation).flatten(1, 2)
        third = self.w.under("third")
        x = F.leaky_relu(batch_norm(third.under("norm"), convolution(third.under("conv"), x, padding=1)), 0.01)
        return convolution(self.w.under("fourth"), x) * occlusion


class Decode:
    """G: SPADE blocks from the warped feature to the picture."""

    def __init__(self, w):
        self.w = w
        self.spectral = {}
        for key in w.tensors:
            if key.endswith(".weight_orig"):
                self.spectral[key.removesuffix(".weight_orig")] = self.divided(w.under(key.removesuffix(".weight_orig")))

    @staticmethod
    def divided(w):
        """The weight over its largest singular value, which the stored vectors give."""
        weight = w["weight_orig"]
        return weight / (w["weight_u"] @ weight.flatten(1) @ w["weight_v"])

    def normalised(self, key, x, padding):
        return F.conv2d(x, self.spectral[key], self.w.get(f"{key}.bias"), padding=padding)

    def spade(self, key, x, seg):
        w = self.w.under(key)
        seg = F.interpolate(seg, size=x.shape[2:], mode="nearest")
        a = F.relu(convolution(w.under("mlp_shared.0"), seg, padding=1))
        gamma = convolution(w.under("mlp_gamma"), a, padding=1)
        beta = convolution(w.under("mlp_beta"), a, padding=1)
        return F.instance_norm(x, eps=1e-5) * (1 + gamma) + beta

    def residual(self, key, x, seg):
        shortcut = x
        if f"{key}.conv_s" in self.spectral:
            shortcut = self.normalised(f"{key}.conv_s", self.spade(f"{key}.norm_s", x, seg), 0)
        for i in range(2):
            x = self.normalised(f"{key}.conv_{i}", F.leaky_relu(self.spade(f"{key}.norm_{i}", x, seg), 0.2), 1)
        return shortcut + x

    def __call__(self, seg):
        x = convolution(self.w.under("fc"), seg, padding=1)
        for i in range(6):
            x = self.residual(f"G_middle_{i}", x, seg)
        x = self.residual("up_0", doubled(x), seg)
        x = self.residual("up_1", doubled(x), seg)
        x = convolution(self.w.under("conv_img.0"), F.leaky_relu(x, 0.2), padding=1)
        return F.pixel_shuffle(x, 2).sigmoid()


class Model:
    """Every network, from the folder of checkpoints."""

    def __init__(self, folder):
        files = Path(folder)
        renderer = files / "liveportrait"
        self.appearance = Appearance(Weights.load(renderer / "appearance_feature_extractor.safetensors"))
        self.motion = Motion(Weights.load(renderer / "motion_extractor.safetensors"))
        self.warp = Warp(Weights.load(renderer / "warping_module.safetensors"))
        self.decode = Decode(Weights.load(renderer / "spade_generator.safetensors"))
        self.audio = Audio(Weights.load(files / "wav2lip.safetensors", "audio_encoder."))
        self.denoiser = Denoiser(Weights.load(files / "KDTalker.safetensors", "point_model.model."))
