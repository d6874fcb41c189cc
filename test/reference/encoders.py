"""Encoders: masked language models (bert, roberta) and the image classifier vit. `edit` as in forward.py.

Every position sees all others that are no padding. A row of a padded batch is computed by itself, padding included.
"""

import torch

from decoders import reader
from parts import ACTIVATIONS, attention, join_heads, split_heads


def post_norm_blocks(config, weights, x, seen, edit, prefix):
    """Devlin et al. 2018 (Vaswani et al. 2017): a norm after each sum of a sublayer and what it was given."""
    norm, linear = reader(old_names(weights), config["layer_norm_eps"], prefix)
    heads = config["num_attention_heads"]
    activation = ACTIVATIONS[config["hidden_act"]]
    for layer in range(config["num_hidden_layers"]):
        block = f"encoder.layer.{layer}."
        q, k, v = (
            split_heads(linear(x, f"{block}attention.self.{name}"), heads) for name in ("query", "key", "value")
        )
        mixed = edit("attention", layer, join_heads(attention(q, k, v, seen)))
        x = norm(x + linear(mixed, block + "attention.output.dense"), block + "attention.output.LayerNorm")
        hidden = edit("mlp", layer, activation(linear(x, block + "intermediate.dense")))
        x = norm(x + linear(hidden, block + "output.dense"), block + "output.LayerNorm")
    return x


def old_names(weights):
    """The first published checkpoints name a norm's weight and bias gamma and beta."""
    return {
        name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias"): tensor
        for name, tensor in weights.items()
    }


def embedded(config, weights, ids, positions, token_types, prefix):
    weights = old_names(weights)
    embeddings = prefix + "embeddings."
    x = (
        weights[embeddings + "word_embeddings.weight"][ids]
        + weights[embeddings + "position_embeddings.weight"][positions]
        + weights[embeddings + "token_type_embeddings.weight"][token_types]
    )
    norm, _ = reader(weights, config["layer_norm_eps"], embeddings)
    return norm(x, "LayerNorm")


def bert(config, weights, ids, edit, attention_mask, token_types):
    """Logits [tokens, vocabulary]; the head's activation is that of the blocks."""
    seen = torch.tensor(attention_mask, dtype=torch.bool)[None, :]
    x = embedded(config, weights, ids, torch.arange(len(ids)), torch.tensor(token_types), "bert.")
    x = post_norm_blocks(config, weights, x, seen, edit, "bert.")
    norm, linear = reader(old_names(weights), config["layer_norm_eps"], "cls.predictions.")
    x = norm(ACTIVATIONS[config["hidden_act"]](linear(x, "transform.dense")), "transform.LayerNorm")
    tied = config.get("tie_word_embeddings", True)
    head = weights["bert.embeddings.word_embeddings.weight" if tied else "cls.predictions.decoder.weight"]
    return x @ head.T + weights["cls.predictions.bias"]


def roberta(config, weights, ids, edit, attention_mask, token_types):
    """Liu et al. 2019. Positions count the tokens that are no padding, from one after the padding's own id."""
    seen = torch.tensor(attention_mask, dtype=torch.bool)[None, :]
    padding = config["pad_token_id"]
    real = (ids != padding).long()
    positions = torch.cumsum(real, dim=0) * real + padding
    x = embedded(config, weights, ids, positions, torch.tensor(token_types), "roberta.")
    x = post_norm_blocks(config, weights, x, seen, edit, "roberta.")
    norm, linear = reader(weights, config["layer_norm_eps"], "lm_head.")
    x = norm(ACTIVATIONS["gelu"](linear(x, "dense")), "layer_norm")
    tied = config.get("tie_word_embeddings", True)
    head = weights["roberta.embeddings.word_embeddings.weight" if tied else "lm_head.decoder.weight"]
    return x @ head.T + weights["lm_head.bias"]


def vit(config, weights, pixels, edit):
    """Dosovitskiy et al. 2020. pixels: [channels, height, width], normalised -> logits [classes]."""
    norm, linear = reader(weights, config["layer_norm_eps"], "vit.")
    heads, size = config["num_attention_heads"], config["patch_size"]
    activation = ACTIVATIONS[config["hidden_act"]]

    # Patches row by row; each is its channels, then rows, then columns, as the convolution's weight has them.
    channels, height, width = pixels.shape
    patches = pixels.reshape(channels, height // size, size, width // size, size).permute(1, 3, 0, 2, 4)
    patches = patches.reshape(-1, channels * size * size)
    projection = "vit.embeddings.patch_embeddings.projection."
    x = patches @ weights[projection + "weight"].reshape(config["hidden_size"], -1).T + weights[projection + "bias"]
    x = torch.cat([weights["vit.embeddings.cls_token"][0], x]) + weights["vit.embeddings.position_embeddings"][0]
    seen = torch.ones(1, len(x), dtype=torch.bool)
    for layer in range(config["num_hidden_layers"]):
        block = f"encoder.layer.{layer}."
        h = norm(x, block + "layernorm_before")
        q, k, v = (
            split_heads(linear(h, f"{block}attention.attention.{name}"), heads) for name in ("query", "key", "value")
        )
        mixed = edit("attention", layer, join_heads(attention(q, k, v, seen)))
        x = x + linear(mixed, block + "attention.output.dense")
        hidden = activation(linear(norm(x, block + "layernorm_after"), block + "intermediate.dense"))
        x = x + linear(edit("mlp", layer, hidden), block + "output.dense")
    return norm(x, "layernorm")[0] @ weights["classifier.weight"].T + weights["classifier.bias"]


MASKED = {"bert": bert, "roberta": roberta}
IMAGE = {"vit": vit}
