"""export_onnx.py FIXTURES [FILE...]: exports the decoders of onnx_decoders.py, and records their logits.

FIXTURES/<implementation>-<opset>[-unfolded][-weights-f16 | -f16].onnx and expected.json (see README.md). The exports
were made with torch 1.13 and read back with onnx 1.12.
"""

import copy
import json
import os
import sys
import zlib

import numpy
import onnx
import torch
from onnx import TensorProto, numpy_helper

from onnx_decoders import CONTEXT, HEADS, IMPLEMENTATIONS, VOCABULARY, WIDTH
from records import FIRST_WORD, LENGTHS, packed, pick

FOLDED_OPSETS, UNFOLDED_OPSETS = (11, 13, 14, 16, 17), (11, 13, 17)
# (implementation, opset, folded, dtype of the file)
FILES = [
    *((name, opset, True, "f32") for name in ("separate", "fused") for opset in FOLDED_OPSETS),
    *((name, opset, False, "f32") for name in ("separate", "fused") for opset in UNFOLDED_OPSETS),
    *(("flat", opset, folded, "f32") for opset in (11, 17) for folded in (True, False)),
    ("conv1d", 13, True, "f32"),
    ("conv1d", 17, False, "f32"),
    ("gated", 11, True, "f32"),
    ("gated", 14, False, "f32"),
    ("gated", 17, True, "f32"),
    ("cached", 11, True, "f32"),
    ("cached", 13, False, "f32"),
    ("cached", 17, True, "f32"),
    ("separate", 13, True, "weights-f16"),
    ("fused", 17, False, "weights-f16"),
    ("separate", 17, True, "f16"),
    ("fused", 13, True, "f16"),
]


def build(implementation):
    """A model with random weights of a scale at which all of them are felt, rounded to numbers that F16 holds."""
    model = IMPLEMENTATIONS[implementation]().eval()
    random = torch.Generator().manual_seed(zlib.crc32(implementation.encode()))
    embeddings = [module.weight for module in model.modules() if isinstance(module, torch.nn.Embedding)]
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=random)
            if any(parameter is table for table in embeddings) or "head" in name:
                value = 0.5 * noise
            elif parameter.dim() == 2:
                value = noise * 1.3 / 4
            elif name.endswith("bias"):
                value = 0.3 * noise
            else:
                value = 1 + 0.25 * noise
            parameter.copy_(value.half().float())
    return model


