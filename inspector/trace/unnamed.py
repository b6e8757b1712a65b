"""Compiles that torch gives no compile id: ahead-of-time ones, exports, what autotuning builds, what caches load.

Their records belong to a compile id where that is sure: where one that has not ended began within the one event around
them, as in `aot_compile`, which leaves the id behind after Dynamo's graph. All others are of a compile of their own,
`+1`, `+2`…: a further one begins where the one before had all the code that its graphs were to become.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

AROUND = "fullgraph_capture"
"""The event around a whole compile, which goes on after its compile id has ended; torch/_dynamo/convert_frame.py."""
AOT = "create_aot_dispatcher_function"
"""The event around AOTAutograd and all that it calls."""
_GRAPHS = frozenset(("aot_forward_graph", "aot_inference_graph", "aot_backward_graph"))
"""Each becomes one output code."""
_CODE = "inductor_output_code"
METRICS = "compilation_metrics"
"""What ends a compile: torch writes it where the outermost event of one ends, that of AOTInductor's too."""
_BEGIN = frozenset(
    (
        *("dynamo_output_graph", "aot_joint_graph", _CODE, *_GRAPHS),
        *(f"artifact:aotautograd_cache_{answer}" for answer in ("hit", "miss", "bypass")),
        *("artifact:before_pre_grad_graph", "artifact:after_pre_grad_graph", "artifact:aot_forward_graph_fw_metadata"),
        *("inductor_post_grad_graph", "artifact:inductor_post_grad_graph", "artifact:vllm_piecewise_compile_start"),
    )
)
"""What a compile can begin with."""
_WITHIN = frozenset(
    (
        *(f"artifact:fx_graph_cache_{answer}" for answer in ("hit", "miss", "bypass")),
        *(f"artifact:{when}_{which}_graph" for when in ("before", "after") for which in ("joint", "post_grad")),
        *("artifact:fx_graph_bundled_cache_hit", "artifact:fx_graph_runnable", "artifact:torch._functorch.config"),
        *("artifact:inductor_provenance_tracking_node_mappings", "artifact:runtime_wrapper_orchestration"),
        *("artifact:inductor_provenance_tracking_kernel_stack_traces", "artifact:min_cut_information"),
        *("artifact:inductor_autotune_at_compile_time_code", "artifact:inductor_collective_schedule"),
        *("artifact:inductor_runtime_and_tensor_meta", "artifact:inductor_aot_kernel_code"),
        *("artifact:inductor_aot_wrapper_code", "artifact:inductor_aot_header_code"),
    )
)
"""What belongs to the compile that was begun last."""
_SHAPES = frozenset(
    (
        *("create_symbol", "create_unbacked_symbol", "symbolic_shape_specialization", "guard_added_fast"),
        *("guard_added", "expression_created", "propagate_real_tensors", "propagate_real_tensors_provenance"),
        *("guard_on_data_dependent_error", "missing_fake_kernel", "mismatched_fake_kernel"),
    )
)
"""What belongs to the export that runs."""
_OUTSIDE = ("str", "chromium_event", "dump_file", "link", "artifact:torch_version", "artifact:graph_execution")
_PIECE = re.compile(r'\{"compile_id": "", "piece": (?P<number>\d{1,9})(?:, "begins": (?P<begins>true|false))?')
SIGN = "+"
"""How a compile id begins that is not torch's own."""


def may_belong(kind: str) -> bool:
    """Whether a record of that kind that names no compile id may yet be one's."""
    return kind not in _OUTSIDE and not kind.startswith("artifact:inspector_")


@dataclass
class _Process:
    around: int = 0
    """How many events that may enclose a compile run."""
    within: set[str] = field(default_factory=set)
    """The compile ids that were named since the outermost of them began, and did not end."""
    count: int = 0
    """Compiles of their own."""
    graphs: int = 0
    """ATen graphs of the last one that have not become code."""
    exporting: bool = False
    """Whether the last one is an export that has not ended."""
    pieces: dict[int, str] = field(default_factory=dict)
    """Pieces of work that a recording of ours numbers → whose they are."""
    open: set[int] = field(default_factory=set)
    """Those that have not ended."""
    done: bool = True
    """Whether the next that begins is another one."""
    ending: list[int] = field(default_factory=list)
    """Compiles of their own, by number, since the last metrics that name no compile id: one of them these end."""

    def begin(self) -> None:
        """Counts a compile of its own."""
        self.count += 1
        self.ending.append(self.count)


class PieceRecord(NamedTuple):
    """What a side record of ours says about the piece of work that it is of, where that has no compile id."""

    number: int
    ends: bool
    """Whether the piece ends with it."""

    @classmethod
    def read(cls, payload: str) -> PieceRecord | None:
        """From the beginning of a payload; None where it has a compile id, or names no piece."""
        match = _PIECE.match(payload)
        return None if match is None else cls(int(match["number"]), match["begins"] == "false")


class Unnamed:
    """Whose the records are that name no compile id, process by process."""

    def __init__(self) -> None:
        self._of: dict[str, _Process] = {}
        self.waiting = False
        """Whether compile ids are to be told by `named`."""

    def event(self, process: str, name: str, *, begins: bool) -> None:
        """Takes an event without a compile id: one that begins or ends, of the names above."""
        known = self._of.setdefault(process, _Process())
        if name == AOT:
            if not begins:
                known.graphs, known.done = 0, True
            return
        known.around = max(0, known.around + (1 if begins else -1))
        if not known.around:
            known.within.clear()
        self.waiting = any(item.around for item in self._of.values())

    def named(self, process: str, compile_id: str, kind: str) -> None:
        """Takes notice of a record that has a compile id."""
        known = self._of.get(process)
        if known is not None and known.around:
            if kind == METRICS:
                known.within.discard(compile_id)
            else:
                known.within.add(compile_id)

    def piece(self, process: str, piece: PieceRecord) -> str:
        """The compile id that a piece of work belongs to, or is: a recording of ours says where it begins and ends."""
        known = self._of.setdefault(process, _Process())
        if piece.number not in known.pieces:
            if known.around == 1 and len(known.within) == 1:
                known.pieces[piece.number] = next(iter(known.within))
            else:
                known.begin()
                known.graphs, known.done, known.exporting = 0, False, False
                known.pieces[piece.number] = f"{process}{SIGN}{known.count}"
            known.open.add(piece.number)
        if piece.ends:
            known.open.discard(piece.number)
            known.graphs, known.done = 0, True
        return known.pieces[piece.number]

    def owner(self, process: str, kind: str) -> str:
        """The compile id that a record without one belongs to, with its process in front; empty where none is known."""
        known = self._of.setdefault(process, _Process())
        if known.around == 1 and len(known.within) == 1:
            return next(iter(known.within))
        if kind == METRICS:
            ending, known.ending = known.ending, []
            return f"{process}{SIGN}{ending[0]}" if len(ending) == 1 else ""
        if len(known.open) == 1:
            return known.pieces[next(iter(known.open))]
        if kind == "export" or (kind == "exported_program" and not known.exporting):
            known.count += 1
        if kind in ("export", "exported_program"):
            known.graphs, known.exporting, known.done = 0, kind == "export", True
        elif kind in _BEGIN:
            if known.done:
                known.begin()
                known.graphs, known.done = 0, False
            if kind in _GRAPHS:
                known.graphs += 1
            elif kind == _CODE:
                known.graphs -= 1
                known.done = known.graphs <= 0
        elif kind not in _WITHIN and not (known.exporting and kind in _SHAPES):
            return ""
        return f"{process}{SIGN}{known.count}" if known.count else ""
