"""One family in plain PyTorch, eager, float32, on a checkpoint of a useful size, as the side that the engine is compared with.

Makes the checkpoint in FOLDER from the small case of test/reference (same config, wider), then answers each line of numbers (ids, or the pixels of an image) on stdin with one
JSON line: wall and CPU milliseconds of one forward pass, and the last logits. Usage: families_peer.py CASE FOLDER THREADS
"""

import json
import os
import resource
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "test", "reference"))

import torch

import decoder_cases
import decoders
import encoder_cases
import encoders
import forward
import llama_line_cases
from checkpoint import read_checkpoint
from make_families import CASES, changed, write_json
from small_tokenizers import write_tokenizer
from weights import Weights, write_safetensors

WIDTH, INNER, HEADS, LAYERS, VOCABULARY, CONTEXT = 384, 1536, 6, 4, 4096, 512
SIZES = {
    "hidden_size": WIDTH,
    "n_embd": WIDTH,
    "word_embed_proj_dim": WIDTH,
    "ffn_dim": INNER,
    "intermediate_size": INNER,
    "n_inner": INNER,
    "num_attention_heads": HEADS,
    "n_head": HEADS,
    "num_heads": HEADS,
    "num_key_value_heads": HEADS // 2,
    "head_dim": WIDTH // HEADS,
    "query_pre_attn_scalar": WIDTH // HEADS,
    "num_hidden_layers": LAYERS,
    "n_layer": LAYERS,
    "rotary_dim": 32,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": CONTEXT,
    "n_positions": CONTEXT,
    "sliding_window": 64,
    "window_size": 64,
    "attention_layers": ["global", "local", "global", "local"],
    "image_size": 64,
}


def make(case, folder):
    config, fill, _ = CASES[case]
    larger = {key: SIZES[key] for key in config if key in SIZES and config[key] is not None}
    if config.get("num_key_value_heads") == config.get("num_attention_heads"):
        larger.pop("num_key_value_heads", None)
        if "num_key_value_heads" in config:
            larger["num_key_value_heads"] = HEADS
    config = changed(config, larger)
    for module in (decoder_cases, llama_line_cases, encoder_cases):
        module.VOCABULARY, module.CONTEXT = VOCABULARY, CONTEXT
    weights = Weights(case)
    fill(weights, config)
    os.makedirs(folder, exist_ok=True)
    write_json(os.path.join(folder, "config.json"), config)
    write_safetensors(os.path.join(folder, "model.safetensors"), weights.tensors)
    if config["model_type"] != "vit":
        write_tokenizer(folder, config["model_type"], CONTEXT)


def forward_of(config, weights):
    """A function from the numbers of a line to the last row of the logits."""
    kind = config["model_type"]
    whole = lambda site, layer, activations: activations
    if kind in encoders.IMAGE:
        size, channels = config["image_size"], config["num_channels"]
        return lambda values: encoders.IMAGE[kind](
            config, weights, torch.tensor(values).reshape(channels, size, size), whole
        )
    if kind in encoders.MASKED:
        return lambda ids: encoders.MASKED[kind](
            config, weights, torch.tensor(ids), whole, [1] * len(ids), [0] * len(ids)
        )[-1]
    family = {"gpt2": forward.gpt2, **decoders.FAMILIES}[kind]
    return lambda ids: family(config, weights, torch.tensor(ids), whole)[-1]


def cpu_ms():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return 1000 * (usage.ru_utime + usage.ru_stime)


def main(case, folder, threads):
    torch.set_num_threads(int(threads))
    torch.set_grad_enabled(False)
    make(case, folder)
    config, tensors = read_checkpoint(folder)
    weights = {name: tensor.float() for name, tensor in tensors.items()}
    last_logits = forward_of(config, weights)
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        values = json.loads(line)
        wall, cpu = time.perf_counter(), cpu_ms()
        last = last_logits(values)
        reply = {"wallMs": 1000 * (time.perf_counter() - wall), "cpuMs": cpu_ms() - cpu}
        print(json.dumps({**reply, "last": last.tolist()}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
