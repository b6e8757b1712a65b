"""`repro.py`: a script that needs torch alone, and compiles what Dynamo captured once more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from inspector.bundle.graph_code import is_plain, is_size
from inspector.bundle.title import title
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage

_CLASS = re.compile(r"^class (\w+)\(torch\.nn\.Module\):$", re.MULTILINE)
_FORWARD = re.compile(r"^    def forward\(self(?:, (?P<inputs>.*))?\):$", re.MULTILINE)
_INPUT = re.compile(r'(?P<name>\w+)(?:\s*:\s*"(?P<type>[^"]*)")?(?:,\s*|$)')
_TENSOR = re.compile(r"(?P<dtype>[a-z]+\d+\w*)\[(?P<size>[^\]]*)\](?:\[(?P<stride>[^\]]*)\])?(?P<device>[\w:]*)")
_DTYPES = {
    "f64": "float64",
    "f32": "float32",
    "f16": "float16",
    "bf16": "bfloat16",
    "i64": "int64",
    "i32": "int32",
    "i16": "int16",
    "i8": "int8",
    "u8": "uint8",
    "b8": "bool",
    "c64": "complex64",
    "c128": "complex128",
}
SYMBOL = 16
"""What a symbolic size is made, where nothing says what it was; the next one is made one more, for torch takes sizes
that are alike for one symbol."""

_HEAD = '''\
"""{title}: what Dynamo captured, to be compiled once more.

Needs torch alone; captured with torch {torch}.

    python repro.py            compiles and runs every graph
    python repro.py --code     prints the code that Inductor writes for them

