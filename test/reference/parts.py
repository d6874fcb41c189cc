"""What the forward passes share: norms, activations, rotary positions and attention, one sequence at a time."""

import math

import torch

ACTIVATIONS = {
    "gelu_new": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "gelu": lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))),
    "relu": lambda x: torch.clamp(x, min=0),
    "silu": lambda x: x * torch.sigmoid(x),
}
ACTIVATIONS["gelu_pytorch_tanh"] = ACTIVATIONS["gelu_new"]


def layer_norm(x, weight, bias, epsilon):
    """Over the last dimension; weight and bias may be None."""
    mean = x.mean(dim=-1, keepdim=True)
    variance = ((x - mean) ** 2).mean(dim=-1, keepdim=True)
    y = (x - mean) / torch.sqrt(variance + epsilon)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def rms_norm(x, weight, epsilon):
    return x / torch.sqrt((x**2).mean(dim=-1, keepdim=True) + epsilon) * weight


def split_heads(x, heads):
    """[tokens, heads x head width] -> [heads, tokens, head width]"""
    return x.reshape(x.shape[0], heads, -1).transpose(0, 1)


def join_heads(x):
    return x.transpose(0, 1).reshape(x.shape[1], -1)


def visible(tokens, window=None):
    """[query, key], true where the key may be seen: not later, and among the last `window` with the query itself."""
    distance = torch.arange(tokens)[:, None] - torch.arange(tokens)[None, :]
    return (distance >= 0) if window is None else (distance >= 0) & (distance < window)


def attention(q, k, v, seen, scale=None, soft_cap=None):
    """q: [heads, tokens, head width]; query head i uses key-value head i // (heads / key-value heads)."""
    k, v = (part.repeat_interleave(q.shape[0] // k.shape[0], dim=0) for part in (k, v))
    scores = q @ k.transpose(1, 2) * (1 / math.sqrt(q.shape[2]) if scale is None else scale)
    if soft_cap is not None:
        scores = soft_cap * torch.tanh(scores / soft_cap)
    return torch.softmax(scores.masked_fill(~seen, -math.inf), dim=2) @ v


def causal_attention(q, k, v):
    return attention(q, k, v, visible(q.shape[1]))


def rotary_frequencies(width, base, scaling=None):
    """([width / 2] angle per position, factor of cosine and sine). `scaling` as config.json has `rope_scaling`."""
    plain = base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    kind = (scaling or {}).get("rope_type") or (scaling or {}).get("type") or "default"
    if kind == "default":
        return plain, 1.0
    factor = scaling["factor"]
    if kind == "linear":
        return plain / factor, 1.0
    original = scaling["original_max_position_embeddings"]
    if kind == "llama3":
        turns = original * plain / (2 * math.pi)
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        smooth = ((turns - low) / (high - low)).clamp(0, 1)
        return (1 - smooth) * plain / factor + smooth * plain, 1.0
    if kind == "yarn":

        def dimension_that_turns(times):
            return width * math.log(original / (times * 2 * math.pi)) / (2 * math.log(base))

        low = max(math.floor(dimension_that_turns(scaling.get("beta_fast", 32))), 0)
        high = min(math.ceil(dimension_that_turns(scaling.get("beta_slow", 1))), width - 1)
        ramp = ((torch.arange(width // 2, dtype=torch.float64) - low) / max(high - low, 0.001)).clamp(0, 1)
        attention_factor = scaling.get("attention_factor") or 0.1 * math.log(factor) + 1
        return plain / factor * ramp + plain * (1 - ramp), attention_factor
    raise ValueError(f"rope_scaling {kind}")


def turn(x, frequencies, interleaved=False):
    """Rotary positions of x, [heads, tokens, head width]: the first 2 x len(frequencies) dimensions turn.

    Half style turns dimension j together with dimension j + rotary width / 2; interleaved, 2j with 2j + 1.
    """
    frequencies, factor = frequencies
    width = 2 * len(frequencies)
    angles = torch.arange(x.shape[1], dtype=torch.float64)[:, None] * frequencies[None, :]
    cos, sin = (torch.cos(angles) * factor).to(x.dtype), (torch.sin(angles) * factor).to(x.dtype)
    turning, still = x[..., :width], x[..., width:]
    if interleaved:
        first, second = turning[..., 0::2], turning[..., 1::2]
    else:
        first, second = turning[..., : width // 2], turning[..., width // 2 :]
    parts = [first * cos - second * sin, second * cos + first * sin]
    turned = torch.stack(parts, dim=-1).flatten(-2) if interleaved else torch.cat(parts, dim=-1)
    return torch.cat([turned, still], dim=-1)
