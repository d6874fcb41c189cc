"""What is recorded of a checkpoint, by what it is for: next tokens, masked tokens or classes of images.

Each recorder has `inputs` (what is run, one by one), `forward`, and `targets`: per input, where the logits are asked
and for which class or id. README.md says what the record's keys are.
"""

import base64

import torch

from decoder_cases import VOCABULARY
from forward import forward, forward_image, forward_masked, greedy
from record import editor

FIRST_WORD = 5  # Ids below are special.
GREEDY_TOKENS = 8
LENGTHS = (20, 17)


def packed(values, kind="<f4"):
    """Base64 of little-endian F32, or of what `kind` says."""
    return base64.b64encode(values.numpy().astype(kind).tobytes()).decode()


def short(numbers):
    return [float(f"{number:.8g}") for number in numbers.tolist()]


class Causal:
    forward = staticmethod(forward)

    def __init__(self, config, tensors, random):
        self.inputs = [random.integers(FIRST_WORD, VOCABULARY, length).tolist() for length in LENGTHS]
        self.targets = [(list(range(len(ids) - 1)), ids[1:]) for ids in self.inputs]
        self.facts = {
            "objective": "causal",
            "vocabularySize": config["vocab_size"],
            "sequences": self.inputs,
            "greedyIds": greedy(config, tensors, self.inputs[0], GREEDY_TOKENS),
        }


class Masked:
    """Two rows of one length; the second is shorter and padded on its right."""

    forward = staticmethod(forward_masked)

    def __init__(self, config, tensors, random):
        first, last, mask = (2, 3, 4) if config["model_type"] == "bert" else (0, 2, 4)
        rows, labels = [], []
        for length in LENGTHS:
            ids = [first, *random.integers(FIRST_WORD, VOCABULARY, length - 2).tolist(), last]
            label = [-100] * length
            # Of five positions that are asked for, three are masked, one is another word, one is as it was.
            asked = random.choice(range(1, length - 1), 5, replace=False).tolist()
            for number, position in enumerate(asked):
                label[position] = ids[position]
                if number < 3:
                    ids[position] = mask
                elif number == 3:
                    ids[position] = int(random.integers(FIRST_WORD, VOCABULARY))
            types = [int(config["type_vocab_size"] > 1 and position > length // 2) for position in range(length)]
            padding = LENGTHS[0] - length
            rows.append((ids + [config["pad_token_id"]] * padding, [1] * length + [0] * padding, types + [0] * padding))
            labels.append(label + [-100] * padding)
        self.inputs = rows
        self.targets = [
            ([at for at, id in enumerate(row) if id >= 0], [id for id in row if id >= 0]) for row in labels
        ]
        self.facts = {
            "objective": "masked",
            "vocabularySize": config["vocab_size"],
            "ids": [ids for ids, _, _ in rows],
            "attentionMask": [mask for _, mask, _ in rows],
            "tokenTypes": [types for _, _, types in rows],
            "labels": labels,
        }
        # Padding changes nothing before it.
        padded = forward_masked(config, tensors, rows[1])
        alone = forward_masked(config, tensors, tuple(part[: LENGTHS[1]] for part in rows[1]))
        assert float((padded[: LENGTHS[1]] - alone).abs().max()) < 1e-12


class Image:
    forward = staticmethod(forward_image)

    def __init__(self, config, tensors, random):
        size, channels = config["image_size"], config["num_channels"]
        images = [torch.from_numpy(random.integers(0, 256, (size, size, channels))) for _ in range(3)]
        self.inputs = [((image.double() / 255 - 0.5) / 0.5).permute(2, 0, 1) for image in images]
        labels = random.integers(0, len(config["id2label"]), len(images)).tolist()
        self.targets = [([0], [label]) for label in labels]
        self.facts = {
            "objective": "image",
            "classes": len(config["id2label"]),
            "size": [size, size, channels],
            "images": [packed(image, "u1") for image in images],
            "pixelValues": [packed(pixels) for pixels in self.inputs],
            "labels": labels,
        }
        self.files = {
            "preprocessor_config.json": {
                "do_normalize": True,
                "do_rescale": True,
                "do_resize": True,
                "image_mean": [0.5] * channels,
                "image_processor_type": "ViTImageProcessor",
                "image_std": [0.5] * channels,
                "resample": 2,
                "rescale_factor": 1 / 255,
                "size": {"height": size, "width": size},
            }
        }


def recorder(config):
    return {"bert": Masked, "roberta": Masked, "vit": Image}.get(config["model_type"], Causal)


def sites(config, tensors, kind):
    """[(site, layer, neurons)] in the order of the pass."""
    seen = []

    def edit(site, layer, x):
        seen.append((site, layer, x.shape[1]))
        return x

    kind.forward(config, tensors, kind.inputs[0], edit=edit)
    return seen


def pick(random, places, many):
    """`many` neurons of each place, as ids."""
    return [
        f"{site}:{layer}:{index}"
        for site, layer, width in places
        for index in sorted(random.choice(width, many, replace=False).tolist())
    ]


def answers(config, tensors, kind, neurons, observed, dtype):
    """Per input: logits, the log-probabilities of its targets, and the activations of the observed neurons."""
    results = []
    for given, (positions, classes) in zip(kind.inputs, kind.targets):
        activations = {}
        edit = editor(neurons, [0.0] * len(neurons), observed, activations, dtype)
        logits = kind.forward(config, tensors, given, dtype, edit)
        rows = logits.reshape(-1, logits.shape[-1])[positions]
        results.append((logits, torch.log_softmax(rows, dim=1)[torch.arange(len(classes)), classes], activations))
    return results


def record(case, config, tensors, kind, random):
    places = sites(config, tensors, kind)
    neurons, observed = pick(random, places, 4), pick(random, places, 1)
    difference, results, largest, activations = 0.0, [], 0.0, {}
    for name, removed in (("nothing", []), ("both sites", neurons)):
        exact = answers(config, tensors, kind, removed, observed, torch.float64)
        rough = answers(config, tensors, kind, removed, observed, torch.float32)
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
            largest = max(float(logits.abs().max()) for logits, _, _ in exact)
    return {
        "name": case,
        "neurons": {
            site: [width for where, _, width in sorted(places, key=lambda place: place[1]) if where == site]
            for site in ("mlp", "attention")
        },
        **kind.facts,
        "results": results,
        "activations": activations,
        "largestLogit": float(f"{largest:.4g}"),
        "float32Difference": float(f"{difference:.2g}"),
    }
