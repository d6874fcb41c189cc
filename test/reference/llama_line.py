"""Causal language models with rotary positions, grouped queries and a gated MLP: llama, mistral, qwen2, qwen3, olmo,
olmo2, gemma, gemma2. What differs between them is said where it differs; (config, weights, ids, edit) as in forward.py.
"""

import math

import torch

from parts import (
    ACTIVATIONS,
    attention,
    join_heads,
    layer_norm,
    rms_norm,
    rotary_frequencies,
    split_heads,
    turn,
    visible,
)


def sizes(config):
    """(heads, key-value heads, head width)"""
    heads = config["num_attention_heads"]
    return heads, config.get("num_key_value_heads") or heads, config.get("head_dim") or config["hidden_size"] // heads


def linear_of(weights):
    def linear(x, name):
        y = x @ weights[name + ".weight"].T
        return y + weights[name + ".bias"] if name + ".bias" in weights else y

    return linear


def gated(linear, activation, h, block):
    return activation(linear(h, block + "mlp.gate_proj")) * linear(h, block + "mlp.up_proj")


def head(config, weights, x, tied_by_default):
    tied = config.get("tie_word_embeddings", tied_by_default)
    return x @ weights["model.embed_tokens.weight" if tied else "lm_head.weight"].T


def frequencies_of(config, head_width):
    parameters = config.get("rope_parameters")
    base = config["rope_theta"] if "rope_theta" in config else parameters["rope_theta"]
    return rotary_frequencies(head_width, base, parameters or config.get("rope_scaling"))


def pre_norm(config, weights, ids, edit, norm, windows=None, head_norms=False, clip=None):
    """Llama (Touvron et al. 2023): a norm before each sublayer. `windows`: per layer, None where all is seen."""
    heads, key_value_heads, head_width = sizes(config)
    linear = linear_of(weights)
    activation = ACTIVATIONS[config["hidden_act"]]
    frequencies = frequencies_of(config, head_width)

    x = weights["model.embed_tokens.weight"][ids]
    for layer in range(config["num_hidden_layers"]):
        block = f"model.layers.{layer}."
        h = norm(x, block + "input_layernorm")
        q, k, v = (linear(h, f"{block}self_attn.{name}_proj") for name in "qkv")
        if clip is not None:
            q, k, v = (part.clamp(-clip, clip) for part in (q, k, v))
        q, k, v = split_heads(q, heads), split_heads(k, key_value_heads), split_heads(v, key_value_heads)
        if head_norms:
            q, k = norm(q, block + "self_attn.q_norm"), norm(k, block + "self_attn.k_norm")
        seen = visible(len(ids), windows[layer] if windows else None)
        mixed = join_heads(attention(turn(q, frequencies), turn(k, frequencies), v, seen))
        x = x + linear(edit("attention", layer, mixed), block + "self_attn.o_proj")
        hidden = gated(linear, activation, norm(x, block + "post_attention_layernorm"), block)
        x = x + linear(edit("mlp", layer, hidden), block + "mlp.down_proj")
    return head(config, weights, norm(x, "model.norm"), False)


def rms(config, weights):
    return lambda x, name: rms_norm(x, weights[name + ".weight"], config["rms_norm_eps"])


def llama(config, weights, ids, edit):
    return pre_norm(config, weights, ids, edit, rms(config, weights))


def mistral(config, weights, ids, edit):
    """Jiang et al. 2023: every layer sees a sliding window, when there is one."""
    windows = [config.get("sliding_window")] * config["num_hidden_layers"]
    return pre_norm(config, weights, ids, edit, rms(config, weights), windows)


def qwen_windows(config):
    """The first max_window_layers layers see all; the others a window, when use_sliding_window says so."""
    if not config.get("use_sliding_window", False):
        return None
    return [
        config["sliding_window"] if layer >= config["max_window_layers"] else None
        for layer in range(config["num_hidden_layers"])
    ]


def qwen2(config, weights, ids, edit):
    """Yang et al. 2024: query, key and value have biases."""
    return pre_norm(config, weights, ids, edit, rms(config, weights), qwen_windows(config))


def qwen3(config, weights, ids, edit):
    """Yang et al. 2025: RMSNorm over each head of query and key, before they turn; no biases."""
    return pre_norm(config, weights, ids, edit, rms(config, weights), qwen_windows(config), head_norms=True)


