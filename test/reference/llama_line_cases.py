"""Small checkpoints of the Llama line; a case as in decoder_cases.py."""

from decoder_cases import COMMON, CONTEXT, SHARP, VOCABULARY


def fill(w, c):
    kind = c["model_type"]
    width, inner, heads = c["hidden_size"], c["intermediate_size"], c["num_attention_heads"]
    head_width = c.get("head_dim") or width // heads
    key_values = head_width * (c.get("num_key_value_heads") or heads)
    biased = kind == "qwen2" or c.get("attention_bias", False)
    tied = c.get("tie_word_embeddings", kind.startswith("gemma"))
    norms = {
        "olmo": [],
        "olmo2": ["post_attention", "post_feedforward"],
        "gemma2": ["input", "post_attention", "pre_feedforward", "post_feedforward"],
    }.get(kind, ["input", "post_attention"])
    # Gemma's norms multiply with 1 + weight.
    around = 0.0 if kind.startswith("gemma") else 1.0

    w.table("model.embed_tokens.weight", VOCABULARY, width)
    for layer in range(c["num_hidden_layers"]):
        block = f"model.layers.{layer}."
        for name in norms:
            w.norm(f"{block}{name}_layernorm", width, bias=False, mean=around)
        w.linear(block + "self_attn.q_proj", width, heads * head_width, biased, SHARP)
        w.linear(block + "self_attn.k_proj", width, key_values, biased, SHARP)
        w.linear(block + "self_attn.v_proj", width, key_values, biased)
        w.linear(block + "self_attn.o_proj", heads * head_width, width, c.get("attention_bias", False))
        if kind == "qwen3":
            w.norm(block + "self_attn.q_norm", head_width, bias=False)
            w.norm(block + "self_attn.k_norm", head_width, bias=False)
        if kind == "olmo2":
            w.norm(block + "self_attn.q_norm", heads * head_width, bias=False)
            w.norm(block + "self_attn.k_norm", key_values, bias=False)
        for name in ("gate", "up"):
            w.linear(f"{block}mlp.{name}_proj", width, inner, c.get("mlp_bias", False), SHARP)
        w.linear(block + "mlp.down_proj", inner, width, c.get("mlp_bias", False))
    if kind != "olmo":
        w.norm("model.norm", width, bias=False, mean=around)
    if not tied:
        w.table("lm_head.weight", VOCABULARY, width)


def line(kind, name, **changes):
    return {
        "architectures": [f"{name}ForCausalLM"],
        "model_type": kind,
        "attention_dropout": 0.0,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "hidden_act": "silu",
        "hidden_size": 16,
        "initializer_range": 0.02,
        "intermediate_size": 37,
        "max_position_embeddings": CONTEXT,
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
        "num_key_value_heads": 1,
        "rms_norm_eps": 1e-06,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        **COMMON,
        **changes,
    }


def without(config, *keys):
    return {key: value for key, value in config.items() if key not in keys}


LLAMA3 = {
    "factor": 8.0,
    "high_freq_factor": 4.0,
    "low_freq_factor": 1.0,
    "original_max_position_embeddings": 64,
    "rope_type": "llama3",
}
YARN = {"factor": 4.0, "original_max_position_embeddings": 32, "type": "yarn", "beta_fast": 2, "beta_slow": 0.25}
GEMMA = {
    "attention_bias": False,
    "head_dim": 8,
    "hidden_activation": "gelu_pytorch_tanh",
    "bos_token_id": 0,
    "pad_token_id": 1,
}

