"""GPT-2 in plain PyTorch, eager, float32, as the side that the engine is compared with.

Reads a checkpoint folder (config.json, model.safetensors), then one JSON command a line from stdin; answers one JSON line each with
wall and CPU seconds (user + system of this process) in milliseconds. Usage: torch_peer.py FOLDER THREADS
"""

import json
import resource
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class Projection(nn.Module):
    """A weight stored [inputs, outputs], as GPT-2 stores it."""

    def __init__(self, weight, bias):
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.bias = nn.Parameter(bias, requires_grad=False)

    def forward(self, x):
        return torch.addmm(self.bias, x.view(-1, x.size(-1)), self.weight).view(*x.shape[:-1], -1)


class Mix(nn.Module):
    """Softmax attention over given queries, keys and values; its output is the attention site."""

    def __init__(self, heads):
        super().__init__()
        self.heads = heads

    def forward(self, q, k, v):
        b, t, d = q.shape
        split = lambda x: x.view(b, t, self.heads, d // self.heads).transpose(1, 2)
        scores = split(q) @ split(k).transpose(2, 3) / (d // self.heads) ** 0.5
        future = torch.ones(t, t, dtype=torch.bool).triu(1)
        weights = torch.softmax(scores.masked_fill(future, float("-inf")), -1)
        return (weights @ split(v)).transpose(1, 2).reshape(b, t, d)


class Activation(nn.Module):
    """The tanh GELU; its output is the MLP site."""

    def forward(self, x):
        return F.gelu(x, approximate="tanh")


class Block(nn.Module):
    def __init__(self, get, heads, width, epsilon):
        super().__init__()
        self.ln_1 = norm(get, "ln_1", width, epsilon)
        self.c_attn = Projection(get("attn.c_attn.weight"), get("attn.c_attn.bias"))
        self.mix = Mix(heads)
        self.attn_out = Projection(get("attn.c_proj.weight"), get("attn.c_proj.bias"))
        self.ln_2 = norm(get, "ln_2", width, epsilon)
        self.c_fc = Projection(get("mlp.c_fc.weight"), get("mlp.c_fc.bias"))
        self.act = Activation()
        self.mlp_out = Projection(get("mlp.c_proj.weight"), get("mlp.c_proj.bias"))

    def forward(self, x):
        q, k, v = self.c_attn(self.ln_1(x)).split(x.size(-1), -1)
        x = x + self.attn_out(self.mix(q, k, v))
        return x + self.mlp_out(self.act(self.c_fc(self.ln_2(x))))


class Gpt2(nn.Module):
    def __init__(self, config, tensors):
        super().__init__()
        width, epsilon = config["n_embd"], config["layer_norm_epsilon"]
        self.wte = nn.Parameter(tensors["wte.weight"], requires_grad=False)
        self.wpe = nn.Parameter(tensors["wpe.weight"], requires_grad=False)
        self.h = nn.ModuleList(
            Block(lambda name, i=i: tensors[f"h.{i}.{name}"], config["n_head"], width, epsilon)
            for i in range(config["n_layer"])
        )
        self.ln_f = norm(lambda name: tensors[name], "ln_f", width, epsilon)

    def forward(self, ids, head=True):
        x = F.embedding(ids, self.wte) + self.wpe[: ids.size(1)]
        for block in self.h:
            x = block(x)
        return F.linear(self.ln_f(x), self.wte) if head else x


def norm(get, name, width, epsilon):
    layer = nn.LayerNorm(width, eps=epsilon)
    layer.weight = nn.Parameter(get(f"{name}.weight"), requires_grad=False)
    layer.bias = nn.Parameter(get(f"{name}.bias"), requires_grad=False)
    return layer


def read_safetensors(path):
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        tensors = {}
        for name, entry in header.items():
            start, end = entry["data_offsets"]
            file.seek(8 + length + start)
            values = np.fromfile(file, dtype="<f4", count=(end - start) // 4)
            tensors[name] = torch.from_numpy(values.reshape(entry["shape"]))
    return tensors


def loss(model, ids):
    # The last position of each window has no target and counts nothing; cutting it off would copy all logits.
    logits = model(ids)
    targets = torch.roll(ids, -1, 1)
    return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), reduction="none").view(ids.shape)[:, :-1]


def bare(model, ids):
    return model(ids, head=False)


def record(model, ids):
    """Caches the output of every module through forward hooks, computes logits, then reduces both sites of each layer."""
    cache = {}
    hooks = []
    for name, module in model.named_modules():
        if not name or isinstance(module, nn.ModuleList):
            continue
        hooks.append(module.register_forward_hook(lambda _m, _i, output, name=name: cache.__setitem__(name, output)))
    cache["logits"] = model(ids)
    for hook in hooks:
        hook.remove()
    reduced = []
    for i in range(len(model.h)):
        for site in ("act", "mix"):
            x = cache[f"h.{i}.{site}"]
            flat = x.view(-1, x.size(-1))
            reduced.append(
                ((flat > 0).sum(0), flat.sum(0), flat.abs().sum(0), (flat * flat).sum(0), x.amax(1))
            )
    return reduced


def main():
    folder, threads = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(threads)
    with open(f"{folder}/config.json", encoding="utf8") as file:
        config = json.load(file)
    model = Gpt2(config, read_safetensors(f"{folder}/model.safetensors")).eval()
    works = {"loss": loss, "bare": bare, "record": record}
    answer({"torch": torch.__version__, "numpy": np.__version__, "threads": torch.get_num_threads()})
    for line in sys.stdin:
        command = json.loads(line)
        ids = torch.tensor(command["ids"], dtype=torch.int64).view(command["windows"], -1)
        before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        with torch.inference_mode():
            result = works[command["work"]](model, ids)
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        reply = {"wallMs": 1000 * wall, "cpuMs": 1000 * cpu}
        if command["work"] == "loss":
            reply["meanLoss"] = result.double().mean().item()
        if command["work"] == "record":
            reply["checksum"] = sum(abs_sum.double().sum().item() for _, _, abs_sum, _, _ in result)
        answer(reply)


def answer(value):
    print(json.dumps(value), flush=True)


main()
