"""The trie of user stacks: which user code led to which compile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from inspector.model.compile_row import CompileRow
from inspector.model.frame import Frame

_PLUMBING = ("/torch/_dynamo/", "/torch/nn/modules/module.py", "/torch/_ops.py", "/torch/utils/_contextlib.py")
"""What stands between a user's call and the function that it calls."""


@dataclass(frozen=True)
class StackNode:
    """One node of the trie of user stacks: a run of calls that only ever happened together."""

    frames: tuple[Frame, ...] = ()
    """Outermost first; what is compiled here is the last. Empty for the root."""
    compile_ids: tuple[str, ...] = ()
    """The compiles of the last frame, in the order they began."""
    children: tuple[StackNode, ...] = ()
    """What is called from the last frame, in the order it was first compiled."""
    compiles: int = 0
    """Compile ids here and below."""
    seconds: float = 0.0
    """Compile time here and below."""


@dataclass
class _Branch:
    """A node while the trie grows."""

    rows: list[CompileRow] = field(default_factory=list)
    below: dict[tuple[str, int, str], tuple[Frame, _Branch]] = field(default_factory=dict)


def user_stack(stack: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """A stack without torch's own plumbing; the compiled frame, its last, always stays."""
    if not stack:
        return ()
    return (*(frame for frame in stack[:-1] if not any(part in frame.file for part in _PLUMBING)), stack[-1])


def stack_trie(rows: Iterable[CompileRow]) -> StackNode:
    """The trie of the rows' user stacks; a row without a stack hangs on the function's own place."""
    root = _Branch()
    for row in rows:
        branch = root
        for frame in user_stack(row.stack) or _placed(row):
            key = (frame.file, frame.line, frame.function)
            branch = branch.below.setdefault(key, (frame, _Branch()))[1]
        branch.rows.append(row)
    return _frozen((), root)


def _placed(row: CompileRow) -> tuple[Frame, ...]:
    return (row.place or Frame("", 0, row.function or row.compile_id),)


def _frozen(frames: tuple[Frame, ...], branch: _Branch) -> StackNode:
    """A node that takes in its only child for as long as nothing is compiled on the way; the root stays alone."""
    run = [*frames]
    while run and not branch.rows and len(branch.below) == 1:
        [(frame, branch)] = branch.below.values()
        run.append(frame)
    children = tuple(_frozen((frame,), below) for frame, below in branch.below.values())
    return StackNode(
        tuple(run),
        tuple(row.compile_id for row in branch.rows),
        children,
        len(branch.rows) + sum(child.compiles for child in children),
        sum(row.times.seconds for row in branch.rows) + sum(child.seconds for child in children),
    )
