"""Causal language models, a function per paper: opt, gpt_neox, phi, gpt_neo, gptj; the Llama line is in llama_line.py.

Each takes (config, weights, ids, edit) and gives logits [tokens, vocabulary]; `edit` as in forward.py.
"""

import torch

import llama_line
from parts import ACTIVATIONS, attention, join_heads, layer_norm, rotary_frequencies, split_heads, turn, visible


def reader(weights, epsilon, prefix=""):
    """(norm, linear) by name; a norm or linear without its own tensors has none."""

    def norm(x, name):
        return layer_norm(x, weights.get(f"{prefix}{name}.weight"), weights.get(f"{prefix}{name}.bias"), epsilon)

    def linear(x, name):
        y = x @ weights[f"{prefix}{name}.weight"].T
        return y + weights[f"{prefix}{name}.bias"] if f"{prefix}{name}.bias" in weights else y

    return norm, linear


def opt(config, weights, ids, edit):
    """Zhang et al. 2022. The learned positions begin at row 2 of their table."""
    prefix = "model.decoder." if "model.decoder.embed_tokens.weight" in weights else "decoder."
    norm, linear = reader(weights, 1e-5, prefix)
    heads = config["num_attention_heads"]
    activation = ACTIVATIONS[config["activation_function"]]
    before = config["do_layer_norm_before"]
    projected = config["word_embed_proj_dim"] != config["hidden_size"]

    x = weights[prefix + "embed_tokens.weight"][ids]
    if projected:
        x = linear(x, "project_in")
    x = x + weights[prefix + "embed_positions.weight"][torch.arange(len(ids)) + 2]
    for layer in range(config["num_hidden_layers"]):
        block = f"layers.{layer}."
        h = norm(x, block + "self_attn_layer_norm") if before else x
        q, k, v = (split_heads(linear(h, f"{block}self_attn.{name}_proj"), heads) for name in "qkv")
        mixed = join_heads(attention(q, k, v, visible(len(ids))))
        x = x + linear(edit("attention", layer, mixed), block + "self_attn.out_proj")
        x = x if before else norm(x, block + "self_attn_layer_norm")
        h = norm(x, block + "final_layer_norm") if before else x
        hidden = activation(linear(h, block + "fc1"))
        x = x + linear(edit("mlp", layer, hidden), block + "fc2")
        x = x if before else norm(x, block + "final_layer_norm")
    if before and not config.get("_remove_final_layer_norm", False):
        x = norm(x, "final_layer_norm")
    if projected:
        x = linear(x, "project_out")
    tied = config.get("tie_word_embeddings", True)
    return x @ weights[prefix + "embed_tokens.weight" if tied else "lm_head.weight"].T


def gpt_neox(config, weights, ids, edit):
    """Black et al. 2022. The fused projection holds query, key and value of one head after the other."""
    norm, linear = reader(weights, config["layer_norm_eps"], "gpt_neox.")
    heads = config["num_attention_heads"]
    head_width = config["hidden_size"] // heads
    activation = ACTIVATIONS[config["hidden_act"]]
    frequencies = rotary_frequencies(
        int(head_width * config["rotary_pct"]), config["rotary_emb_base"], config.get("rope_scaling")
    )

    x = weights["gpt_neox.embed_in.weight"][ids]
    for layer in range(config["num_hidden_layers"]):
        block = f"layers.{layer}."
        fused = split_heads(linear(norm(x, block + "input_layernorm"), block + "attention.query_key_value"), heads)
        q, k, v = fused.split(head_width, dim=2)
        mixed = join_heads(attention(turn(q, frequencies), turn(k, frequencies), v, visible(len(ids))))
        attended = linear(edit("attention", layer, mixed), block + "attention.dense")
        h = x if config["use_parallel_residual"] else x + attended
        hidden = activation(linear(norm(h, block + "post_attention_layernorm"), block + "mlp.dense_h_to_4h"))
        x = x + attended + linear(edit("mlp", layer, hidden), block + "mlp.dense_4h_to_h")
    tied = config.get("tie_word_embeddings", False)
    return norm(x, "final_layer_norm") @ weights["gpt_neox.embed_in.weight" if tied else "embed_out.weight"].T


