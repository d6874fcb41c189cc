"""Reads a published checkpoint folder: config.json and safetensors, in one file or in shards."""

import json
import os
import struct

import numpy
import torch


def read_safetensors(path):
    """All tensors of a file as float32 torch tensors, which holds every F16 and BF16 number exactly; I64 stays."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        raw = data[start:end]
        if entry["dtype"] == "F32":
            values = numpy.frombuffer(raw, "<f4")
        elif entry["dtype"] == "F16":
            values = numpy.frombuffer(raw, "<f2").astype(numpy.float32)
        elif entry["dtype"] == "BF16":
            values = (numpy.frombuffer(raw, "<u2").astype(numpy.uint32) << 16).view(numpy.float32)
        elif entry["dtype"] == "I64":
            values = numpy.frombuffer(raw, "<i8")
        else:
            raise ValueError(f"{name}: {entry['dtype']} is not read here")
        tensors[name] = torch.from_numpy(values.copy()).reshape(entry["shape"])
    return tensors


def read_checkpoint(folder):
    """(config, tensors by name)."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    index = os.path.join(folder, "model.safetensors.index.json")
    if os.path.exists(index):
        with open(index, encoding="utf-8") as file:
            files = sorted(set(json.load(file)["weight_map"].values()))
    else:
        files = ["model.safetensors"]
    tensors = {}
    for name in files:
        tensors.update(read_safetensors(os.path.join(folder, name)))
    return config, tensors