def given(model, ids, past_tokens=0):
    """What the model takes, for ids [batch, tokens]; keys and values of earlier tokens are noise."""
    batch, tokens = ids.shape
    past = (batch, HEADS, past_tokens, WIDTH // HEADS)
    dtype = next(model.parameters()).dtype
    values = {
        "input_ids": ids,
        "attention_mask": torch.ones(batch, past_tokens + tokens, dtype=torch.long),
        "position_ids": torch.arange(tokens).expand(batch, tokens),
    }
    noise = torch.Generator().manual_seed(2)
    return tuple(
        values[name] if name in values else torch.randn(past, generator=noise, dtype=dtype) for name in model.inputs
    )


def logits_of(model, ids, neurons):
    """[tokens, vocabulary] with the neurons silenced, as zeros in what the output projections are given."""
    handles = []
    for site, layer, module in model.projections():
        indices = [int(n.split(":")[2]) for n in neurons if n.startswith(f"{site}:{layer}:")]

        def silence(_, inputs, indices=indices):
            x = inputs[0].clone()
            x[..., indices] = 0
            return (x,)

        handles.append(module.register_forward_pre_hook(silence))
    with torch.no_grad():
        outputs = model(*given(model, torch.tensor([ids])))
    logits = (outputs[0] if isinstance(outputs, tuple) else outputs)[0]
    for handle in handles:
        handle.remove()
    return logits


def projection_width(module):
    return module.in_features if hasattr(module, "in_features") else module.weight.shape[0]


def record(implementation):
    model = build(implementation)
    exact = copy.deepcopy(model).double()
    random = numpy.random.Generator(numpy.random.PCG64(zlib.crc32(implementation.encode())))
    sequences = [random.integers(FIRST_WORD, VOCABULARY, length).tolist() for length in LENGTHS]
    places = [(site, layer, projection_width(module)) for site, layer, module in model.projections()]
    neurons = pick(random, places, 4)
    results, difference = [], 0.0
    for name, removed in (("nothing", []), ("both sites", neurons)):
        logits = [logits_of(exact, ids, removed) for ids in sequences]
        rough = [logits_of(model, ids, removed) for ids in sequences]
        difference = max(difference, *(float((a - b.double()).abs().max()) for a, b in zip(logits, rough)))
        results.append({"name": name, "neurons": removed, "logits": [packed(rows) for rows in logits]})
    return {
        "name": implementation,
        "vocabularySize": VOCABULARY,
        # Rotary positions have no end; the others have a table.
        "contextLength": None if implementation == "gated" else CONTEXT,
        "width": WIDTH,
        "headCount": HEADS,
        "keyValueHeadCount": model.key_value_heads,
        "neurons": {site: [width for where, _, width in places if where == site] for site in ("mlp", "attention")},
        "sequences": sequences,
        "results": results,
        "float32Difference": float(f"{difference:.2g}"),
    }


def file_name(implementation, opset, folded, dtype):
    parts = [implementation, str(opset), *([] if folded else ["unfolded"]), *([] if dtype == "f32" else [dtype])]
    return "-".join(parts) + ".onnx"


def export(model, path, opset, folded):
    ids = torch.randint(FIRST_WORD, VOCABULARY, (2, 7), generator=torch.Generator().manual_seed(1))
    past = [name for name in model.inputs if name.startswith("past_key_values.")]
    present = [name.replace("past_key_values", "present") for name in past]
    if opset < 14:
        model.lower_triangle = False
    axes = {name: {0: "batch", 1: "sequence"} for name in [*model.inputs, "logits"]}
    if past:
        axes["attention_mask"] = {0: "batch", 1: "past_sequence + sequence"}
        axes.update({name: {0: "batch", 2: "past_sequence"} for name in past})
        axes.update({name: {0: "batch", 2: "past_sequence + sequence"} for name in present})
    torch.onnx.export(
        model,
        given(model, ids, past_tokens=3 if past else 0),
        path,
        input_names=model.inputs,
        output_names=["logits", *present],
        dynamic_axes=axes,
        opset_version=opset,
        do_constant_folding=folded,
    )


def halve_weights(graph):
    """F16 initializers, each behind a Cast to F32, as size-saving tools write them."""
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(numpy.float16), name + "_f16"))
        casts.append(onnx.helper.make_node("Cast", [name + "_f16"], [name], name=f"Cast_{name}", to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def halve_all(graph):
    """All of the graph in F16, as an export of model.half() has it; the logits too."""

    def halved(tensor):
        values = numpy_helper.to_array(tensor).astype(numpy.float32)
        limit = numpy.finfo(numpy.float16).max
        values = numpy.where(numpy.isfinite(values), numpy.clip(values, -limit, limit), values)
        return numpy_helper.from_array(values.astype(numpy.float16), tensor.name)

    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            tensor.CopyFrom(halved(tensor))
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t") and attribute.t.data_type == TensorProto.FLOAT:
                attribute.t.CopyFrom(halved(attribute.t))
            if node.op_type == "Cast" and attribute.i == TensorProto.FLOAT:
                attribute.i = TensorProto.FLOAT16
    for value in [*graph.output, *graph.value_info]:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = TensorProto.FLOAT16


def truth(model, graph):
    """Where each output projection is in the file, found by its values: node, weight, and the tensor it is given."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    source = dict.fromkeys(constants)
    carried = {name: name for name in source}
    for node in graph.node:
        if node.op_type in ("Transpose", "Cast", "Identity") and node.input[0] in carried:
            carried[node.output[0]] = carried[node.input[0]]
    found = []
    for site, layer, module in model.projections():
        weight = module.weight.detach().numpy()
        stored_in_out = not isinstance(module, torch.nn.Linear)
        in_out = weight if stored_in_out else weight.T
        matches = []
        for index, node in enumerate(graph.node):
            if node.op_type not in ("MatMul", "Gemm") or node.input[1] not in carried:
                continue
            values = constants[carried[node.input[1]]].astype(numpy.float32)
            for order, expected in (("in-out", in_out), ("out-in", in_out.T)):
                if values.shape == expected.shape and numpy.array_equal(values, expected):
                    matches.append((index, node, carried[node.input[1]], order))
        assert len(matches) == 1, (site, layer, len(matches))
        index, node, name, order = matches[0]
        found.append(
            {
                "site": site,
                "layer": layer,
                "node": index,
                "operator": node.op_type,
                "weight": name,
                "order": order,
                "value": node.input[0],
            }
        )
    return found


def main(fixtures, chosen):
    os.makedirs(fixtures, exist_ok=True)
    described = []
    for implementation, opset, folded, dtype in FILES:
        name = file_name(implementation, opset, folded, dtype)
        path = os.path.join(fixtures, name)
        model = build(implementation)
        if not chosen or name in chosen or not os.path.exists(path):
            export(model, path, opset, folded)
            file = onnx.load(path)
            if dtype != "f32":
                {"weights-f16": halve_weights, "f16": halve_all}[dtype](file.graph)
                onnx.save(file, path)
            onnx.checker.check_model(file, full_check=True)
        file = onnx.load(path)
        described.append(
            {
                "file": name,
                "implementation": implementation,
                "opset": opset,
                "folded": folded,
                "dtype": dtype,
                "projections": truth(model, file.graph),
            }
        )
        print(name, os.path.getsize(path), sorted({node.op_type for node in file.graph.node}))
    result = {"files": described, "implementations": [record(implementation) for implementation in IMPLEMENTATIONS]}
    with open(os.path.join(fixtures, "expected.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
