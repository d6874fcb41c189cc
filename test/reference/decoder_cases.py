"""Small causal checkpoints: config.json with the published keys, and the tensors under their published names.

A case is (config, fill, matters): `fill(weights, config)` adds the tensors; each of `matters` is a change of the config
(None leaves a key out) that must change the logits, so that what the case is about is felt.
"""

VOCABULARY = 61
CONTEXT = 32
COMMON = {"torch_dtype": "float32", "transformers_version": "4.46.0", "use_cache": True, "vocab_size": VOCABULARY}
SHARP = 1.5  # Gain of queries and keys, for attention that is far from even.


def fill_opt(prefix):
    def fill(w, c):
        width, inner, bias = c["hidden_size"], c["ffn_dim"], c["enable_bias"]
        narrow = c["word_embed_proj_dim"]

        def norm(name):
            if c["layer_norm_elementwise_affine"]:
                w.norm(name, width)

        w.table(prefix + "embed_tokens.weight", VOCABULARY, narrow)
        w.table(prefix + "embed_positions.weight", CONTEXT + 2, width)
        if narrow != width:
            w.linear(prefix + "project_in", narrow, width, bias=False)
            w.linear(prefix + "project_out", width, narrow, bias=False)
        for layer in range(c["num_hidden_layers"]):
            block = f"{prefix}layers.{layer}."
            for name in "kvq":
                w.linear(f"{block}self_attn.{name}_proj", width, width, bias, 1 if name == "v" else SHARP)
            w.linear(block + "self_attn.out_proj", width, width, bias)
            norm(block + "self_attn_layer_norm")
            w.linear(block + "fc1", width, inner, bias)
            w.linear(block + "fc2", inner, width, bias)
            norm(block + "final_layer_norm")
        if c["do_layer_norm_before"]:
            norm(prefix + "final_layer_norm")

    return fill


def opt(**changes):
    return {
        "architectures": ["OPTForCausalLM"],
        "model_type": "opt",
        "_remove_final_layer_norm": False,
        "activation_function": "relu",
        "attention_dropout": 0.0,
        "bos_token_id": 2,
        "do_layer_norm_before": True,
        "dropout": 0.1,
        "enable_bias": True,
        "eos_token_id": 2,
        "ffn_dim": 37,
        "hidden_size": 16,
        "init_std": 0.02,
        "layer_norm_elementwise_affine": True,
        "layerdrop": 0.0,
        "max_position_embeddings": CONTEXT,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "pad_token_id": 1,
        "prefix": "</s>",
        "word_embed_proj_dim": 16,
        **COMMON,
        **changes,
    }


