"""`repro.py`: a script that needs torch alone, and compiles what Dynamo captured once more."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from inspector.bundle.graph_code import foreign_operators, is_size, refused
from inspector.bundle.repro_script import HEAD, TAIL
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest, python_value
from inspector.model.stage import Stage
from inspector.say.start import title

_CLASS = re.compile(r"^class (\w+)\(torch\.nn\.Module\):$", re.MULTILINE)
_FORWARD = re.compile(r"^    def forward\(self(?:, (?P<inputs>.*))?\):$", re.MULTILINE)
_INPUT = re.compile(r'(?P<name>\w+)(?:\s*:\s*(?:"(?P<type>[^"]*)"|(?P<class>\w+)))?(?:,\s*|$)')
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
_OF_A_MODULE = re.compile(r"^L_self_|_(?:modules|parameters|buffers)_")
"""What Dynamo calls inputs that belong to a module."""
_WANTS = re.compile(r"requires_grad=(True|False)")
SYMBOL = 16
"""What a symbolic size is made, where nothing says what it was; the next one is made one more, for torch takes sizes
that are alike for one symbol."""


@dataclass(frozen=True)
class _Input:
    """One argument of a graph, as Python that makes it."""

    name: str
    code: str
    symbol: str = ""
    """Of a size that is a symbol: which."""
    tensor: bool = False
    sizes: tuple[str, ...] = ()
    """Of a tensor, as the graph has them."""

    @property
    def dynamic(self) -> list[int]:
        """The dimensions of a tensor whose size is no number."""
        return [index for index, size in enumerate(self.sizes) if not size.isdecimal()]

    @property
    def static(self) -> list[int]:
        return [index for index, size in enumerate(self.sizes) if size.isdecimal()]


class _Refused(Exception):
    """Why a graph has no reproducer, in words that follow `0/0: `."""


def repro(capture: Capture) -> str | None:
    """The script; None where the capture holds no Dynamo graph.

    What runs is Dynamo's graph as torch printed it, which is Python: weights are inputs of it, so no module of the
    user's and none of a library is needed. A graph that cannot run by itself is named at the script's top, with the
    reason; where there is no other, the script says so and exits with 2.
    """
    graphs = [item for item in capture.find(Stage.DYNAMO) if item.compile_id is not None and not item.variant]
    if not graphs:
        return None
    request = capture.request or CaptureRequest()
    code: list[str] = []
    entries: list[str] = []
    missing: dict[str, str] = {}
    operators: dict[str, None] = {}
    for item in graphs:
        try:
            inputs = _inputs(item, capture)
        except _Refused as error:
            missing[item.compile_id or ""] = _safe(str(error))
            continue
        code += _graph(item, inputs, dynamic=request.dynamic is True)
        operators |= dict.fromkeys(foreign_operators(item.text))
        name = _name(item)
        entries.append(f"({item.compile_id!r}, {name}, {name}_inputs, {name}_call, {_trained(item, capture)})")
    head = HEAD.format(
        title=_safe(title(capture)),
        needs=f"Needs torch, and what registers {', '.join(operators)}" if operators else "Needs torch alone",
        torch=re.sub(r"[^\w.+-]", "", str(capture.environment.get("torch", ""))) or "of an unknown version",
        machine=_machine(capture),
        missing=_told(missing, capture),
    )
    settings = ", ".join(f"{key!r}: {python_value(value)}" for key, value in request.inductor)
    constants = (
        f"GRAPHS = [{', '.join(entries)}]",
        f"MISSING = {missing!r}",
        f"OPERATORS = {list(operators)!r}",
        f"OPTIONS = {_options(request)!r}",
        f"INDUCTOR = {{{settings}}}",
        f"THREADS = {request.threads or 0}",
    )
    return "\n".join((head, *code, *constants, TAIL.format(seed=request.seed)))


def _safe(text: str) -> str:
    """A text on one line of ASCII, which neither a docstring nor a comment ends at."""
    return json.dumps(" ".join(text.split()), ensure_ascii=True)[1:-1].replace('\\"', "'")


def _machine(capture: Capture) -> str:
    """What else the kernels depend on."""
    told = [str(capture.environment.get(key) or "") for key in ("gpu", "isa", "compiler")]
    if capture.environment.get("threads"):
        told.append(f"{capture.environment['threads']} threads")
    words = ", ".join(filter(None, told))
    return f" ({_safe(words)})" if words else ""


def _told(missing: Mapping[str, str], capture: Capture) -> str:
    """What is not in the script, and how it can be compiled again all the same."""
    if not missing:
        return ""
    lines = ["", "NOT IN HERE:", *(f"    {_safe(name)}: {why}" for name, why in missing.items())]
    if capture.request is not None:
        command = shlex.join(["inspector", "capture", *capture.request.arguments()])
        lines.append(f"It takes the program itself: {_safe(command)}")
    return "\n".join((*lines, ""))


def _trained(item: Artifact, capture: Capture) -> bool:
    """Whether gradients were wanted: then the compiler made a backward of the graph too."""
    stages = {Stage.JOINT, Stage.ATEN_BACKWARD}
    asked = capture.request is not None and capture.request.train
    return asked or any(other.stage in stages for other in capture.artifacts if other.compile_id == item.compile_id)


def _graph(item: Artifact, inputs: list[_Input], *, dynamic: bool) -> Iterator[str]:
    """The module, its inputs, and the call.

    Args:
        dynamic: whether torch.compile takes every size for a symbol; else it takes every one for a number.
    """
    yield _CLASS.sub(f"class {_name(item)}(torch.nn.Module):", item.text.rstrip(), count=1)
    yield ""
    yield ""
    yield f"def {_name(item)}_inputs():"
    yield from (f"    {entry.name} = {entry.code}" for entry in inputs)
    for entry in inputs:
        if entry.tensor and _OF_A_MODULE.search(entry.name):  # else other tensors are kept for the backward
            yield f"    torch._dynamo.mark_static_address({entry.name})"
        if dynamic and entry.static:  # as a module's weights are
            yield f"    torch._dynamo.mark_static({entry.name}, {entry.static})"
        elif not dynamic and entry.dynamic:
            yield f"    torch._dynamo.maybe_mark_dynamic({entry.name}, {entry.dynamic})"
    symbols = _symbols(inputs)
    given = [entry for entry in inputs if entry.name not in symbols]
    names = ", ".join(entry.name for entry in given)
    yield f"    return [{names}]"
    yield ""
    yield ""
    yield f"def {_name(item)}_call(module):"
    yield f"    def call({names}):"
    yield "        # Inputs are numbered in the order in which they are first touched."
    yield from (f"        {entry.name}.dtype" for entry in given if entry.tensor)
    # Sizes come out of the tensors, as in the capture: a number that is handed in would be a constant.
    yield f"        return module({', '.join(symbols.get(entry.name, entry.name) for entry in inputs)})"
    yield ""
    yield "    return call"
    yield ""
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


def _inputs(item: Artifact, capture: Capture) -> list[_Input]:
    """How the graph's inputs are made.

    Raises:
        _Refused: the text is no single graph of operators on tensors and numbers.
    """
    why, header = refused(item.text), _FORWARD.search(item.text)
    if header is None:
        raise _Refused(why or "its inputs cannot be read")
    values, learning = _values(capture, item.compile_id), _learning(item, capture)
    found: list[_Input] = []
    for match in _INPUT.finditer(header["inputs"] or ""):
        name, kind = match["name"], match["type"] or match["class"] or ""
        if kind.startswith("Sym("):
            symbol = kind[4:-1]
            if not is_size(symbol):
                raise _Refused(f"its input {name} is {kind}, which is no size")
            code = values.setdefault(symbol, str(SYMBOL + len(values))) if symbol.isidentifier() else symbol
            found.append(_Input(name, code, symbol))
        elif (tensor := _TENSOR.fullmatch(kind)) is not None and tensor["dtype"] in _DTYPES:
            sizes = tuple(part.strip() for part in (tensor["size"] or "").split(",") if part.strip())
            strides = [part.strip() for part in (tensor["stride"] or "").split(",") if part.strip()]
            if not all(map(is_size, (*sizes, *strides))):
                raise _Refused(f"its input {name} is {kind}, which has sizes that are none")
            found.append(_Input(name, _tensor(tensor, learning(name)), tensor=True, sizes=sizes))
        else:
            raise _Refused(f"its input {name} is no tensor that can be made anew{f': {kind}' if kind else ''}")
    if why:
        raise _Refused(why)
    return found


def _learning(item: Artifact, capture: Capture) -> Callable[[str], bool]:
    """Whether an input wants a gradient: the guards say so; where they do not, parameters do."""
    trained = _trained(item, capture)
    compilation = capture.compilation(item.compile_id or "")
    said = {
        re.sub(r"[^a-zA-Z0-9]+", "_", guard.source): match[1] == "True"
        for guard in (compilation.guards if compilation is not None else ())
        if guard.kind == "TENSOR_MATCH" and (match := _WANTS.search(guard.code)) is not None
    }
    return lambda name: trained and said.get(name, "_parameters_" in name)


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
