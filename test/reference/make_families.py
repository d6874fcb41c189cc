"""make_families.py FIXTURES [CASE...]: writes the small checkpoints of the families and what PyTorch answers to them.

FIXTURES/<case>/ gets config.json, model.safetensors, the tokenizer and expected.json (see README.md). Before a case is
written it is checked that each of its tensors is felt in the logits, and each oddity of its config.
"""

import base64
import json
import os
import shutil
import sys

import torch

import decoder_cases
import llama_line_cases
from checkpoint import read_checkpoint
from forward import forward, greedy, next_token_logprobs
from record import editor
from small_tokenizers import write_tokenizer
from weights import Weights, write_safetensors

CASES = {**decoder_cases.CASES, **llama_line_cases.CASES}
LENGTHS = (20, 17)
GREEDY_TOKENS = 8
FIRST_WORD = 5  # Ids below are special.
# A query's scores all move by the same amount with a bias of the keys, unless positions turn them.
NEVER_FELT = ("attention.bias", "attention.masked_bias", "rotary_emb.inv_freq")
NEVER_FELT_WITHOUT_ROTARY = ("k_proj.bias", "key.bias")
ROTARY = ("gpt_neox", "phi", "gptj", "llama", "mistral", "qwen2", "qwen3", "olmo", "olmo2", "gemma", "gemma2")


def packed(tensor):
    """Base64 of little-endian F32."""
    return base64.b64encode(tensor.to(torch.float32).numpy().astype("<f4").tobytes()).decode()


def short(tensor):
    return [float(f"{number:.8g}") for number in tensor.tolist()]


def sites(config, tensors, ids):
    """[(site, layer, neurons)] in the order of the pass."""
    seen = []

    def edit(site, layer, x):
        seen.append((site, layer, x.shape[1]))
        return x

    forward(config, tensors, ids, edit=edit)
    return seen


def pick(random, places, many):
    """`many` neurons of each place, as ids."""
    return [
        f"{site}:{layer}:{index}"
        for site, layer, width in places
        for index in sorted(random.choice(width, many, replace=False).tolist())
    ]


def changed(config, changes):
    merged = {**config, **changes}
    return {key: value for key, value in merged.items() if not (key in changes and value is None)}


def check_felt(case, config, tensors, ids, matters):
    """Fails when a tensor, or one of the changes of the config, leaves the logits as they are."""
    whole = forward(config, tensors, ids)
    for name, tensor in tensors.items():
        if name.endswith(NEVER_FELT):
            continue
        if name.endswith(NEVER_FELT_WITHOUT_ROTARY) and config["model_type"] not in ROTARY:
            continue
        moved = tensor + 0.3 * torch.randn(tensor.shape, generator=torch.Generator().manual_seed(1))
        difference = float((forward(config, {**tensors, name: moved}, ids) - whole).abs().max())
        if difference < 1e-3:
            raise SystemExit(f"{case}: {name} is not felt in the logits ({difference:.1e})")
    felt = []
    for changes in matters:
        difference = float((forward(changed(config, changes), tensors, ids) - whole).abs().max())
        felt.append(round(difference, 3))
        if difference < 1e-3:
            raise SystemExit(f"{case}: {changes} is not felt in the logits ({difference:.1e})")
    return felt


def causal_answer(config, tensors, ids, neurons, observed, dtype):
    activations = {}
    edit = editor(neurons, [0.0] * len(neurons), observed, activations, dtype)
    logits = forward(config, tensors, ids, dtype, edit)
    return logits, next_token_logprobs(logits, ids), activations


def causal_record(case, config, tensors, random):
    sequences = [random.integers(FIRST_WORD, decoder_cases.VOCABULARY, length).tolist() for length in LENGTHS]
    places = sites(config, tensors, sequences[0])
    neurons, observed = pick(random, places, 4), pick(random, places, 1)
    difference, results = 0.0, []
    for name, removed in (("nothing", []), ("both sites", neurons)):
        exact = [causal_answer(config, tensors, ids, removed, observed, torch.float64) for ids in sequences]
        rough = [causal_answer(config, tensors, ids, removed, observed, torch.float32) for ids in sequences]
        difference = max(difference, *(float((a[0] - b[0].double()).abs().max()) for a, b in zip(exact, rough)))
        results.append(
            {
                "name": name,
                "neurons": removed,
                "logits": [packed(logits) for logits, _, _ in exact],
                "logprobs": [short(logprobs) for _, logprobs, _ in exact],
            }
        )
        if not removed:
            activations = {neuron: short(exact[0][2][neuron]) for neuron in observed}
            largest = float(exact[0][0].abs().max())
    return {
        "name": case,
        "objective": "causal",
        "vocabularySize": config["vocab_size"],
        "neurons": {
            site: [width for where, _, width in sorted(places, key=lambda place: place[1]) if where == site]
            for site in ("mlp", "attention")
        },
        "sequences": sequences,
        "results": results,
        "greedyIds": greedy(config, tensors, sequences[0], GREEDY_TOKENS),
        "activations": activations,
        "largestLogit": float(f"{largest:.4g}"),
        "float32Difference": float(f"{difference:.2g}"),
    }


def make(case, folder):
    config, fill, matters = CASES[case]
    weights = Weights(case)
    fill(weights, config)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(dict(sorted(config.items())), file, indent=2)
        file.write("\n")
    write_safetensors(os.path.join(folder, "model.safetensors"), weights.tensors)
    write_tokenizer(folder, config["model_type"], decoder_cases.CONTEXT)
    # What is recorded is what was read back from the files.
    config, tensors = read_checkpoint(folder)
    record = causal_record(case, config, tensors, weights.random)
    felt = check_felt(case, config, tensors, record["sequences"][0], matters)
    with open(os.path.join(folder, "expected.json"), "w", encoding="utf-8") as file:
        json.dump(record, file, separators=(",", ":"))
        file.write("\n")
    size = sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))
    print(
        f"{case}: {size // 1024} kB, largest logit {record['largestLogit']}, float32 differs by",
        f"{record['float32Difference']}, config felt by {felt}",
    )


def main(fixtures, cases):
    torch.manual_seed(0)
    for case in cases or CASES:
        make(case, os.path.join(fixtures, case))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