The weights and inputs are made up: shapes, strides, types and devices are those of the capture, the numbers are not.
"""

import sys

import torch
from torch import device, inf, nan  # noqa: F401 - names that the graphs use


def tensor(dtype, size, stride, place, requires_grad=False):
    """Random numbers; zeros for whole numbers, which may be indices."""
    made = torch.empty_strided(size, stride, dtype=dtype, device=place)
    made.normal_() if dtype.is_floating_point or dtype.is_complex else made.zero_()
    return made.requires_grad_(requires_grad)

'''

_TAIL = '''

def run(module, arguments, call):
    """Compiles and calls one graph, forward and backward where it was trained."""
    torch._dynamo.reset()
    torch.manual_seed({seed})
    arguments = arguments()
    with torch.set_grad_enabled({train}):
        results = torch.compile(call(module) if call else module, **OPTIONS)(*arguments)
    if {train}:
        sum(item.sum() for item in results if isinstance(item, torch.Tensor) and item.requires_grad).backward()
    return results


def main():
    torch.set_num_threads(THREADS or torch.get_num_threads())
    for name, value in INDUCTOR.items():
        setattr(torch._inductor.config, name, value)
    # From a cache there would be no code to look at.
    torch._inductor.config.fx_graph_cache = False
    torch._functorch.config.enable_autograd_cache = False
    for name, module, arguments, call in GRAPHS:
        if "--code" in sys.argv:
            from torch._inductor.utils import run_and_get_code

            print(f"# {{name}}", *run_and_get_code(run, module(), arguments, call)[1], sep="\\n")
        else:
            shapes = [tuple(item.shape) for item in run(module(), arguments, call) if isinstance(item, torch.Tensor)]
            print(f"{{name}}: {{shapes}}")


if __name__ == "__main__":
    main()
'''


@dataclass(frozen=True)
class _Input:
    """One argument of a graph, as Python that makes it."""

    name: str
    code: str
    symbol: str = ""
    """Of a size that is a symbol: which."""
    sizes: tuple[str, ...] = ()
    """Of a tensor, as the graph has them."""

    @property
    def dynamic(self) -> tuple[int, ...]:
        """The dimensions of a tensor whose size is no number."""
        return tuple(index for index, size in enumerate(self.sizes) if not size.isdecimal())


def repro(capture: Capture) -> str | None:
    """The script; None where the capture holds no Dynamo graph that could be run by itself.

    What runs is Dynamo's graph as torch printed it, which is Python: weights are inputs of it, so no module of the
    user's and none of a library is needed.
    """
    graphs = [item for item in capture.find(Stage.DYNAMO) if item.compile_id is not None and not item.variant]
    parts = [(item, inputs) for item in graphs if (inputs := _inputs(item, capture)) is not None]
    if not parts:
        return None
    request = capture.request or CaptureRequest()
    name = json.dumps(title(capture), ensure_ascii=True)[1:-1].replace('\\"', "'")
    torch = re.sub(r"[^\w.+-]", "", str(capture.environment.get("torch", ""))) or "of an unknown version"
    train, threads = request.train, request.threads or 0
    code = [_HEAD.format(title=name, torch=torch)]
    for item, inputs in parts:
        code += _graph(item, inputs)
    names = ", ".join(_entry(item, inputs) for item, inputs in parts)
    code.append(f"\nGRAPHS = [{names}]")
    code.append(f"OPTIONS = {_options(request)!r}")
    code.append(f"INDUCTOR = {{{', '.join(f'{key!r}: {_value(value)}' for key, value in request.inductor)}}}")
    code.append(f"THREADS = {threads}")
    code.append(_TAIL.format(train=train, seed=request.seed))
    return "\n".join(code)


def _entry(item: Artifact, inputs: list[_Input]) -> str:
    name = _name(item)
    return f"({item.compile_id!r}, {name}, {name}_inputs, {f'{name}_call' if _symbols(inputs) else None})"


def _graph(item: Artifact, inputs: list[_Input]) -> Iterator[str]:
    yield ""
    yield _CLASS.sub(f"class {_name(item)}(torch.nn.Module):", item.text.rstrip(), count=1)
    yield ""
    yield ""
    yield f"def {_name(item)}_inputs():"
    yield from (f"    {entry.name} = {entry.code}" for entry in inputs)
    for entry in inputs:
        if entry.dynamic:
            yield f"    torch._dynamo.mark_dynamic({entry.name}, {list(entry.dynamic)})"
    symbols = _symbols(inputs)
    given = ", ".join(entry.name for entry in inputs if entry.name not in symbols)
    yield f"    return [{given}]"
    yield ""
    if symbols:
        # Sizes come out of the tensors, as in the capture: a number that is handed in would be a constant.
        yield ""
        yield f"def {_name(item)}_call(module):"
        yield f"    return lambda {given}: module({', '.join(symbols.get(entry.name, entry.name) for entry in inputs)})"
        yield ""


def _symbols(inputs: list[_Input]) -> dict[str, str]:
    """Inputs that are symbols → the size of a tensor that says what they are."""
    found = {}
    for entry in inputs:
        for tensor in inputs if entry.symbol else ():
            if entry.symbol in tensor.sizes:
                found[entry.name] = f"{tensor.name}.size({tensor.sizes.index(entry.symbol)})"
                break
    return found


def _name(item: Artifact) -> str:
    return "Graph_" + re.sub(r"\W", "_", item.compile_id or "")


def _inputs(item: Artifact, capture: Capture) -> list[_Input] | None:
    """How the graph's inputs are made, symbols first; None where the text is no single graph of tensors and numbers."""
    text, request = item.text, capture.request
    values = _values(capture, item.compile_id)
    header = _FORWARD.search(text)
    if header is None or not is_plain(text):
        return None
    found: list[_Input] = []
    for match in _INPUT.finditer(header["inputs"] or ""):
        name, kind = match["name"], match["type"] or ""
        if kind.startswith("Sym("):
            symbol = kind[4:-1]
            if not is_size(symbol):
                return None
            code = values.setdefault(symbol, str(SYMBOL + len(values))) if symbol.isidentifier() else symbol
            found.append(_Input(name, code, symbol))
        elif (tensor := _TENSOR.fullmatch(kind)) is not None and tensor["dtype"] in _DTYPES:
            learns = bool(request and request.train) and "_parameters_" in name
            sizes = tuple(part.strip() for part in (tensor["size"] or "").split(",") if part.strip())
            strides = [part.strip() for part in (tensor["stride"] or "").split(",") if part.strip()]
            if not all(map(is_size, (*sizes, *strides))):
                return None
            found.append(_Input(name, _tensor(tensor, learns), sizes=sizes))
        else:
            return None
    return found


def _values(capture: Capture, compile_id: str | None) -> dict[str, str]:
    """Symbol → what it was when the graph was captured, as far as the log says."""
    return {
        symbol.name: symbol.value
        for shapes in capture.shapes
        if shapes.compile_id == compile_id
        for symbol in shapes.symbols
        if symbol.value.isdecimal()
    }


def _tensor(match: re.Match[str], learns: bool) -> str:
    size, stride = (_tuple(match[name] or "") for name in ("size", "stride"))
    place = match["device"] or "cpu"
    return f"tensor(torch.{_DTYPES[match['dtype']]}, {size}, {stride}, {place!r}{', True' if learns else ''})"


def _tuple(text: str) -> str:
    """`32, s0` as a tuple, however many there are."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


def _options(request: CaptureRequest) -> dict[str, object]:
    options: dict[str, object] = {"fullgraph": True}
    if request.dynamic is not None:
        options["dynamic"] = request.dynamic
    if request.mode is not None:
        options["mode"] = request.mode
    return options


def _value(text: str) -> str:
    """An Inductor setting as Python: what reads as a literal is one, anything else is a string."""
    import ast

    try:
        return repr(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return repr(text)
