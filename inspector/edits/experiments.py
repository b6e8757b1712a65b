"""Common experiments on a kernel's text: those that apply, the values worth a try, and the text with one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from inspector.edits import cpp, triton
from inspector.edits.text import same_text
from inspector.errors import UsageError
from inspector.model.artifact import Artifact, Language


@dataclass(frozen=True)
class Situation:
    """What is known of the kernel beside its text."""

    launch: Mapping[str, int]
    """Of a Triton kernel: `XBLOCK`, `num_warps`, `num_stages`; empty of C++."""
    threads: int | None = None
    """Threads of the machine that compiled it."""


@dataclass(frozen=True)
class KernelExperiment:
    """One thing that can be tried."""

    key: str
    """`schedule`, `threads`, `XBLOCK`."""
    title: str
    now: str
    """The value that the text has."""
    values: tuple[str, ...]
    """Values worth a try; others are taken too, but of what the compiler writes anew."""
    regenerates: bool = False
    """Whether the compiler has to write the text anew, with Inductor's setting of that value."""
    setting: str = ""
    """Inductor's setting, where the value is one of it: `cpp.simdlen`."""


Apply = Callable[[str, str], str]


def experiments(kernel: Artifact, situation: Situation) -> tuple[KernelExperiment, ...]:
    """What applies to a kernel's text."""
    if kernel.language is Language.TRITON:
        found = triton.knobs(kernel.text, situation.launch)
        return tuple(KernelExperiment(name, title, now, values) for name, title, now, values in found)
    made = [
        KernelExperiment(name, title, now, values, name == cpp.SIMDLEN, "cpp.simdlen" if name == cpp.SIMDLEN else "")
        for name, title, now, values in cpp.knobs(kernel.text, situation.threads)
    ]
    return tuple(made)


def applied(kernel: Artifact, situation: Situation, asked: Sequence[tuple[str, str]]) -> str:
    """A kernel's text with experiments, in order; those that have the compiler write it anew are left out here.

    Raises:
        UsageError: one does not apply to this text, has no such value, or changes nothing.
    """
    offered = {item.key: item for item in experiments(kernel, situation)}
    text = kernel.text
    for key, value in asked:
        if key not in offered:
            words = ", ".join(offered) or "none"
            raise UsageError(f"{key!r} does not apply to {kernel.kernel}.", f"These do: {words}.")
        if (found := offered[key]).regenerates:
            if value not in (found.now, *found.values):
                raise UsageError(f"{key}={value} is none that the compiler knows.", f"{', '.join(found.values)}.")
            continue
        if kernel.language is Language.TRITON:
            text = triton.with_knob(text, key, value, situation.launch)
        else:
            text = cpp.with_knob(text, key, value)
    if same_text(text, kernel.text) and not any(offered[key].regenerates for key, _ in asked):
        said = ", ".join(f"{key}={value}" for key, value in asked)
        raise UsageError(f"{said} changes nothing in {kernel.kernel}.", "It has that value already.")
    return text
