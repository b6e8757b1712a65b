"""No sentence holds the address of an object: it names nothing, and is another one in each process."""

from __future__ import annotations

import pytest

from inspector.model.addresses import without_addresses
from inspector.trace.breaks import read_graph_break
from inspector.trace.failures import read_failure, read_metrics_failures

TOLD = "<function f at 0x7f01e4c0a340> of <torch.fx.node.Node object at 0x7f01E4C0> fails"
CLEAN = "<function f> of <torch.fx.node.Node object> fails"


@pytest.mark.parametrize(
    ("text", "left"),
    [(TOLD, CLEAN), ("mov rax, 0x7f01e4c0", None), ("at 0x12", None), ("looked at 0 of 4", None), ("", None)],
)
def test_addresses_go_and_all_else_stays(text: str, left: str | None) -> None:
    assert without_addresses(text) == (text if left is None else left)


def test_torchs_reasons_and_failures_are_told_without() -> None:
    said = read_graph_break("0/0", f"Graph break in user code at m.py:3\nGraph Break Reason: {TOLD}\n  Hint: {TOLD}\n")
    assert (said.reason, said.hints) == (CLEAN, (CLEAN,))
    failed = read_failure("0/0", f"Traceback (most recent call last):\n  File\nRuntimeError: {TOLD}")
    assert failed.reason == CLEAN
    (metric,) = read_metrics_failures("0/0", {"fail_type": "E", "fail_reason": TOLD})
    assert metric.reason == CLEAN
    (restart,) = read_metrics_failures("0/0", {"restart_reasons": [TOLD]})
    assert restart.reason == CLEAN
