"""The denoiser: what noise is in 70 numbers of motion a frame, given the voice, a portrait's keypoints and a frame before.

Parameters have the names and shapes of the released checkpoint. Tokens are [canonical, reference, frames...].
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

MOTION = 70
AUDIO = 512
TIME = 256
HEAD = 64
BUCKETS = 32
BUCKET_STARTS = (8, 12, 16, 23, 32, 46, 64, 91)  # the distances at which the buckets of far tokens begin
TIMESTEPS = 1000


@dataclass(frozen=True)
class ModelOptions:
    """What a network is built of. The defaults are the released network; the others are the paper's ablations."""

    dim: int = 768
    depth: int = 6
    canonical: str = "token"  # token, zero (a token of zeros), none (no token)
    attention: str = "full"  # full, none (frames do not see each other)
    rotary: str = "full"  # full, none (queries and keys are not turned)
    bias: str = "full"  # full, none (no table of distances)

    @property
    def prefix(self) -> int:
        return 1 if self.canonical == "none" else 2


class TokenNorm(nn.Module):
    """Layer normalisation over a token, in float32."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(1, 1, dim))
        self.beta = nn.Parameter(torch.zeros(1, 1, dim))

    def forward(self, x: Tensor) -> Tensor:
        return functional.layer_norm(x.float(), x.shape[-1:], self.gamma.flatten(), self.beta.flatten(), 1e-5)


class Residual(nn.Module):
    """x plus two layers of it. The condition scales and shifts the first; the second's normalisation is never used."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.SiLU(), nn.Linear(TIME + AUDIO, 2 * dim))
        self.block1 = nn.ModuleDict({"proj": nn.Linear(dim, dim), "norm": TokenNorm(dim)})
        self.block2 = nn.ModuleDict({"proj": nn.Linear(dim, dim), "norm": TokenNorm(dim)})
        self.block2["norm"].requires_grad_(False)  # it gets no gradient, and parallel training refuses such parameters

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.mlp(condition).chunk(2, dim=-1)
        hidden = self.block1["norm"](self.block1["proj"](x)) * (scale + 1) + shift
        return functional.silu(self.block2["proj"](functional.silu(hidden))) + x


class Heads(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.to_qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor, positions: "Positions") -> Tensor:
        batch, count, dim = x.shape
        parts = self.to_qkv(x).view(batch, count, 3, dim // HEAD, HEAD).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)
        scores = positions.turned(query * HEAD**-0.5) @ positions.turned(key).transpose(-1, -2)
        if positions.bias is not None:
            scores = scores + positions.bias
        mixed = scores.float().softmax(-1).to(value.dtype) @ value
        return self.proj(mixed.transpose(1, 2).reshape(batch, count, dim))


class Attention(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.fn = nn.ModuleDict({"norm": TokenNorm(dim), "fn": Heads(dim)})

    def forward(self, x: Tensor, positions: "Positions") -> Tensor:
        return x + self.fn["fn"](self.fn["norm"](x), positions)


class DistanceBias(nn.Module):
    """A learned number for each head and distance between two tokens; far distances share a bucket."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.relative_attention_bias = nn.Embedding(BUCKETS, heads)

    def forward(self, count: int) -> Tensor:
        """[heads, count, count]; rows are the tokens that look."""
        weight = self.relative_attention_bias.weight
        index, starts = (torch.tensor(values, device=weight.device) for values in (range(count), BUCKET_STARTS))
        relative = index[None, :] - index[:, None]
        far = 7 + (relative.abs()[..., None] >= starts).sum(-1)
        bucket = torch.where(relative.abs() < 8, relative.abs(), far) + (relative > 0) * (BUCKETS // 2)
        return self.relative_attention_bias(bucket).permute(2, 0, 1)


@dataclass
class Positions:
    """What all attention layers share: the turning of queries and keys (none: None), and the bias of their products."""

    cos: Tensor | None
    sin: Tensor | None
    bias: Tensor | None

    def turned(self, x: Tensor) -> Tensor:
        """Turns pairs of the first numbers of each head by the angle of the token's position."""
        if self.cos is None or self.sin is None:
            return x
        pairs = self.cos.shape[-1]
        turning, rest = x[..., : 2 * pairs], x[..., 2 * pairs :]
        even, odd = turning[..., 0::2], turning[..., 1::2]
        both = torch.stack((even * self.cos - odd * self.sin, odd * self.cos + even * self.sin), -1)
        return torch.cat((both.flatten(-2).to(x.dtype), rest), -1)


class Denoiser(nn.Module):
    def __init__(self, options: ModelOptions = ModelOptions()) -> None:
        super().__init__()
        self.options = options
        dim, heads = options.dim, options.dim // HEAD
        attends = options.attention == "full"
        self.time_mlp = nn.Sequential(nn.Identity(), nn.Linear(dim, TIME), nn.SiLU(), nn.Linear(TIME, TIME))
        self.input_projection = nn.Linear(MOTION, dim)
        if attends and options.bias == "full":
            self.time_rel_pos_bias = DistanceBias(heads)
        self.layers = nn.ModuleList()
        for _ in range(options.depth):
            attention = [Attention(dim)] if attends else []
            self.layers.append(nn.ModuleList([Residual(dim), Residual(dim), *attention]))
        self.output_projection = nn.Linear(dim, MOTION)
        nn.init.normal_(self.output_projection.weight, 0, 1e-6)
        nn.init.normal_(self.output_projection.bias, 0, 1e-6)

    def forward(self, x: Tensor, t: Tensor, audio: Tensor, canonical: Tensor, reference: Tensor) -> Tensor:
        """x [b, n, 70], t [b], audio [b, prefix + n, 512] with rows for the prefix, canonical and reference [b, 70]."""
        prefix = {"token": [canonical], "zero": [torch.zeros_like(canonical)], "none": []}[self.options.canonical]
        tokens = torch.cat([torch.stack([*prefix, reference], 1), x], 1)
        time = self.time_mlp(self.sinusoid(t))
        condition = torch.cat([time[:, None].expand(-1, tokens.shape[1], -1), audio], -1)
        positions = self.positions(tokens.shape[1], x.device)
        out = self.input_projection(tokens)
        for residual0, residual1, *attention in self.layers:
            out = residual1(residual0(out, condition), condition)
            for layer in attention:
                out = layer(out, positions)
        return self.output_projection(out)[:, self.options.prefix :].float()

    def sinusoid(self, t: Tensor) -> Tensor:
        half = self.options.dim // 2
        frequencies = torch.exp(torch.arange(half, device=t.device) * (-math.log(10000) / (half - 1)))
        angles = t[:, None].float() * frequencies
        return torch.cat([angles.sin(), angles.cos()], -1)

    def positions(self, count: int, device: torch.device) -> Positions:
        table = getattr(self, "time_rel_pos_bias", None)
        bias = None if table is None else table(count)
        pairs = min(32, self.options.dim // HEAD) // 2
        if self.options.rotary == "none" or pairs == 0:
            return Positions(None, None, bias)
        frequencies = 10000.0 ** (-torch.arange(pairs, device=device) / pairs)
        angles = torch.arange(count, device=device)[:, None] * frequencies
        return Positions(angles.cos(), angles.sin(), bias)


def alpha_bars(device: torch.device) -> Tensor:
    """The share of signal that remains at each of the 1000 timesteps, [1000]."""
    return (1 - torch.linspace(1e-5, 8e-3, TIMESTEPS, dtype=torch.float64)).cumprod(0).float().to(device)