def phi(config, weights, ids, edit):
    """Li et al. 2023 (phi-1.5). One norm feeds attention and MLP; part of each head turns; the head has a bias."""
    norm, linear = reader(weights, config["layer_norm_eps"])
    heads = config["num_attention_heads"]
    key_value_heads = config.get("num_key_value_heads") or heads
    head_width = config["hidden_size"] // heads
    activation = ACTIVATIONS[config["hidden_act"]]
    frequencies = rotary_frequencies(
        int(head_width * config["partial_rotary_factor"]), config["rope_theta"], config.get("rope_scaling")
    )

    x = weights["model.embed_tokens.weight"][ids]
    for layer in range(config["num_hidden_layers"]):
        block = f"model.layers.{layer}."
        h = norm(x, block + "input_layernorm")
        q = split_heads(linear(h, block + "self_attn.q_proj"), heads)
        k = split_heads(linear(h, block + "self_attn.k_proj"), key_value_heads)
        v = split_heads(linear(h, block + "self_attn.v_proj"), key_value_heads)
        if config.get("qk_layernorm", False):
            q = norm(q, block + "self_attn.q_layernorm")
            k = norm(k, block + "self_attn.k_layernorm")
        mixed = join_heads(attention(turn(q, frequencies), turn(k, frequencies), v, visible(len(ids))))
        attended = linear(edit("attention", layer, mixed), block + "self_attn.dense")
        hidden = activation(linear(h, block + "mlp.fc1"))
        x = x + attended + linear(edit("mlp", layer, hidden), block + "mlp.fc2")
    return linear(norm(x, "model.final_layernorm"), "lm_head")


def gpt_neo(config, weights, ids, edit):
    """Black et al. 2021. Scores are not divided by the root of the head width; local layers see a window."""
    norm, linear = reader(weights, config["layer_norm_epsilon"], "transformer.")
    heads = config["num_heads"]
    activation = ACTIVATIONS[config["activation_function"]]
    kinds = [kind for pattern, times in config["attention_types"] for kind in pattern * times]

    x = weights["transformer.wte.weight"][ids] + weights["transformer.wpe.weight"][: len(ids)]
    for layer in range(config["num_layers"]):
        block = f"h.{layer}."
        h = norm(x, block + "ln_1")
        q, k, v = (split_heads(linear(h, f"{block}attn.attention.{name}_proj"), heads) for name in "qkv")
        seen = visible(len(ids), config["window_size"] if kinds[layer] == "local" else None)
        mixed = join_heads(attention(q, k, v, seen, scale=1))
        x = x + linear(edit("attention", layer, mixed), block + "attn.attention.out_proj")
        hidden = activation(linear(norm(x, block + "ln_2"), block + "mlp.c_fc"))
        x = x + linear(edit("mlp", layer, hidden), block + "mlp.c_proj")
    tied = config.get("tie_word_embeddings", True)
    return norm(x, "ln_f") @ weights["transformer.wte.weight" if tied else "lm_head.weight"].T


def gptj(config, weights, ids, edit):
    """Wang and Komatsuzaki 2021. One norm feeds attention and MLP; neighbouring dimensions turn together."""
    norm, linear = reader(weights, config["layer_norm_epsilon"], "transformer.")
    heads = config["n_head"]
    activation = ACTIVATIONS[config["activation_function"]]
    frequencies = rotary_frequencies(config["rotary_dim"], 10000)

    x = weights["transformer.wte.weight"][ids]
    for layer in range(config["n_layer"]):
        block = f"h.{layer}."
        h = norm(x, block + "ln_1")
        q, k, v = (split_heads(linear(h, f"{block}attn.{name}_proj"), heads) for name in "qkv")
        q, k = turn(q, frequencies, interleaved=True), turn(k, frequencies, interleaved=True)
        mixed = join_heads(attention(q, k, v, visible(len(ids))))
        attended = linear(edit("attention", layer, mixed), block + "attn.out_proj")
        hidden = activation(linear(h, block + "mlp.fc_in"))
        x = x + attended + linear(edit("mlp", layer, hidden), block + "mlp.fc_out")
    return norm(x, "ln_f") @ weights["lm_head.weight"].T + weights["lm_head.bias"]


FAMILIES = {
    "opt": opt,
    "gpt_neox": gpt_neox,
    "phi": phi,
    "gpt_neo": gpt_neo,
    "gptj": gptj,
    **llama_line.FAMILIES,
}
