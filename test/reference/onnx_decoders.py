"""Small decoders as one writes them in PyTorch, to be exported: the ways of writing differ, the idea is one.

Separate: query, key and value by themselves; Gelu; the mask is made in the pass. Fused: one projection for the three,
GELU (tanh), the mask is a buffer, the head is the embedding. Flat: tokens of all sequences in one matrix, so that
Linear becomes Gemm. Conv1D: weights stored [inputs, outputs] and addmm, as the first GPT-2 had it. Gated: RMSNorm,
rotary positions, grouped queries, a gated MLP, and an attention mask and positions as inputs. Cached: keys and values of
earlier tokens come in and go out, under the names that Optimum gives them.
"""

import math

import torch
from torch import nn

VOCABULARY, CONTEXT, WIDTH, HEADS, INNER, LAYERS = 61, 32, 16, 4, 37, 2


class SeparateAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        batch, tokens, _ = x.shape
        q, k, v = (
            part(x).view(batch, tokens, HEADS, WIDTH // HEADS).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(WIDTH // HEADS)
        steps = torch.arange(tokens)
        scores = scores.masked_fill(steps[None, :] > steps[:, None], float("-inf"))
        mixed = torch.matmul(torch.softmax(scores, dim=-1), v)
        return self.out(mixed.transpose(1, 2).reshape(batch, tokens, WIDTH))


class SeparateBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = SeparateAttention()
        self.up, self.act, self.down = nn.Linear(WIDTH, INNER), nn.GELU(), nn.Linear(INNER, WIDTH)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.down(self.act(self.up(self.norm2(x))))


class Separate(nn.Module):
    inputs = ["input_ids"]
    key_value_heads = HEADS

    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(SeparateBlock() for _ in range(LAYERS))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCABULARY, bias=False)

    def projections(self):
        """[(site, layer, module)] of the output projections."""
        pairs = [(block.attention.out, block.down) for block in self.blocks]
        return [(site, i, pair[n]) for i, pair in enumerate(pairs) for n, site in enumerate(("attention", "mlp"))]

    def forward(self, input_ids):
        x = self.tokens(input_ids) + self.positions(torch.arange(input_ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def tanh_gelu(x):
    return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))


class FusedAttention(nn.Module):
    def __init__(self, linear):
        super().__init__()
        self.c_attn, self.c_proj = linear(WIDTH, 3 * WIDTH), linear(WIDTH, WIDTH)
        self.register_buffer("bias", torch.tril(torch.ones(CONTEXT, CONTEXT)).view(1, 1, CONTEXT, CONTEXT))

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = self.c_attn(x).split(WIDTH, dim=2)
        k = k.view(B, T, HEADS, C // HEADS).transpose(1, 2)
        q = q.view(B, T, HEADS, C // HEADS).transpose(1, 2)
        v = v.view(B, T, HEADS, C // HEADS).transpose(1, 2)
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(WIDTH // HEADS))
        att = att.masked_fill(self.bias[:, :, :T, :T] == 0, float("-inf"))
        y = torch.softmax(att, dim=-1) @ v
        return self.c_proj(y.transpose(1, 2).contiguous().view(B, T, C))


class FusedBlock(nn.Module):
    def __init__(self, linear):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attn = FusedAttention(linear)
        self.c_fc, self.c_proj = linear(WIDTH, INNER), linear(INNER, WIDTH)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.c_proj(tanh_gelu(self.c_fc(self.ln_2(x))))


class Fused(nn.Module):
    inputs = ["input_ids"]
    key_value_heads = HEADS

    def __init__(self, linear=nn.Linear):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.h = nn.ModuleList(FusedBlock(linear) for _ in range(LAYERS))
        self.ln_f = nn.LayerNorm(WIDTH)
        self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)
        self.lm_head.weight = self.wte.weight

    def projections(self):
        pairs = [(block.attn.c_proj, block.c_proj) for block in self.h]
        return [(site, i, pair[n]) for i, pair in enumerate(pairs) for n, site in enumerate(("attention", "mlp"))]

    def forward(self, input_ids):
        positions = torch.arange(0, input_ids.size(1), dtype=torch.long).unsqueeze(0)
        x = self.wte(input_ids) + self.wpe(positions)
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))


class FlatLinear(nn.Linear):
    def forward(self, x):
        return super().forward(x.reshape(-1, self.in_features)).view(x.size(0), x.size(1), self.out_features)


class Conv1D(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.outputs = outputs
        self.weight = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.empty(outputs))

    def forward(self, x):
        shape = x.size()[:-1] + (self.outputs,)
        return torch.addmm(self.bias, x.view(-1, x.size(-1)), self.weight).view(shape)


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width))

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


