"""Writes the node cases of the onnx package into a folder: models, inputs, outputs.

Run by scripts/suite_onnx.ts. `FOLDER/cases.json` lists them; `FOLDER/NAME/` has
model.onnx and, for each data set N, N_input_I.pb and N_output_I.pb (TensorProto).
What is no tensor (sequences, optionals) is named in the list and not written.
Random inputs come from a seed, so that every run makes the same cases.

The package writes a model with the operator set in which its operator changed last,
and drivers take sets from 13 on. A model whose operators mean in set 13 what they
mean in its own is written with set 13, and its own is noted as `lifted`.
"""

import json
import os
import sys
import warnings

warnings.filterwarnings("ignore")

import numpy as np
import onnx
from onnx import numpy_helper

# Names that onnx 1.12 uses, and numpy 1.24 dropped.
for name, builtin in (("float", float), ("int", int), ("bool", bool), ("object", object)):
    if not hasattr(np, name):
        setattr(np, name, builtin)
np.random.seed(0)
from onnx.backend.test.case.node import collect_testcases


def tensor(value, name):
    """The octets of a TensorProto, or none where the value is no tensor."""
    if isinstance(value, onnx.TensorProto):
        value.name = name
        return value.SerializeToString()
    if isinstance(value, (np.ndarray, np.generic)):
        return numpy_helper.from_array(np.asarray(value), name).SerializeToString()
    return None


def port(info):
    """A number of TensorProto.DataType, or the word for what is no tensor."""
    kind = info.type.WhichOneof("value")
    return info.type.tensor_type.elem_type if kind == "tensor_type" else kind


SET_LEAST = 13
IR_OF_IT = 7


def nodes(graph):
    """All nodes, also those of graphs in attributes."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs]:
                yield from nodes(inner)


def lift(model):
    """Writes set 13 where that changes nothing; gives the set there was, or none."""
    (only, *others) = model.opset_import
    if others or only.domain != "" or only.version >= SET_LEAST:
        return None
    for node in nodes(model.graph):
        schema = onnx.defs.get_schema(node.op_type, SET_LEAST, node.domain)
        if schema.deprecated or schema.since_version > only.version:
            return None
    before = only.version
    only.version = SET_LEAST
    model.ir_version = max(model.ir_version, IR_OF_IT)
    return before


def collected():
    """The list has an argument since 1.13."""
    try:
        return collect_testcases()
    except TypeError:
        return collect_testcases(None)


def main(folder):
    cases = []
    seen = set()
    for case in collected():
        if case.model is None:
            continue
        graph = case.model.graph
        lifted = lift(case.model)
        # The package has a name twice.
        name = case.name + "_again" if case.name in seen else case.name
        seen.add(name)
        home = os.path.join(folder, name)
        os.makedirs(home, exist_ok=True)
        with open(os.path.join(home, "model.onnx"), "wb") as file:
            file.write(case.model.SerializeToString())
        data = []
        for number, (inputs, outputs) in enumerate(case.data_sets):
            one = {}
            for kind, infos, values in (
                ("input", graph.input, inputs),
                ("output", graph.output, outputs),
            ):
                names = []
                for at, (info, value) in enumerate(zip(infos, values)):
                    octets = tensor(value, info.name)
                    path = f"{number}_{kind}_{at}.pb"
                    if octets is not None:
                        with open(os.path.join(home, path), "wb") as file:
                            file.write(octets)
                    names.append({"name": info.name, "tensor": octets is not None})
                one[kind + "s"] = names
            data.append(one)
        cases.append(
            {
                "name": name,
                "ir": case.model.ir_version,
                "lifted": lifted,
                "sets": {one.domain: one.version for one in case.model.opset_import},
                "ports": [port(one) for one in [*graph.input, *graph.output]],
                "operators": sorted({node.op_type for node in graph.node}),
                "rtol": getattr(case, "rtol", 1e-3),
                "atol": getattr(case, "atol", 1e-7),
                "data": data,
            }
        )
    cases.sort(key=lambda case: case["name"])
    with open(os.path.join(folder, "cases.json"), "w") as file:
        json.dump({"onnx": onnx.__version__, "cases": cases}, file)
    print(len(cases))


main(sys.argv[1])
