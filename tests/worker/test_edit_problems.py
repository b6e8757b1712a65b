"""A compiler's refusal of an edited kernel stands at its line of the edited text, however torch wraps it."""

from __future__ import annotations

import pytest

from inspector.worker.edits.build import problem_of

KERNEL = "import triton\n\n\n@triton.jit\ndef kernel(x):\n    a = 1 +\n"


def _syntax_error() -> SyntaxError:
    try:
        compile(f"# ahead\n{KERNEL}", "made.py", "exec")
    except SyntaxError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_syntax_error_of_a_triton_kernel_has_its_line(wrapped: bool) -> None:
    error: Exception = _syntax_error()
    if wrapped:
        error = RuntimeError(f"a worker failed:\nSyntaxError: {error}")
    found = problem_of(error, 1, KERNEL, triton=True)
    assert found.line == 6
    assert found.message == "invalid syntax"
