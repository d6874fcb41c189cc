"""Forward passes of the model families, written plainly from their papers, one sequence at a time.

`edit(site, layer, activations)` sees the input of each output projection, [tokens, neurons], and gives back what is
used in its place: site "mlp" before c_proj or down_proj, site "attention" before c_proj or o_proj, heads side by side.
"""

import torch

import decoders
import encoders
from parts import ACTIVATIONS, causal_attention, join_heads, layer_norm, split_heads


def forward(config, tensors, ids, dtype=torch.float64, edit=lambda site, layer, activations: activations):
    """Logits [tokens, vocabulary]."""
    weights = {name: tensor.to(dtype) for name, tensor in tensors.items()}
    family = {"gpt2": gpt2, **decoders.FAMILIES}[config["model_type"]]
    return family(config, weights, torch.tensor(ids), edit)


def forward_masked(config, tensors, row, dtype=torch.float64, edit=lambda site, layer, activations: activations):
    """Logits [tokens, vocabulary] of a row of a batch: (ids, attention mask, token types)."""
    weights = {name: tensor.to(dtype) for name, tensor in tensors.items()}
    ids, attention_mask, token_types = row
    return encoders.MASKED[config["model_type"]](
        config, weights, torch.tensor(ids), edit, attention_mask, token_types
    )


def forward_image(config, tensors, pixels, dtype=torch.float64, edit=lambda site, layer, activations: activations):
    """Logits [classes]; pixels: [channels, height, width], normalised."""
    weights = {name: tensor.to(dtype) for name, tensor in tensors.items()}
    return encoders.IMAGE[config["model_type"]](config, weights, pixels.to(dtype), edit)


def gpt2(config, weights, ids, edit):
    prefix = "transformer." if "transformer.wte.weight" in weights else ""
    heads = config["n_head"]
    activation = ACTIVATIONS[config["activation_function"]]

    def get(name):
        return weights[prefix + name]

    def norm(x, name):
        return layer_norm(x, get(name + ".weight"), get(name + ".bias"), config["layer_norm_epsilon"])

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


def next_token_logprobs(logits, ids):
    """Natural-log probability of ids[1:]."""
    return torch.log_softmax(logits[:-1], dim=1)[torch.arange(len(ids) - 1), torch.tensor(ids[1:])]


def greedy(config, tensors, ids, count, dtype=torch.float64):
    """The `count` most likely next ids, one after the other."""
    ids = list(ids)
    for _ in range(count):
        ids.append(int(forward(config, tensors, ids, dtype)[-1].argmax()))
    return ids[-count:] if count else []
