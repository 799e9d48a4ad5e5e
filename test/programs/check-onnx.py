"""Has onnx check models: check-onnx.py FILE ... Prints a line of JSON for each, {"file", "error"}: the checker of the standard, with every
operator's types and attributes, and strict inference of all types and shapes. Models are read as files, with the weights beside them."""

import json
import sys
import tempfile
from pathlib import Path

import onnx


def error_of(file):
    try:
        onnx.checker.check_model(file, full_check=True)
        with tempfile.TemporaryDirectory(dir=Path(file).parent) as folder:
            onnx.shape_inference.infer_shapes_path(file, f"{folder}/inferred.onnx", check_type=True, strict_mode=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        return str(error)
    return ""


for each in sys.argv[1:]:
    print(json.dumps({"file": each, "error": error_of(each)}))
