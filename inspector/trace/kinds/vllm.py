"""Records of vLLM, which cuts a model's graph at its attention and compiles the pieces for ranges of token counts."""

from __future__ import annotations

from inspector.trace.registry import KEPT_AS_TEXT, Incoming, record_kind
from inspector.trace.units import name_next_piece

KEPT_AS_TEXT.update(
    f"artifact:vllm_{name}"
    for name in ("compilation_config", "compile_event", "piecewise_split_graph", "execution_code")
)


@record_kind("artifact:vllm_piecewise_compile_start")
def _start(item: Incoming) -> None:
    """Which piece is compiled next, for how many tokens; vllm/compilation/piecewise_backend.py."""
    data = item.data
    first, last = data.get("compile_range_start"), data.get("compile_range_end")
    range_ = "" if first is None else str(first) if first == last else f"{first}…{last}"
    tokens = f"{range_} token{'' if range_ == '1' else 's'}" if range_ else ""
    name_next_piece(item.compiling, ", ".join(filter(None, (str(data.get("submod_name") or ""), tokens))))
