"""Random weights for the small checkpoints, and the safetensors file that holds them."""

import json
import struct
import zlib

import numpy


class Weights:
    """F32 tensors by published name, in the order they were asked for; the name of the case is the seed."""

    def __init__(self, case):
        self.random = numpy.random.Generator(numpy.random.PCG64(zlib.crc32(case.encode())))
        self.tensors = {}

    def values(self, name, shape, spread, mean=0.0):
        self.tensors[name] = (mean + spread * self.random.standard_normal(shape)).astype(numpy.float32)

    def table(self, name, rows, width, spread=0.5):
        self.values(name, (rows, width), spread)

    def linear(self, name, inputs, outputs, bias=True, gain=1.0):
        """Stored [outputs, inputs], as torch.nn.Linear has it; a gain of 1 keeps the scale of what comes in."""
        self.values(name + ".weight", (outputs, inputs), gain / numpy.sqrt(inputs))
        if bias:
            self.values(name + ".bias", (outputs,), 0.3)

    def norm(self, name, width, bias=True, mean=1.0, names=("weight", "bias")):
        self.values(f"{name}.{names[0]}", (width,), 0.25, mean)
        if bias:
            self.values(f"{name}.{names[1]}", (width,), 0.25)

    def constant(self, name, values):
        self.tensors[name] = numpy.asarray(values, dtype=numpy.float32)


def write_safetensors(path, tensors):
    """All tensors as F32 (or I64, where they are whole numbers), without gaps; the header is a multiple of 8 bytes."""
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in tensors.items():
        dtype = "I64" if tensor.dtype == numpy.int64 else "F32"
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [offset, offset + tensor.nbytes]}
        offset += tensor.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.tobytes())
