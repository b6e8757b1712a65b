"""The trie of user stacks: which user code led to which compile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from inspector.model.compile_row import CompileRow
from inspector.model.frame import Frame

DEEPEST = 100
"""Levels of the trie: what is deeper stands side by side in the last, for JSON is not read a thousand levels deep."""
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
    untimed: int = 0
    """Compiles that `seconds` leaves out: how long they took is not recorded."""


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


def _frozen(frames: tuple[Frame, ...], branch: _Branch, level: int = 0) -> StackNode:
    """A node that takes in its only child for as long as nothing is compiled on the way; the root stays alone."""
    run = [*frames]
    while run and not branch.rows and len(branch.below) == 1:
        [(frame, branch)] = branch.below.values()
        run.append(frame)
    if level < DEEPEST:
        children = tuple(_frozen((frame,), below, level + 1) for frame, below in branch.below.values())
    else:
        children = tuple(_one_by_one(branch))
    return _node(run, branch.rows, children)


def _one_by_one(branch: _Branch) -> Iterator[StackNode]:
    """What hangs below, each place with all calls that lead there."""
    waiting: list[tuple[list[Frame], _Branch]] = [([], branch)]
    while waiting:
        run, at = waiting.pop()
        if at is not branch and at.rows:
            yield _node(run, at.rows, ())
        below = list(at.below.values())
        waiting += [([*run, frame], further) for frame, further in reversed(below[1:])]
        if below:
            run.append(below[0][0])
            waiting.append((run, below[0][1]))


def _node(run: Iterable[Frame], rows: Sequence[CompileRow], children: tuple[StackNode, ...]) -> StackNode:
    return StackNode(
        tuple(run),
        tuple(row.compile_id for row in rows),
        children,
        len(rows) + sum(child.compiles for child in children),
        sum(row.times.seconds for row in rows) + sum(child.seconds for child in children),
        sum(row.untimed for row in rows) + sum(child.untimed for child in children),
    )