def rotate_half(x):
    half = x.shape[-1] // 2
    return torch.cat((-x[..., half:], x[..., :half]), dim=-1)


class GatedAttention(nn.Module):
    key_value_heads, head_width = 2, 4

    def __init__(self):
        super().__init__()
        narrow = self.key_value_heads * self.head_width
        self.q_proj = nn.Linear(WIDTH, HEADS * self.head_width, bias=False)
        self.k_proj, self.v_proj = nn.Linear(WIDTH, narrow, bias=False), nn.Linear(WIDTH, narrow, bias=False)
        self.o_proj = nn.Linear(HEADS * self.head_width, WIDTH, bias=False)

    def forward(self, x, mask, cos, sin):
        batch, tokens, _ = x.shape
        q = self.q_proj(x).view(batch, tokens, HEADS, self.head_width).transpose(1, 2)
        k = self.k_proj(x).view(batch, tokens, self.key_value_heads, self.head_width).transpose(1, 2)
        v = self.v_proj(x).view(batch, tokens, self.key_value_heads, self.head_width).transpose(1, 2)
        q, k = q * cos + rotate_half(q) * sin, k * cos + rotate_half(k) * sin
        times, shape = HEADS // self.key_value_heads, (batch, HEADS, tokens, self.head_width)
        k = k[:, :, None].expand(batch, self.key_value_heads, times, tokens, self.head_width).reshape(shape)
        v = v[:, :, None].expand(batch, self.key_value_heads, times, tokens, self.head_width).reshape(shape)
        scores = q @ k.transpose(2, 3) / math.sqrt(self.head_width) + mask
        mixed = (torch.softmax(scores, dim=-1) @ v).transpose(1, 2).reshape(batch, tokens, HEADS * self.head_width)
        return self.o_proj(mixed)


class GatedBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(WIDTH), RMSNorm(WIDTH)
        self.self_attn = GatedAttention()
        self.gate_proj, self.up_proj = nn.Linear(WIDTH, INNER, bias=False), nn.Linear(WIDTH, INNER, bias=False)
        self.down_proj = nn.Linear(INNER, WIDTH, bias=False)

    def forward(self, x, mask, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), mask, cos, sin)
        h = self.post_attention_layernorm(x)
        return x + self.down_proj(nn.functional.silu(self.gate_proj(h)) * self.up_proj(h))


class Gated(nn.Module):
    inputs = ["input_ids", "attention_mask", "position_ids"]
    key_value_heads = GatedAttention.key_value_heads
    lower_triangle = True  # ONNX has it since opset 14.

    def __init__(self):
        super().__init__()
        self.embed_tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.layers = nn.ModuleList(GatedBlock() for _ in range(LAYERS))
        self.norm, self.lm_head = RMSNorm(WIDTH), nn.Linear(WIDTH, VOCABULARY, bias=False)
        width = GatedAttention.head_width
        self.register_buffer("inv_freq", 10000 ** (-torch.arange(0, width, 2, dtype=torch.float32) / width))

    def projections(self):
        pairs = [(block.self_attn.o_proj, block.down_proj) for block in self.layers]
        return [(site, i, pair[n]) for i, pair in enumerate(pairs) for n, site in enumerate(("attention", "mlp"))]

    def forward(self, input_ids, attention_mask, position_ids):
        x = self.embed_tokens(input_ids)
        angles = position_ids[:, :, None].to(x.dtype) * self.inv_freq
        angles = torch.cat((angles, angles), dim=-1)[:, None]
        tokens = input_ids.shape[1]
        if self.lower_triangle:
            causal = torch.ones(tokens, tokens, dtype=torch.bool).tril()
        else:
            causal = torch.arange(tokens)[None, :] <= torch.arange(tokens)[:, None]
        seen = causal[None, None] & attention_mask[:, None, None, :].to(torch.bool)
        mask = torch.zeros(seen.shape, dtype=x.dtype).masked_fill(~seen, torch.finfo(torch.float32).min)
        for block in self.layers:
            x = block(x, mask, torch.cos(angles), torch.sin(angles))
        return self.lm_head(self.norm(x))


class CachedAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.k_proj, self.v_proj, self.q_proj = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.out_proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x, mask, past_key, past_value):
        batch, tokens, _ = x.shape
        shape = (batch, tokens, HEADS, WIDTH // HEADS)
        q = (self.q_proj(x) * (WIDTH // HEADS) ** -0.5).view(shape).transpose(1, 2)
        key = torch.cat([past_key, self.k_proj(x).view(shape).transpose(1, 2)], dim=2)
        value = torch.cat([past_value, self.v_proj(x).view(shape).transpose(1, 2)], dim=2)
        mixed = torch.softmax(torch.matmul(q, key.transpose(2, 3)) + mask, dim=-1) @ value
        return self.out_proj(mixed.transpose(1, 2).reshape(batch, tokens, WIDTH)), key, value


class CachedBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.self_attn_layer_norm, self.final_layer_norm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.self_attn = CachedAttention()
        self.fc1, self.fc2 = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)


class Cached(nn.Module):
    """(input_ids, attention_mask over past and new tokens, keys and values by layer) -> (logits, keys and values)."""

    inputs = [
        "input_ids",
        "attention_mask",
        *(f"past_key_values.{layer}.{part}" for layer in range(LAYERS) for part in ("key", "value")),
    ]
    key_value_heads = HEADS

    def __init__(self):
        super().__init__()
        self.embed_tokens, self.embed_positions = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(CONTEXT + 2, WIDTH)
        self.layers = nn.ModuleList(CachedBlock() for _ in range(LAYERS))
        self.final_layer_norm = nn.LayerNorm(WIDTH)
        self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)
        self.lm_head.weight = self.embed_tokens.weight

    def projections(self):
        pairs = [(layer.self_attn.out_proj, layer.fc2) for layer in self.layers]
        return [(site, i, pair[n]) for i, pair in enumerate(pairs) for n, site in enumerate(("attention", "mlp"))]

    def forward(self, input_ids, attention_mask, *past):
        past_tokens = past[0].shape[2]
        # Positions are counted from the mask, and begin at row 2.
        positions = (attention_mask.cumsum(dim=1) * attention_mask)[:, past_tokens:] + 1
        x = self.embed_tokens(input_ids) + self.embed_positions(positions)
        keys = torch.arange(attention_mask.shape[1])
        queries = torch.arange(input_ids.shape[1]) + past_tokens
        seen = (keys[None, :] <= queries[:, None])[None, None] & attention_mask[:, None, None, :].bool()
        mask = torch.zeros(seen.shape, dtype=x.dtype).masked_fill(~seen, torch.finfo(torch.float32).min)
        present = []
        for number, layer in enumerate(self.layers):
            h = layer.self_attn_layer_norm(x)
            attended, key, value = layer.self_attn(h, mask, past[2 * number], past[2 * number + 1])
            present += [key, value]
            x = x + attended
            x = x + layer.fc2(torch.relu(layer.fc1(layer.final_layer_norm(x))))
        return (self.lm_head(self.final_layer_norm(x)), *present)


IMPLEMENTATIONS = {
    "separate": Separate,
    "fused": Fused,
    "flat": lambda: Fused(FlatLinear),
    "conv1d": lambda: Fused(Conv1D),
    "gated": Gated,
    "cached": Cached,
}
