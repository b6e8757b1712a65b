"""`--mode` and `--inductor KEY=VALUE`, checked against torch's own configuration."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.errors import UsageError
from inspector.model.request import CaptureRequest
from inspector.worker.options import compile_patches, inductor_option


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("max_autotune", "True", ("max_autotune", True)),
        ("max-autotune", "1", ("max_autotune", True)),
        ("epilogue_fusion", "false", ("epilogue_fusion", False)),
        ("max_fusion_size", "64", ("max_fusion_size", 64)),
        ("cpp.threads", "-1", ("cpp.threads", -1)),
        ("cpp.simdlen", "256", ("cpp.simdlen", 256)),
        ("cpp.simdlen", "None", ("cpp.simdlen", None)),
        ("max_autotune_gemm_backends", "CPP,ATEN", ("max_autotune_gemm_backends", "CPP,ATEN")),
    ],
)
def test_values_are_read_as_the_option_wants_them(key: str, text: str, expected: tuple[str, Any]) -> None:
    name, value = inductor_option(key, text)
    assert (name, value) == expected
    assert type(value) is type(expected[1])


@pytest.mark.parametrize(("key", "text"), [("max_fusion_size", "many"), ("max_fusion_size", "True"), ("debug", "2")])
def test_a_value_of_another_type_is_refused(key: str, text: str) -> None:
    with pytest.raises(UsageError, match=repr(text)) as caught:
        inductor_option(key, text)
    assert "It takes" in caught.value.hint


def test_an_unknown_key_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="max_autotune"):
        inductor_option("max_autotun", "1")


def test_an_unknown_mode_names_the_modes() -> None:
    with pytest.raises(UsageError) as caught:
        compile_patches(CaptureRequest(target="x", mode="fast"), None)
    assert "reduce-overhead" in caught.value.hint


def test_an_option_wins_over_the_mode() -> None:
    request = CaptureRequest(target="x", mode="max-autotune", inductor=(("max_autotune", "False"),))
    patches = compile_patches(request, None)
    assert patches["max_autotune"] is False
    assert patches["coordinate_descent_tuning"] is True
