"""record.py WORK FIXTURES: runs every WORK/<case> (a checkpoint and its request.json) and writes FIXTURES/<case>.json.

Computed in float64; float32Difference is the largest difference from the same pass in float32.
"""

import json
import os
import sys

import torch

from checkpoint import read_checkpoint
from forward import forward, greedy, next_token_logprobs

GREEDY_TOKENS = 8


def editor(neurons, values, observed, activations, dtype):
    """An `edit` for forward(): sets `neurons` to `values`, and keeps the activations of the observed neurons."""

    def edit(site, layer, x):
        for neuron in observed:
            where, at, index = neuron.split(":")
            if where == site and int(at) == layer:
                activations[neuron] = x[:, int(index)]
        x = x.clone()
        for neuron, value in zip(neurons, values):
            where, at, index = neuron.split(":")
            if where == site and int(at) == layer:
                x[:, int(index)] = torch.tensor(value, dtype=dtype)
        return x

    return edit


def answer(config, tensors, request, mask, dtype):
    neurons = mask["neurons"] if mask else []
    values = mask.get("values", [0.0] * len(neurons)) if mask else []
    activations = {}
    edit = editor(neurons, values, [] if mask else request["observed"], activations, dtype)
    logits = forward(config, tensors, request["ids"], dtype, edit)
    return next_token_logprobs(logits, request["ids"]), logits[-1], activations


def short(numbers):
    return [float(f"{number:.8g}") for number in numbers.tolist()]


def record(folder):
    config, tensors = read_checkpoint(folder)
    with open(os.path.join(folder, "request.json"), encoding="utf-8") as file:
        request = json.load(file)
    difference = 0.0
    results = []
    for mask in [None, *request["masks"]]:
        exact = answer(config, tensors, request, mask, torch.float64)
        rough = answer(config, tensors, request, mask, torch.float32)
        pairs = [(exact[0], rough[0]), (exact[1], rough[1]), *((exact[2][n], rough[2][n]) for n in exact[2])]
        difference = max(difference, *(float((a - b.double()).abs().max()) for a, b in pairs))
        results.append({"logprobs": short(exact[0]), "lastLogits": short(exact[1])})
        if mask is None:
            activations = {neuron: short(exact[2][neuron]) for neuron in request["observed"]}
    room = (config.get("n_positions") or config.get("max_position_embeddings")) - len(request["ids"])
    return {
        "name": request["name"],
        "sha256": request["sha256"],
        "ids": request["ids"],
        **results[0],
        "greedyIds": greedy(config, tensors, request["ids"], min(GREEDY_TOKENS, room)),
        "activations": activations,
        "masked": [{**mask, **result} for mask, result in zip(request["masks"], results[1:])],
        "float32Difference": float(f"{difference:.2g}"),
    }


def main(work, fixtures):
    for name in sorted(os.listdir(work)):
        result = record(os.path.join(work, name))
        with open(os.path.join(fixtures, name + ".json"), "w", encoding="utf-8") as file:
            json.dump(result, file, separators=(",", ":"), ensure_ascii=False)
            file.write("\n")
        print(name, "float32 differs by", result["float32Difference"])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
