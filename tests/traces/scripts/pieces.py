"""A program that compiles in pieces as vLLM does, with records of vLLM's names: parts of a graph, each for two ranges.

The part that stands for attention is not compiled, and the last part, which is the first one's twin, compiles nothing.
"""

import json

import torch
from torch import fx
from torch._dynamo.utils import dynamo_timed
from torch._inductor import compile as compile_graph
from torch._logging._internal import trace_structured

RANGES = ((4, 4), (1, 8))


class Part(torch.nn.Module):
    def forward(self, x):
        return torch.exp(x) * 2


class Attention(torch.nn.Module):
    def forward(self, x):
        return torch.ops.aten.softmax.int(x, 0)


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.submod_0, self.submod_1, self.submod_2 = Part(), Attention(), Part()

    def forward(self, x):
        return self.submod_2(self.submod_1(self.submod_0(x)))


class Whole(fx.Tracer):
    def is_leaf_module(self, module, name):
        return False


class Parts(fx.Tracer):
    def is_leaf_module(self, module, name):
        return True


def said(name, payload):
    how = {"name": name, "encoding": "json"}
    trace_structured("artifact", metadata_fn=lambda: how, payload_fn=lambda: json.dumps(payload))


def drawn(name, graph):
    text = graph.print_readable(print_output=False, include_stride=False)
    trace_structured("graph_dump", metadata_fn=lambda: {"name": name}, payload_fn=lambda: text)


def begin(index, name, first, last):
    with dynamo_timed("vllm_log_compile_start_torch_trace_only"):
        said(
            "vllm_piecewise_compile_start",
            {
                "piecewise_index": index,
                "submod_name": name,
                "total_piecewise_compiles": 2,
                "compile_range_start": first,
                "compile_range_end": last,
            },
        )


def main():
    model = Model()
    parts = {name: fx.symbolic_trace(part) for name, part in model.named_children()}
    split = fx.GraphModule(torch.nn.ModuleDict(parts), Parts().trace(model))
    said("vllm_compilation_config", {"model": "toy", "prefix": "backbone", "splitting_ops": "aten::softmax"})
    drawn("vllm_piecewise_split_graph", split)
    for index, name in enumerate(("submod_0", "submod_2")):
        for first, last in RANGES:
            begin(index, name, first, last)
            if index == 0:
                drawn(f"vllm_{name}", parts[name])
                compile_graph(parts[name], [torch.ones(8, 4)])
    with dynamo_timed("vllm.compile_execution_fn"):
        pass


main()
