"""One compilation as one side of a comparison: its artifacts by what they are, and the links that lead into each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from inspector.model.artifact import Artifact, artifact_id
from inspector.model.cache import CacheLookup, had_the_code
from inspector.model.capture import Capture, Compilation, CompileStatus
from inspector.model.link import Link
from inspector.model.stage import Stage


@dataclass(frozen=True)
class LinkedCapture:
    """A capture with its links sorted by where they lead; made once for all of its compilations."""

    capture: Capture

    @cached_property
    def into(self) -> Mapping[str, list[Link]]:
        """Artifact → the links from earlier stages into it."""
        found: defaultdict[str, list[Link]] = defaultdict(list)
        for link in self.capture.links:
            found[link.b.artifact].append(link)
        return found


@dataclass(frozen=True)
class CompileSide:
    """One compile id of one capture."""

    linked: LinkedCapture
    compile_id: str

    @property
    def capture(self) -> Capture:
        return self.linked.capture

    @cached_property
    def compilation(self) -> Compilation:
        """What is known of it; an empty one where nobody began it."""
        return self.capture.compilation(self.compile_id) or Compilation(self.compile_id, CompileStatus.EMPTY)

    @cached_property
    def texts(self) -> Mapping[tuple[Stage, str], Artifact]:
        """Stage and variant → artifact, without single kernels', in stage order."""
        own = [
            item for item in self.capture.artifacts if item.compile_id == self.compile_id and not item.stage.per_kernel
        ]
        return {(item.stage, item.variant): item for item in sorted(own, key=lambda item: item.stage.order)}

    @cached_property
    def kernels(self) -> tuple[Artifact, ...]:
        """The kernels' texts, in the order of their definition."""
        return tuple(item for item in self.capture.artifacts if self._is(item, Stage.KERNEL))

    @cached_property
    def lookups(self) -> tuple[CacheLookup, ...]:
        """What torch's caches were asked, in order."""
        return tuple(item for item in self.capture.cache_lookups if item.compile_id == self.compile_id)

    @property
    def cached(self) -> bool:
        """Whether its code came from a cache: torch then logs nothing of the stages that led there."""
        return had_the_code(self.lookups)

    def lower(self, kernel: Artifact) -> Mapping[Stage, Artifact]:
        """The stages below a kernel's text: machine code, or Triton's."""
        unit = unit_of(kernel)
        return {
            item.stage: item
            for item in self.capture.artifacts
            if item.stage.order > Stage.KERNEL.order
            and item.stage.per_kernel
            and item.compile_id == self.compile_id
            and item.kernel == kernel.kernel
            and unit_of(item) == unit
        }

    def _is(self, item: Artifact, stage: Stage) -> bool:
        return item.stage is stage and item.compile_id == self.compile_id


def unit_of(artifact: Artifact) -> str:
    """Which of a compile id's Inductor graphs a text belongs to: empty, `backward`, `1`, `1-backward`."""
    if artifact.kernel is not None:
        return artifact.id.removeprefix(artifact_id(artifact.stage, artifact.compile_id, artifact.kernel)).lstrip(":")
    if artifact.stage is Stage.ATEN_BACKWARD:
        return f"{artifact.variant}-backward".lstrip("-")
    return artifact.variant
