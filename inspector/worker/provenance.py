"""torch's kernel → node mapping of backward graphs, which torch keeps but leaves out of its own record.

Private part used: `_inductor_triton_kernel_to_post_grad_node_info`, the mapping as torch fills it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from inspector.worker import records
from inspector.worker.private import PrivateChanged, fallen_back, require

_MAPPING = "_inductor_triton_kernel_to_post_grad_node_info"


class BackwardProvenance:
    """Writes the kernels' nodes of each backward graph that is compiled."""

    def __init__(self) -> None:
        self._told = False

    @contextmanager
    def recording(self, compile_id: str) -> Iterator[None]:
        """Around the compile of one backward graph: what torch adds to its mapping meanwhile belongs to it."""
        before = self._mapping()
        yield
        after = self._mapping()
        if before is None or after is None:
            return
        mine = {kernel: nodes for kernel, nodes in after.items() if kernel not in before}
        if mine:
            payload = {"compile_id": compile_id, "backward": True, "postToPre": {}, "cppCodeToPost": mine}
            records.write("provenance", payload)

    def _mapping(self) -> dict[str, list[str]] | None:
        from torch._inductor import debug

        try:
            return {kernel: list(nodes) for kernel, nodes in require(debug, _MAPPING).items()}
        except PrivateChanged as error:
            if not self._told:
                self._told = True
                fallen_back(error, "the backward graph's calls have no nodes.")
            return None
