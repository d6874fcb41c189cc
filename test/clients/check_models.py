"""Checks ONNX files named on the command line with Debian's onnx package: prints a JSON line for each."""

import json
import sys

import onnx


def describe(path):
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path, load_external_data=False)
    return {
        "file": path,
        "ir": model.ir_version,
        "opsets": [[one.domain, one.version] for one in model.opset_import],
        "inputs": [value.name for value in model.graph.input],
        "outputs": [value.name for value in model.graph.output],
    }


for name in sys.argv[1:]:
    print(json.dumps(describe(name)), flush=True)
