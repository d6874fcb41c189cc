"""Forward passes of the GPT-2 and Llama families, written plainly from their papers, one sequence at a time.

`edit(site, layer, activations)` sees the input of each output projection, [tokens, neurons], and gives back what is
used in its place: site "mlp" before c_proj or down_proj, site "attention" before c_proj or o_proj, heads side by side.
"""

import math

import torch

ACTIVATIONS = {
    "gelu_new": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "gelu": lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))),
    "relu": lambda x: torch.clamp(x, min=0),
    "silu": lambda x: x * torch.sigmoid(x),
}


def forward(config, tensors, ids, dtype=torch.float64, edit=lambda site, layer, activations: activations):
    """Logits [tokens, vocabulary]."""
    weights = {name: tensor.to(dtype) for name, tensor in tensors.items()}
    family = {"gpt2": gpt2, "llama": llama}[config["model_type"]]
    return family(config, weights, torch.tensor(ids), edit)


def causal_attention(q, k, v):
    """q, k, v: [heads, tokens, head width] -> the same shape."""
    scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[2])
    future = torch.ones(q.shape[1], q.shape[1], dtype=torch.bool).triu(1)
    return torch.softmax(scores.masked_fill(future, -math.inf), dim=2) @ v


def split_heads(x, heads):
    """[tokens, heads x head width] -> [heads, tokens, head width]"""
    return x.reshape(x.shape[0], heads, -1).transpose(0, 1)


def join_heads(x):
    return x.transpose(0, 1).reshape(x.shape[1], -1)


def gpt2(config, weights, ids, edit):
    prefix = "transformer." if "transformer.wte.weight" in weights else ""
    heads = config["n_head"]
    epsilon = config["layer_norm_epsilon"]
    activation = ACTIVATIONS[config["activation_function"]]

    def get(name):
        return weights[prefix + name]

    def norm(x, name):
        mean = x.mean(dim=1, keepdim=True)
        variance = ((x - mean) ** 2).mean(dim=1, keepdim=True)
        return (x - mean) / torch.sqrt(variance + epsilon) * get(name + ".weight") + get(name + ".bias")

    def linear(x, name):
        return x @ get(name + ".weight") + get(name + ".bias")

    x = get("wte.weight")[ids] + get("wpe.weight")[: len(ids)]
    for layer in range(config["n_layer"]):
        block = f"h.{layer}."
        q, k, v = linear(norm(x, block + "ln_1"), block + "attn.c_attn").chunk(3, dim=1)
        mixed = join_heads(causal_attention(*(split_heads(part, heads) for part in (q, k, v))))
        x = x + linear(edit("attention", layer, mixed), block + "attn.c_proj")
        hidden = activation(linear(norm(x, block + "ln_2"), block + "mlp.c_fc"))
        x = x + linear(edit("mlp", layer, hidden), block + "mlp.c_proj")
    tied = config.get("tie_word_embeddings", True)
    return norm(x, "ln_f") @ (get("wte.weight") if tied else weights["lm_head.weight"]).T


def llama(config, weights, ids, edit):
    heads = config["num_attention_heads"]
    key_value_heads = config["num_key_value_heads"]
    head_width = config.get("head_dim") or config["hidden_size"] // heads
    theta = config["rope_theta"] if "rope_theta" in config else config["rope_parameters"]["rope_theta"]
    activation = ACTIVATIONS[config["hidden_act"]]

    def norm(x, name):
        return x / torch.sqrt((x**2).mean(dim=1, keepdim=True) + config["rms_norm_eps"]) * weights[name + ".weight"]

    def linear(x, name):
        y = x @ weights[name + ".weight"].T
        return y + weights[name + ".bias"] if name + ".bias" in weights else y

    # Rotary positions, half style: dimension j turns together with dimension j + head width / 2.
    half = head_width // 2
    frequencies = theta ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = torch.arange(len(ids), dtype=torch.float64)[:, None] * frequencies[None, :]
    cos = torch.cos(angles).to(weights["model.norm.weight"].dtype)
    sin = torch.sin(angles).to(weights["model.norm.weight"].dtype)

    def rotate(x):
        first, second = x[..., :half], x[..., half:]
        return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=2)

    x = weights["model.embed_tokens.weight"][ids]
    for layer in range(config["num_hidden_layers"]):
        block = f"model.layers.{layer}."
        h = norm(x, block + "input_layernorm")
        q = rotate(split_heads(linear(h, block + "self_attn.q_proj"), heads))
        k = rotate(split_heads(linear(h, block + "self_attn.k_proj"), key_value_heads))
        v = split_heads(linear(h, block + "self_attn.v_proj"), key_value_heads)
        # Query head i uses key-value head i // (heads / key-value heads).
        k, v = (part.repeat_interleave(heads // key_value_heads, dim=0) for part in (k, v))
        x = x + linear(edit("attention", layer, join_heads(causal_attention(q, k, v))), block + "self_attn.o_proj")
        h = norm(x, block + "post_attention_layernorm")
        hidden = activation(linear(h, block + "mlp.gate_proj")) * linear(h, block + "mlp.up_proj")
        x = x + linear(edit("mlp", layer, hidden), block + "mlp.down_proj")
    tied = config.get("tie_word_embeddings", False)
    return norm(x, "model.norm") @ weights["model.embed_tokens.weight" if tied else "lm_head.weight"].T


def next_token_logprobs(logits, ids):
    """Natural-log probability of ids[1:]."""
    return torch.log_softmax(logits[:-1], dim=1)[torch.arange(len(ids) - 1), torch.tensor(ids[1:])]


def greedy(config, tensors, ids, count, dtype=torch.float64):
    """The `count` most likely next ids, one after the other."""
    ids = list(ids)
    for _ in range(count):
        ids.append(int(forward(config, tensors, ids, dtype)[-1].argmax()))
    return ids[-count:] if count else []
