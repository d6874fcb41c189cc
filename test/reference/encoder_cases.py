"""Small encoder checkpoints; a case as in decoder_cases.py."""

import numpy

from decoder_cases import CONTEXT, SHARP, VOCABULARY

COMMON = {
    "attention_probs_dropout_prob": 0.1,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 16,
    "initializer_range": 0.02,
    "intermediate_size": 37,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "torch_dtype": "float32",
    "transformers_version": "4.46.0",
}
LABELS = ["cup", "egret", "kite", "oak", "pier"]


def masked_config(kind, name, **changes):
    return {
        "architectures": [f"{name}ForMaskedLM"],
        "model_type": kind,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": CONTEXT,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
        "type_vocab_size": 2,
        "use_cache": True,
        "vocab_size": VOCABULARY,
        **COMMON,
        **changes,
    }


def fill_encoder(w, c, prefix, names):
    width, inner = c["hidden_size"], c["intermediate_size"]
    w.table(prefix + "embeddings.word_embeddings.weight", VOCABULARY, width)
    w.table(prefix + "embeddings.position_embeddings.weight", c["max_position_embeddings"], width)
    w.table(prefix + "embeddings.token_type_embeddings.weight", c["type_vocab_size"], width)
    w.norm(prefix + "embeddings.LayerNorm", width, names=names)
    for layer in range(c["num_hidden_layers"]):
        block = f"{prefix}encoder.layer.{layer}."
        for name in ("query", "key", "value"):
            w.linear(f"{block}attention.self.{name}", width, width, gain=1 if name == "value" else SHARP)
        w.linear(block + "attention.output.dense", width, width)
        w.norm(block + "attention.output.LayerNorm", width, names=names)
        w.linear(block + "intermediate.dense", width, inner)
        w.linear(block + "output.dense", inner, width)
        w.norm(block + "output.LayerNorm", width, names=names)
    # For the task that published checkpoints were also trained on; a masked language model has no use for it.
    w.linear(prefix + "pooler.dense", width, width)


def fill_bert(names):
    def fill(w, c):
        width = c["hidden_size"]
        fill_encoder(w, c, "bert.", names)
        w.values("cls.predictions.bias", (VOCABULARY,), 0.3)
        w.linear("cls.predictions.transform.dense", width, width)
        w.norm("cls.predictions.transform.LayerNorm", width, names=names)
        if not c.get("tie_word_embeddings", True):
            w.table("cls.predictions.decoder.weight", VOCABULARY, width)
            w.constant("cls.predictions.decoder.bias", w.tensors["cls.predictions.bias"])
        w.linear("cls.seq_relationship", width, 2)

    return fill


def fill_roberta(w, c):
    width = c["hidden_size"]
    fill_encoder(w, c, "roberta.", ("weight", "bias"))
    w.tensors["roberta.embeddings.position_ids"] = numpy.arange(c["max_position_embeddings"], dtype="<i8")[None]
    w.values("lm_head.bias", (VOCABULARY,), 0.3)
    w.linear("lm_head.dense", width, width)
    w.norm("lm_head.layer_norm", width)


def fill_vit(w, c):
    width, inner, size = c["hidden_size"], c["intermediate_size"], c["patch_size"]
    patches = (c["image_size"] // size) ** 2
    w.values("vit.embeddings.cls_token", (1, 1, width), 0.5)
    w.values("vit.embeddings.position_embeddings", (1, patches + 1, width), 0.5)
    projection, inputs = "vit.embeddings.patch_embeddings.projection", c["num_channels"] * size * size
    w.values(projection + ".weight", (width, c["num_channels"], size, size), 1.5 / inputs**0.5)
    w.values(projection + ".bias", (width,), 0.3)
    for layer in range(c["num_hidden_layers"]):
        block = f"vit.encoder.layer.{layer}."
        for name in ("query", "key", "value"):
            gain = 1 if name == "value" else SHARP
            w.linear(f"{block}attention.attention.{name}", width, width, c["qkv_bias"], gain)
        w.linear(block + "attention.output.dense", width, width)
        w.linear(block + "intermediate.dense", width, inner, gain=2)
        w.linear(block + "output.dense", inner, width)
        w.norm(block + "layernorm_before", width)
        w.norm(block + "layernorm_after", width)
    w.norm("vit.layernorm", width)
    w.linear("classifier", width, len(c["id2label"]), gain=2)


def vit_config(**changes):
    return {
        "architectures": ["ViTForImageClassification"],
        "model_type": "vit",
        "encoder_stride": 4,
        "id2label": {str(index): label for index, label in enumerate(LABELS)},
        "image_size": 16,
        "label2id": {label: index for index, label in enumerate(LABELS)},
        "layer_norm_eps": 1e-12,
        "num_channels": 3,
        "patch_size": 4,
        "qkv_bias": True,
        **COMMON,
        "attention_probs_dropout_prob": 0.0,
        "hidden_dropout_prob": 0.0,
        **changes,
    }


CASES = {
    # With the names that the first checkpoints have.
    "bert": (masked_config("bert", "Bert"), fill_bert(("gamma", "beta")), []),
    "bert-untied": (
        masked_config("bert", "Bert", hidden_act="gelu_new", hidden_size=24, tie_word_embeddings=False),
        fill_bert(("weight", "bias")),
        [{"hidden_act": "gelu"}],
    ),
    "roberta": (
        masked_config(
            "roberta",
            "Roberta",
            bos_token_id=0,
            eos_token_id=2,
            layer_norm_eps=1e-05,
            max_position_embeddings=CONTEXT + 2,
            pad_token_id=1,
            type_vocab_size=1,
        ),
        fill_roberta,
        [],
    ),
    "vit": (vit_config(), fill_vit, [{"hidden_act": "gelu_new"}]),
    "vit-small-patches": (
        vit_config(hidden_size=24, num_attention_heads=3, patch_size=2, image_size=8, num_channels=1, qkv_bias=False),
        fill_vit,
        [],
    ),
}