def fill_gpt_neox(w, c):
    width, inner = c["hidden_size"], c["intermediate_size"]
    turning = int(width // c["num_attention_heads"] * c["rotary_pct"])
    w.table("gpt_neox.embed_in.weight", VOCABULARY, width)
    for layer in range(c["num_hidden_layers"]):
        block = f"gpt_neox.layers.{layer}."
        # Old files carry the causal mask and the angles as tensors.
        if c["use_parallel_residual"]:
            mask = [[[[float(key <= query) for key in range(CONTEXT)] for query in range(CONTEXT)]]]
            w.constant(block + "attention.bias", mask)
            w.constant(block + "attention.masked_bias", -1e9)
            w.constant(
                block + "attention.rotary_emb.inv_freq",
                [c["rotary_emb_base"] ** (-j / turning) for j in range(0, turning, 2)],
            )
        w.norm(block + "input_layernorm", width)
        w.norm(block + "post_attention_layernorm", width)
        w.linear(block + "attention.query_key_value", width, 3 * width, gain=SHARP)
        w.linear(block + "attention.dense", width, width)
        w.linear(block + "mlp.dense_h_to_4h", width, inner)
        w.linear(block + "mlp.dense_4h_to_h", inner, width)
    w.norm("gpt_neox.final_layer_norm", width)
    w.table("embed_out.weight", VOCABULARY, width)


def gpt_neox(**changes):
    return {
        "architectures": ["GPTNeoXForCausalLM"],
        "model_type": "gpt_neox",
        "bos_token_id": 0,
        "eos_token_id": 0,
        "hidden_act": "gelu",
        "hidden_size": 32,
        "initializer_range": 0.02,
        "intermediate_size": 37,
        "layer_norm_eps": 1e-05,
        "max_position_embeddings": CONTEXT,
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
        "rotary_emb_base": 10000,
        "rotary_pct": 0.25,
        "tie_word_embeddings": False,
        "use_parallel_residual": True,
        **COMMON,
        **changes,
    }


def fill_phi(w, c):
    width, inner, heads = c["hidden_size"], c["intermediate_size"], c["num_attention_heads"]
    key_values = width // heads * (c["num_key_value_heads"] or heads)
    w.table("model.embed_tokens.weight", VOCABULARY, width)
    for layer in range(c["num_hidden_layers"]):
        block = f"model.layers.{layer}."
        w.norm(block + "input_layernorm", width)
        w.linear(block + "self_attn.q_proj", width, width, gain=SHARP)
        w.linear(block + "self_attn.k_proj", width, key_values, gain=SHARP)
        w.linear(block + "self_attn.v_proj", width, key_values)
        w.linear(block + "self_attn.dense", width, width)
        if c["qk_layernorm"]:
            w.norm(block + "self_attn.q_layernorm", width // heads)
            w.norm(block + "self_attn.k_layernorm", width // heads)
        w.linear(block + "mlp.fc1", width, inner)
        w.linear(block + "mlp.fc2", inner, width)
    w.norm("model.final_layernorm", width)
    w.linear("lm_head", width, VOCABULARY, gain=2)


def phi(**changes):
    return {
        "architectures": ["PhiForCausalLM"],
        "model_type": "phi",
        "attention_dropout": 0.0,
        "bos_token_id": None,
        "embd_pdrop": 0.0,
        "eos_token_id": None,
        "hidden_act": "gelu_new",
        "hidden_size": 24,
        "initializer_range": 0.02,
        "intermediate_size": 37,
        "layer_norm_eps": 1e-05,
        "max_position_embeddings": CONTEXT,
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
        "num_key_value_heads": None,
        "partial_rotary_factor": 0.5,
        "qk_layernorm": False,
        "resid_pdrop": 0.0,
        "rope_scaling": None,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        **COMMON,
        **changes,
    }


def fill_gpt_neo(w, c):
    width, inner = c["hidden_size"], c["intermediate_size"]
    w.table("transformer.wte.weight", VOCABULARY, width)
    w.table("transformer.wpe.weight", CONTEXT, width)
    for layer in range(c["num_layers"]):
        block = f"transformer.h.{layer}."
        w.norm(block + "ln_1", width)
        # No square root divides the scores here.
        for name in "kvq":
            w.linear(f"{block}attn.attention.{name}_proj", width, width, False, 1 if name == "v" else 0.9)
        w.linear(block + "attn.attention.out_proj", width, width)
        w.norm(block + "ln_2", width)
        w.linear(block + "mlp.c_fc", width, inner)
        w.linear(block + "mlp.c_proj", inner, width)
    w.norm("transformer.ln_f", width)


def gpt_neo(**changes):
    return {
        "architectures": ["GPTNeoForCausalLM"],
        "model_type": "gpt_neo",
        "activation_function": "gelu_new",
        "attention_dropout": 0,
        "attention_layers": ["global", "local", "global", "local"],
        "attention_types": [[["global", "local"], 2]],
        "bos_token_id": 0,
        "embed_dropout": 0,
        "eos_token_id": 0,
        "gradient_checkpointing": False,
        "hidden_size": 16,
        "initializer_range": 0.02,
        "intermediate_size": 37,
        "layer_norm_epsilon": 1e-05,
        "max_position_embeddings": CONTEXT,
        "num_heads": 4,
        "num_layers": 4,
        "resid_dropout": 0,
        "window_size": 6,
        **COMMON,
        **changes,
    }


def fill_gptj(w, c):
    width, inner = c["n_embd"], c["n_inner"]
    w.table("transformer.wte.weight", VOCABULARY, width)
    for layer in range(c["n_layer"]):
        block = f"transformer.h.{layer}."
        w.norm(block + "ln_1", width)
        for name in "kvq":
            w.linear(f"{block}attn.{name}_proj", width, width, False, 1 if name == "v" else SHARP)
        w.linear(block + "attn.out_proj", width, width, False)
        w.linear(block + "mlp.fc_in", width, inner)
        w.linear(block + "mlp.fc_out", inner, width)
    w.norm("transformer.ln_f", width)
    w.linear("lm_head", width, VOCABULARY, gain=2)


def gptj(**changes):
    return {
        "architectures": ["GPTJForCausalLM"],
        "model_type": "gptj",
        "activation_function": "gelu_new",
        "attn_pdrop": 0.0,
        "bos_token_id": 0,
        "embd_pdrop": 0.0,
        "eos_token_id": 0,
        "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-05,
        "n_embd": 24,
        "n_head": 2,
        "n_inner": 37,
        "n_layer": 2,
        "n_positions": CONTEXT,
        "resid_pdrop": 0.0,
        "rotary": True,
        "rotary_dim": 8,
        "scale_attn_weights": True,
        "tie_word_embeddings": False,
        **COMMON,
        **changes,
    }


CASES = {
    "opt": (opt(), fill_opt("model.decoder."), []),
    "opt-350m": (
        opt(do_layer_norm_before=False, word_embed_proj_dim=10),
        fill_opt("decoder."),
        [],
    ),
    "opt-galactica": (
        opt(
            activation_function="gelu",
            bos_token_id=0,
            enable_bias=False,
            layer_norm_elementwise_affine=False,
            learned_embeddings=True,
            scale_embeddings=False,
        ),
        fill_opt("model.decoder."),
        [{"activation_function": "gelu_new"}],
    ),
    # As Galactica is published now: the biases and norms that it was trained without are written out.
    "opt-galactica-biases": (
        opt(
            activation_dropout=0.0,
            activation_function="gelu",
            bos_token_id=0,
            learned_embeddings=True,
            scale_embeddings=False,
        ),
        fill_opt("model.decoder."),
        [{"activation_function": "gelu_new"}],
    ),
    "gpt-neox": (gpt_neox(), fill_gpt_neox, [{"use_parallel_residual": False}, {"rotary_pct": 0.5}]),
    "gpt-neox-sequential": (
        gpt_neox(
            use_parallel_residual=False, hidden_size=24, rotary_pct=1.0, rotary_emb_base=500, hidden_act="gelu_new"
        ),
        fill_gpt_neox,
        [{"use_parallel_residual": True}, {"rotary_emb_base": 10000}],
    ),
    "phi": (phi(), fill_phi, [{"partial_rotary_factor": 1.0}]),
    "phi-qk-norm": (
        phi(
            qk_layernorm=True, num_attention_heads=4, num_key_value_heads=2, hidden_size=32, partial_rotary_factor=0.75
        ),
        fill_phi,
        [{"qk_layernorm": False}, {"partial_rotary_factor": 0.5}],
    ),
    "gpt-neo": (
        gpt_neo(),
        fill_gpt_neo,
        [{"window_size": 7}, {"window_size": 5}, {"attention_types": [[["local", "global"], 2]]}],
    ),
    "gptj": (gptj(), fill_gptj, [{"rotary_dim": 12}]),
}
