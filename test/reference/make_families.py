"""make_families.py FIXTURES [CASE...]: writes the small checkpoints of the families and what PyTorch answers to them.

FIXTURES/<case>/ gets config.json, model.safetensors, the tokenizer and expected.json (see README.md). Before a case is
written it is checked that each of its tensors is felt in the logits, and each oddity of its config.
"""

import json
import os
import shutil
import sys

import torch

import decoder_cases
import encoder_cases
import llama_line_cases
from checkpoint import read_checkpoint
from records import record, recorder
from small_tokenizers import write_tokenizer
from weights import Weights, write_safetensors

CASES = {**decoder_cases.CASES, **llama_line_cases.CASES, **encoder_cases.CASES}
# Published, and of no use to these passes.
NEVER_FELT = (
    "attention.bias",
    "attention.masked_bias",
    "rotary_emb.inv_freq",
    "position_ids",
    "cls.predictions.decoder.bias",
)
NEVER_FELT_PARTS = ("pooler.", "seq_relationship.")
# A query's scores all move by the same amount with a bias of the keys, unless positions turn them.
NEVER_FELT_WITHOUT_ROTARY = ("k_proj.bias", "key.bias")
WITHOUT_ROTARY = ("opt", "bert", "roberta", "vit")


def is_felt(name, config):
    if name.endswith(NEVER_FELT) or any(part in name for part in NEVER_FELT_PARTS):
        return False
    return not (name.endswith(NEVER_FELT_WITHOUT_ROTARY) and config["model_type"] in WITHOUT_ROTARY)


def changed(config, changes):
    merged = {**config, **changes}
    return {key: value for key, value in merged.items() if not (key in changes and value is None)}


def check_felt(case, config, tensors, kind, matters):
    """Fails when a tensor, or one of the changes of the config, leaves the logits as they are."""

    def logits(config, tensors):
        return torch.cat([kind.forward(config, tensors, given).flatten() for given in kind.inputs])

    whole = logits(config, tensors)
    for name, tensor in tensors.items():
        moved = tensor + 0.3 * torch.randn(tensor.shape, generator=torch.Generator().manual_seed(1))
        difference = float((logits(config, {**tensors, name: moved}) - whole).abs().max())
        if (difference > 1e-3) != is_felt(name, config):
            raise SystemExit(f"{case}: {name} moves the logits by {difference:.1e}")
    felt = []
    for changes in matters:
        difference = float((logits(changed(config, changes), tensors) - whole).abs().max())
        felt.append(round(difference, 3))
        if difference < 3e-4:
            raise SystemExit(f"{case}: {changes} moves the logits by {difference:.1e}")
    return felt


def write_json(path, content, **layout):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, **layout)
        file.write("\n")


def make(case, folder):
    config, fill, matters = CASES[case]
    weights = Weights(case)
    fill(weights, config)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    write_json(os.path.join(folder, "config.json"), dict(sorted(config.items())), indent=2)
    write_safetensors(os.path.join(folder, "model.safetensors"), weights.tensors)
    # What is recorded is what was read back from the files.
    config, tensors = read_checkpoint(folder)
    kind = recorder(config)(config, tensors, weights.random)
    for name, content in getattr(kind, "files", {}).items():
        write_json(os.path.join(folder, name), content, indent=2)
    if config["model_type"] != "vit":
        write_tokenizer(folder, config["model_type"], decoder_cases.CONTEXT)
    result = record(case, config, tensors, kind, weights.random)
    felt = check_felt(case, config, tensors, kind, matters)
    write_json(os.path.join(folder, "expected.json"), result, separators=(",", ":"))
    size = sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))
    print(
        f"{case}: {size // 1024} kB, largest logit {result['largestLogit']}, float32 differs by",
        f"{result['float32Difference']}, config felt by {felt}",
    )


def main(fixtures, cases):
    for case in cases or CASES:
        make(case, os.path.join(fixtures, case))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