def olmo(config, weights, ids, edit):
    """Groeneveld et al. 2024: layer norms without weights, of epsilon 1e-5; query, key and value may be clipped."""
    return pre_norm(
        config, weights, ids, edit, lambda x, name: layer_norm(x, None, None, 1e-5), clip=config.get("clip_qkv")
    )


def olmo2(config, weights, ids, edit):
    """OLMo team 2024: norms on each sublayer's output only; RMSNorm over the whole query and the whole key."""
    heads, key_value_heads, head_width = sizes(config)
    linear, norm = linear_of(weights), rms(config, weights)
    activation = ACTIVATIONS[config["hidden_act"]]
    frequencies = frequencies_of(config, head_width)

    x = weights["model.embed_tokens.weight"][ids]
    for layer in range(config["num_hidden_layers"]):
        block = f"model.layers.{layer}."
        q = norm(linear(x, block + "self_attn.q_proj"), block + "self_attn.q_norm")
        k = norm(linear(x, block + "self_attn.k_proj"), block + "self_attn.k_norm")
        v = linear(x, block + "self_attn.v_proj")
        q, k = turn(split_heads(q, heads), frequencies), turn(split_heads(k, key_value_heads), frequencies)
        mixed = join_heads(attention(q, k, split_heads(v, key_value_heads), visible(len(ids))))
        attended = linear(edit("attention", layer, mixed), block + "self_attn.o_proj")
        x = x + norm(attended, block + "post_attention_layernorm")
        written = linear(edit("mlp", layer, gated(linear, activation, x, block)), block + "mlp.down_proj")
        x = x + norm(written, block + "post_feedforward_layernorm")
    return head(config, weights, norm(x, "model.norm"), False)


def gemma(config, weights, ids, edit):
    """Gemma team 2024: embeddings times the root of the width, RMSNorm times 1 + weight, GELU (tanh) in the gate.

    Gemma 2 adds a norm after each sublayer, soft caps of scores and logits, its own scale of scores, and a window in
    every other layer, the first one first.
    """
    second = config["model_type"] == "gemma2"
    heads, key_value_heads, head_width = sizes(config)
    linear = linear_of(weights)
    # Older configs leave this out, and their hidden_act, "gelu", was never what the models were trained with.
    activation = ACTIVATIONS[config.get("hidden_activation") or "gelu_pytorch_tanh"]
    frequencies = frequencies_of(config, head_width)

    def norm(x, name):
        return rms_norm(x, 1 + weights[name + ".weight"], config["rms_norm_eps"])

    x = weights["model.embed_tokens.weight"][ids] * math.sqrt(config["hidden_size"])
    for layer in range(config["num_hidden_layers"]):
        block = f"model.layers.{layer}."
        h = norm(x, block + "input_layernorm")
        q = turn(split_heads(linear(h, block + "self_attn.q_proj"), heads), frequencies)
        k = turn(split_heads(linear(h, block + "self_attn.k_proj"), key_value_heads), frequencies)
        v = split_heads(linear(h, block + "self_attn.v_proj"), key_value_heads)
        if second:
            seen = visible(len(ids), config["sliding_window"] if layer % 2 == 0 else None)
            scale = 1 / math.sqrt(config["query_pre_attn_scalar"])
            mixed = attention(q, k, v, seen, scale, config.get("attn_logit_softcapping"))
        else:
            mixed = attention(q, k, v, visible(len(ids)))
        attended = linear(edit("attention", layer, join_heads(mixed)), block + "self_attn.o_proj")
        x = x + (norm(attended, block + "post_attention_layernorm") if second else attended)
        h = norm(x, block + ("pre_feedforward_layernorm" if second else "post_attention_layernorm"))
        written = linear(edit("mlp", layer, gated(linear, activation, h, block)), block + "mlp.down_proj")
        x = x + (norm(written, block + "post_feedforward_layernorm") if second else written)
    logits = head(config, weights, norm(x, "model.norm"), True)
    cap = config.get("final_logit_softcapping") if second else None
    return logits if cap is None else cap * torch.tanh(logits / cap)


FAMILIES = {
    "llama": llama,
    "mistral": mistral,
    "qwen2": qwen2,
    "qwen3": qwen3,
    "olmo": olmo,
    "olmo2": olmo2,
    "gemma": gemma,
    "gemma2": gemma,
}
