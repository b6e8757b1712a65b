"""Where in the user's files a node comes from, to the column.

Dynamo puts a formatted stack on every node, but leaves out on which line an expression ends, so that the carets
in it run to the end of the first line; before torch 2.12 there are none at all. Here the missing line is filled in,
and the exact positions are kept beside the graph: by node, and by the formatted stack, which torch passes on from
stage to stage. Frames of torch's own modules it leaves out altogether: where there are no others, as when such a module
is the target itself, they are kept here. Private parts used: `InstructionTranslatorBase.frame_summary`,
`SubgraphTracer.create_proxy`, and of these the current translator and its parents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dis import Positions
from traceback import FrameSummary
from typing import Any, NamedTuple

from torch.fx import Node

from inspector.worker import records
from inspector.worker.private import PrivateChanged, fallen_back, replaced

_FRAME = re.compile(r'^\s*File "(?P<file>.+)", line (?P<line>\d+), in (?P<function>.+)$')


class ExpressionSpan(NamedTuple):
    """One frame's expression. Columns count code points, from 0; the end is exclusive; None is unknown."""

    file: str
    line: int
    end_line: int | None
    col: int | None
    end_col: int | None
    function: str


Stack = tuple[ExpressionSpan, ...]
"""The user's frames, innermost last."""

Walked = tuple[FrameSummary, Positions | None]
"""A frame as Dynamo has it, and the place of its instruction as the bytecode has it."""


class Stacks:
    """The exact stacks of the nodes that Dynamo made in this process."""

    def __init__(self) -> None:
        self._walked: list[Walked] = []
        """The frames that Dynamo asked for since the last node, innermost first in each walk."""
        self._by_node: dict[Node, Stack] = {}
        self._by_name: dict[str, dict[str, Stack]] = {}
        """Compile id → the name that a Dynamo node was given when it was made → its stack. Dynamo renames nodes after
        the user's variables; torch's later stages know them by their first name."""
        self._by_text: dict[str, set[Stack]] = {}
        """Formatted stack → the exact ones that look like it: its carets end with the line, not the expression."""

    @contextmanager
    def recording(self) -> Iterator[None]:
        """While this lasts, exact stacks are kept; where torch's private parts changed, a note says so."""
        with ExitStack() as stack:
            try:
                for name, wrap in (
                    ("symbolic_convert:InstructionTranslatorBase.frame_summary", self._wrap_frame_summary),
                    ("output_graph:SubgraphTracer.create_proxy", self._wrap_create_proxy),
                ):
                    stack.enter_context(replaced("stacks", f"torch._dynamo.{name}", wrap))
            except PrivateChanged as error:
                stack.close()
                fallen_back(error)
            yield

    def _wrap_frame_summary(self, original: Any) -> Any:
        def frame_summary(translator: Any) -> FrameSummary:
            frame: FrameSummary = original(translator)
            positions = translator.current_instruction.positions
            if positions is not None and frame.colno is not None:
                frame.end_lineno = positions.end_lineno
            self._walked.append((frame, positions))
            return frame

        return frame_summary

    def _wrap_create_proxy(self, original: Any) -> Any:
        def create_proxy(tracer: Any, *args: Any, **kwargs: Any) -> Any:
            self._walked.clear()
            proxy = original(tracer, *args, **kwargs)
            text = proxy.node.meta.get("stack_trace")
            stack: Stack = ()
            if text and self._walked:
                stack = _matching(self._walked, text)
            elif not text and proxy.node.op.startswith("call_"):
                with records.unless_it_fails(f"the place of {proxy.node.name}"):
                    stack = self._in_torchs_modules(tracer)
            if stack:
                self._by_node[proxy.node] = stack
                self._by_text.setdefault(text or "", set()).add(stack)
            return proxy

        return create_proxy

    def _in_torchs_modules(self, tracer: Any) -> Stack:
        """Where Dynamo is in the frames that it leaves out of a stack."""
        self._walked.clear()
        translator = tracer.output_graph.current_tx
        while translator is not None:
            if translator.is_co_filename_from_nn_modules():
                translator.frame_summary()  # is heard
            translator = getattr(translator, "parent", None)
        return tuple(_place(frame, positions) for frame, positions in reversed(self._walked))

    def remember(self, nodes: Iterable[Node], compile_id: str) -> None:
        """Takes over a finished Dynamo graph: from now on its nodes are known by name, within its compile id."""
        known = {
            dynamo_name(node) or node.name: stack for node in nodes if (stack := self._by_node.get(node)) is not None
        }
        self._by_name[compile_id] = known
        self._by_node.clear()  # they would keep whole graphs alive

    def of(self, node: Node, compile_id: str) -> Stack:
        """A node's stack, at any stage.

        Exact where the formatted stack on it stands for one place only, or its Dynamo node is known by name; by
        line otherwise.
        """
        text = node.meta.get("stack_trace") or ""
        candidates = self._by_text.get(text, set())
        if text and len(candidates) == 1:
            return next(iter(candidates))
        by_name = self._by_name.get(compile_id, {}).get(dynamo_name(node) or node.name)
        return by_name if by_name in candidates and by_name is not None else parse_stack(text)


def dynamo_name(node: Node) -> str | None:
    """The name of the Dynamo node that a node belongs to, or whose gradient it computes, as torch tells it."""
    stack = node.meta.get("source_fn_stack") or node.meta.get("fwd_source_fn_stack")
    return str(stack[-1][0]) if stack else None


def _matching(walked: list[Walked], text: str) -> Stack:
    """The walked frames that the formatted stack names, outermost first; empty if they are not the same frames."""
    wanted = [place[:2] for place in parse_stack(text)]
    found = [(frame, positions) for frame, positions in reversed(walked) if (frame.filename, frame.lineno) in wanted]
    if [(frame.filename, frame.lineno) for frame, _ in found] != wanted:
        return ()
    return tuple(_place(frame, positions) for frame, positions in found)


def _place(frame: FrameSummary, positions: Positions | None) -> ExpressionSpan:
    file, line = frame.filename, frame.lineno or 1
    if positions is None or positions.lineno != line or positions.end_lineno is None:
        return ExpressionSpan(file, line, None, None, None, frame.name)
    col = _code_points(file, line, positions.col_offset)
    end_col = _code_points(file, positions.end_lineno, positions.end_col_offset)
    return ExpressionSpan(file, line, positions.end_lineno, col, end_col, frame.name)


def _code_points(file: str, line: int, offset: int | None) -> int | None:
    """Python counts columns in bytes of UTF-8; everyone else in characters."""
    import linecache

    if offset is None:
        return None
    text = linecache.getline(file, line)
    return offset if text.isascii() else len(text.encode()[:offset].decode(errors="replace"))


def parse_stack(text: str) -> Stack:
    """The frames that a formatted stack names, without columns: its carets cannot be trusted."""
    found = (_FRAME.match(line) for line in text.splitlines())
    return tuple(ExpressionSpan(m["file"], int(m["line"]), None, None, None, m["function"]) for m in found if m)
