"""check_expected.py FOLDER...: compares the reference with the expected.json of published model folders.

expected.json: {"ids", "token_logprobs", "last_logits", "greedy_ids"}, made in float32 by another implementation.
"""

import json
import os
import sys

import torch

from checkpoint import read_checkpoint
from forward import forward, greedy, next_token_logprobs

TOLERANCE = 1e-3


def main(folders):
    wrong = False
    for folder in folders:
        config, tensors = read_checkpoint(folder)
        with open(os.path.join(folder, "expected.json"), encoding="utf-8") as file:
            expected = json.load(file)
        ids = expected["ids"]
        for dtype in (torch.float64, torch.float32):
            logits = forward(config, tensors, ids, dtype)
            logprobs = next_token_logprobs(logits, ids).tolist()
            by_token = max(abs(a - b) for a, b in zip(logprobs, expected["token_logprobs"]))
            by_logit = max(abs(a - b) for a, b in zip(logits[-1].tolist(), expected["last_logits"]))
            same = greedy(config, tensors, ids, len(expected["greedy_ids"]), dtype) == expected["greedy_ids"]
            print(f"{folder} {dtype}: logprobs {by_token:.1e}, last logits {by_logit:.1e}, same greedy text: {same}")
            wrong = wrong or max(by_token, by_logit) > TOLERANCE or not same
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
