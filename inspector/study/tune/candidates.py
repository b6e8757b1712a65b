"""Which settings can matter: by the device, and by what was compiled without any of them.

A candidate is taken for a reason that the capture shows, and what is left out is told with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inspector.link.fxtext import read_fx
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.model.tune import Candidate, LeftOut
from inspector.say.units import plural

_PRODUCTS = frozenset({"mm", "addmm", "bmm", "baddbmm", "linear"})
_VIEWS = frozenset({"view", "reshape", "permute", "_unsafe_view", "expand", "unsqueeze", "squeeze", "t", "clone"})
_WORD = re.compile(r"[A-Za-z_]\w*")
_MANY_KERNELS = 2


@dataclass(frozen=True)
class Shown:
    """What a capture shows of a target."""

    device: str
    """`cpu` or `cuda`."""
    train: bool
    dynamic: bool | None
    parameters: int
    threads: int
    isa: str
    kernels: int
    """Fused ones."""
    products: int
    """Products of matrices."""
    consumed: int
    """Products whose result goes into a fused kernel, views between left aside."""
    sharing: int
    """Products that share their first factor with another one."""
    convolutions: int
    tanh: bool


def shown(capture: Capture, request: CaptureRequest) -> Shown:
    """Reads a capture."""
    ops: list[str] = []
    consumed = sharing = 0
    for artifact in _graphs(capture):
        found, used, shared = _graph(artifact)
        ops += found
        consumed, sharing = consumed + used, sharing + shared
    threads = capture.environment.get("threads")
    return Shown(
        request.device.partition(":")[0],
        request.train,
        request.dynamic,
        int(capture.target.get("parameters") or 0),
        threads if isinstance(threads, int) else 1,
        str(capture.environment.get("isa") or "").lower(),
        sum(len(item.kernels) for item in capture.compilations),
        sum(op in _PRODUCTS for op in ops),
        consumed,
        sharing,
        sum(op.startswith("convolution") for op in ops),
        "tanh" in ops,
    )


def _graphs(capture: Capture) -> tuple[Artifact, ...]:
    """What Inductor generated code from; of training the forward alone is read."""
    return capture.find(Stage.POST_GRAD) or capture.find(Stage.ATEN)


def _graph(artifact: Artifact) -> tuple[list[str], int, int]:
    """Names of the operators, how many products go into a fused kernel, how many share their first factor."""
    nodes = read_fx(artifact.text).nodes
    ops = {
        name: node.operator.split(".")[-2] if "." in node.operator else node.operator for name, node in nodes.items()
    }
    lines = artifact.lines
    users: dict[str, list[str]] = {name: [] for name in nodes}
    given: dict[str, list[str]] = {}
    for name, node in nodes.items():
        text = "\n".join(lines[node.line - 1 : node.end_line])[node.col :].partition("=")[2].partition(";")[0]
        given[name] = [word for word in _WORD.findall(text.partition("(")[2]) if word in nodes]
        for word in given[name]:
            users[word].append(name)
    products = [name for name, op in ops.items() if op in _PRODUCTS]
    consumed = sum(any(map(_fused, _users(name, users, ops), [ops] * len(ops))) for name in products)
    firsts = [given[name][-2] for name in products if len(given[name]) > 1]
    sharing = sum(firsts.count(first) > 1 for first in firsts)
    return [op for op in ops.values() if op], consumed, sharing


def _users(name: str, users: dict[str, list[str]], ops: dict[str, str]) -> list[str]:
    """Who takes a value, views of it left aside."""
    found: list[str] = []
    for user in users[name]:
        found += _users(user, users, ops) if ops[user] in _VIEWS else [user]
    return found


def _fused(name: str, ops: dict[str, str]) -> bool:
    op = ops[name]
    return bool(op) and op not in _PRODUCTS and not op.startswith("convolution") and op != "output"


_Choice = Candidate | LeftOut


def candidates(
    seen: Shown, request: CaptureRequest, *, only: Sequence[str] = (), skip: Sequence[str] = ()
) -> tuple[list[Candidate], list[LeftOut]]:
    """What to try, and what not.

    Args:
        seen: what the capture without any shows.
        request: what is asked for already; a setting that is set in it is not tried.
        only: the factors to try; nothing for all.
        skip: those not to try.
    """
    taken: list[Candidate] = []
    left: list[LeftOut] = []
    asked = dict(request.inductor)
    for factor, choose in FACTORS.items():
        if factor in skip or (only and factor not in only):
            left.append(LeftOut(factor, "it was not asked for"))
            continue
        for choice in choose(seen, factor in only):
            if isinstance(choice, LeftOut):
                left.append(choice)
            elif already := [name for name, _ in choice.inductor if name in asked]:
                left.append(LeftOut(factor, f"{', '.join(already)} is set already"))
            else:
                taken.append(choice)
    return taken, left


def _freezing(seen: Shown, _: bool) -> Iterator[_Choice]:
    if seen.train:
        yield LeftOut("freezing", "weights that learn cannot become constants")
    elif not seen.parameters:
        yield LeftOut("freezing", "there are no parameters")
    else:
        yield Candidate(
            "freezing", "freezing", f"{seen.parameters:,} parameters can become constants", (("freezing", "True"),)
        )


def _autotune(seen: Shown, _: bool) -> Iterator[_Choice]:
    choices = seen.products + seen.convolutions
    if not choices:
        yield LeftOut("autotune", "there is no matrix product and no convolution to choose a kernel for")
        return
    why = f"{plural(choices, 'product')} of matrices can have another kernel"
    if seen.consumed:
        why += f", {seen.consumed} with what follows fused into it"
    tuned = (("max_autotune", "True"),)
    if seen.device == "cpu" and seen.parameters and not seen.train:
        frozen = (("freezing", "True"), *tuned)
        yield Candidate(
            "freezing, max_autotune", "autotune", f"{why}: C++ kernels for them need constant weights", frozen
        )
    else:
        yield Candidate("max_autotune", "autotune", why, tuned)


def _epilogue(seen: Shown, asked: bool) -> Iterator[_Choice]:
    if not seen.consumed:
        yield LeftOut("epilogue", "no fused kernel takes what a matrix product makes")
    elif not asked:
        yield LeftOut("epilogue", "epilogue_fusion is on by default, and acts where max_autotune chooses a kernel")
    else:
        yield Candidate(
            "epilogue_fusion=False",
            "epilogue",
            "what follows a product may be faster apart",
            (("epilogue_fusion", "False"),),
        )


def _grouped(seen: Shown, _: bool) -> Iterator[_Choice]:
    if seen.device != "cpu" or seen.train or not seen.parameters or not seen.sharing:
        yield LeftOut("grouped", "no two products with constant weights share their input on a CPU")
        return
    yield Candidate(
        "grouped products",
        "grouped",
        f"{plural(seen.sharing, 'product')} share their input, and can be one kernel",
        (("freezing", "True"), ("max_autotune", "True"), ("cpp.enable_grouped_gemm_template", "True")),
    )


def _vectors(seen: Shown, _: bool) -> Iterator[_Choice]:
    if seen.device != "cpu" or not seen.kernels:
        yield LeftOut("vectors", "there is no C++ kernel")
    elif "avx512" not in seen.isa:
        yield LeftOut("vectors", f"the vectors of this processor ({seen.isa or 'none'}) have no narrower half to try")
    else:
        yield Candidate(
            "cpp.simdlen=256", "vectors", "narrower vectors can leave the clock higher", (("cpp.simdlen", "256"),)
        )


def _threads(seen: Shown, _: bool) -> Iterator[_Choice]:
    if seen.device != "cpu" or seen.threads < 2:
        yield LeftOut("threads", "it runs on one thread" if seen.device == "cpu" else "kernels run on the GPU")
        return
    for count in sorted({1, seen.threads // 2}):
        yield Candidate(
            f"threads={count}", "threads", f"starting {seen.threads} threads costs some time a kernel", threads=count
        )


def _chunks(seen: Shown, _: bool) -> Iterator[_Choice]:
    if seen.device != "cpu" or not seen.kernels or seen.threads < 2:
        yield LeftOut("chunks", "no C++ kernel is shared among threads")
        return
    yield Candidate(
        "cpp.min_chunk_size=4096",
        "chunks",
        "a loop of fewer elements for each thread is left to fewer",
        (("cpp.min_chunk_size", "4096"),),
    )


def _math(seen: Shown, _: bool) -> Iterator[_Choice]:
    if not seen.kernels:
        yield LeftOut("math", "there is no kernel")
        return
    if seen.device != "cpu":
        yield Candidate("use_fast_math", "math", "exponentials may flush to zero", (("use_fast_math", "True"),))
        return
    yield Candidate(
        "contract=fast",
        "math",
        "a product and a sum can be one instruction, rounded once",
        (("cpp.enable_floating_point_contract_flag", "fast"),),
    )
    yield Candidate(
        "unsafe math", "math", "sums may be taken in another order", (("cpp.enable_unsafe_math_opt_flag", "True"),)
    )


def _tanh(seen: Shown, _: bool) -> Iterator[_Choice]:
    if seen.device != "cpu" or not seen.tanh:
        yield LeftOut("tanh", "there is no tanh on a CPU")
    else:
        yield Candidate(
            "decomposed tanh",
            "tanh",
            "tanh can be made of an exponential",
            (("cpp.use_decompose_tanh", "True"),),
        )


def _wrapper(seen: Shown, _: bool) -> Iterator[_Choice]:
    yield Candidate(
        "cpp_wrapper",
        "wrapper",
        f"the code that calls {plural(seen.kernels, 'kernel')} can be C++ in place of Python",
        (("cpp_wrapper", "True"),),
    )


def _layout(seen: Shown, _: bool) -> Iterator[_Choice]:
    if not seen.convolutions:
        yield LeftOut("layout", "there is no convolution")
        return
    why = f"{plural(seen.convolutions, 'convolution')} can read channels last, or not"
    yield Candidate("force_layout_optimization", "layout", why, (("force_layout_optimization", "True"),))
    yield Candidate("layout_optimization=False", "layout", why, (("layout_optimization", "False"),))


def _dynamic(seen: Shown, asked: bool) -> Iterator[_Choice]:
    if seen.dynamic:
        yield Candidate("dynamic=False", "dynamic", "sizes that are known are constants in the code", dynamic=False)
    elif asked:
        yield Candidate("dynamic=True", "dynamic", "one code for all sizes", dynamic=True)
    else:
        yield LeftOut("dynamic", "sizes are constants already; --only dynamic tries the other way")


def _gpu(factor: str, name: str, why: str) -> Iterator[_Choice]:
    yield Candidate(name, factor, why, ((name, "True"),))


def _descent(seen: Shown, _: bool) -> Iterator[_Choice]:
    if seen.device == "cpu" or not seen.kernels:
        yield LeftOut("descent", "there is no Triton kernel to choose block sizes for")
    else:
        yield from _gpu("descent", "coordinate_descent_tuning", "block sizes of Triton kernels can be searched further")


def _cudagraphs(seen: Shown, _: bool) -> Iterator[_Choice]:
    if seen.device == "cpu":
        yield LeftOut("cudagraphs", "nothing is launched on a GPU")
    else:
        yield from _gpu("cudagraphs", "triton.cudagraphs", "all launches of a call can be one")


def _combo(seen: Shown, _: bool) -> Iterator[_Choice]:
    if seen.device == "cpu" or seen.kernels < _MANY_KERNELS:
        yield LeftOut("combo", "there are no two Triton kernels to launch as one")
    else:
        yield from _gpu("combo", "combo_kernels", f"{seen.kernels} kernels, of which some can be launched as one")


FACTORS = {
    "freezing": _freezing,
    "autotune": _autotune,
    "epilogue": _epilogue,
    "grouped": _grouped,
    "vectors": _vectors,
    "threads": _threads,
    "chunks": _chunks,
    "math": _math,
    "tanh": _tanh,
    "wrapper": _wrapper,
    "layout": _layout,
    "dynamic": _dynamic,
    "descent": _descent,
    "cudagraphs": _cudagraphs,
    "combo": _combo,
}
"""What --only and --skip take → what of it to try."""


def combined(parts: Sequence[Candidate]) -> Candidate | None:
    """Several candidates as one; None where two of them want one setting otherwise, or it says nothing new."""
    settings: dict[str, str] = {}
    threads: int | None = None
    dynamic: bool | None = None
    for part in parts:
        for name, value in part.inductor:
            if settings.setdefault(name, value) != value:
                return None
        if part.threads is not None:
            if threads not in (None, part.threads):
                return None
            threads = part.threads
        dynamic = part.dynamic if part.dynamic is not None else dynamic
    made = tuple(settings.items())
    if any((made, threads, dynamic) == (part.inductor, part.threads, part.dynamic) for part in parts):
        return None
    names = tuple(part.name for part in parts)
    return Candidate(" + ".join(names), "combination", "", made, dynamic, threads, names)