CASES = {
    "llama3-rope": (
        line(
            "llama",
            "Llama",
            attention_bias=False,
            mlp_bias=False,
            max_position_embeddings=512,
            num_attention_heads=4,
            num_key_value_heads=2,
            hidden_size=32,
            pretraining_tp=1,
            rms_norm_eps=1e-05,
            rope_scaling=LLAMA3,
            rope_theta=10000.0,
            eos_token_id=[2, 1],
        ),
        fill,
        [{"rope_scaling": None}, {"rope_scaling": {**LLAMA3, "low_freq_factor": 0.5}}],
    ),
    "llama-linear-rope": (
        line(
            "llama",
            "Llama",
            attention_bias=True,
            mlp_bias=True,
            pretraining_tp=1,
            rope_scaling={"factor": 4.0, "type": "linear"},
            max_position_embeddings=4 * CONTEXT,
        ),
        fill,
        [{"rope_scaling": None}],
    ),
    "mistral": (
        line(
            "mistral",
            "Mistral",
            head_dim=8,
            num_attention_heads=4,
            num_key_value_heads=2,
            num_hidden_layers=3,
            rms_norm_eps=1e-05,
            sliding_window=5,
        ),
        fill,
        [{"sliding_window": None}, {"sliding_window": 4}, {"sliding_window": 6}],
    ),
    "qwen2": (
        line(
            "qwen2",
            "Qwen2",
            max_window_layers=1,
            rope_theta=1000000.0,
            sliding_window=4,
            tie_word_embeddings=True,
            use_sliding_window=False,
        ),
        fill,
        [{"use_sliding_window": True}],
    ),
    "qwen2-window": (
        line(
            "qwen2",
            "Qwen2",
            max_window_layers=1,
            num_hidden_layers=3,
            rope_theta=1000000.0,
            sliding_window=6,
            use_sliding_window=True,
        ),
        fill,
        [{"use_sliding_window": False}, {"max_window_layers": 0}, {"sliding_window": 5}],
    ),
    "qwen2-yarn": (
        line(
            "qwen2",
            "Qwen2",
            max_position_embeddings=4 * CONTEXT,
            max_window_layers=2,
            rope_scaling=YARN,
            rope_theta=10000.0,
            sliding_window=32,
            use_sliding_window=False,
        ),
        fill,
        [{"rope_scaling": None}, {"rope_scaling": {**YARN, "attention_factor": 1.0}}],
    ),
    "qwen3": (
        line(
            "qwen3",
            "Qwen3",
            attention_bias=False,
            head_dim=8,
            max_window_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            rope_scaling=None,
            rope_theta=1000000,
            sliding_window=None,
            tie_word_embeddings=True,
            use_sliding_window=False,
        ),
        fill,
        [],
    ),
    "olmo": (
        without(
            line(
                "olmo",
                "Olmo",
                attention_bias=False,
                clip_qkv=1.1,
                num_attention_heads=4,
                num_key_value_heads=4,
                pad_token_id=1,
                rope_scaling=None,
            ),
            "rms_norm_eps",
        ),
        fill,
        [{"clip_qkv": None}],
    ),
    "olmo2": (
        line(
            "olmo2",
            "Olmo2",
            attention_bias=False,
            num_attention_heads=4,
            num_key_value_heads=2,
            pad_token_id=1,
            rope_scaling=None,
            rope_theta=500000,
        ),
        fill,
        [],
    ),
    "gemma": (
        without(
            line("gemma", "Gemma", hidden_act="gelu", num_attention_heads=4, **GEMMA), "tie_word_embeddings"
        ),
        fill,
        [{"hidden_activation": "gelu"}],
    ),
    "gemma-heads": (
        without(
            line(
                "gemma",
                "Gemma",
                **{**GEMMA, "hidden_activation": None, "head_dim": 12},
                hidden_act="gelu",
                num_key_value_heads=2,
            ),
            "tie_word_embeddings",
        ),
        fill,
        [{"hidden_activation": "gelu"}],
    ),
    "gemma2": (
        without(
            line(
                "gemma2",
                "Gemma2",
                **GEMMA,
                hidden_act="gelu_pytorch_tanh",
                attn_logit_softcapping=2.5,
                cache_implementation="hybrid",
                final_logit_softcapping=6.0,
                num_attention_heads=4,
                num_hidden_layers=3,
                num_key_value_heads=2,
                query_pre_attn_scalar=11,
                sliding_window=5,
                sliding_window_size=5,
            ),
            "tie_word_embeddings",
        ),
        fill,
        [
            {"attn_logit_softcapping": None},
            {"final_logit_softcapping": None},
            {"query_pre_attn_scalar": 8},
            {"sliding_window": 6},
            {"sliding_window": 4},
        ],
    ),
}
