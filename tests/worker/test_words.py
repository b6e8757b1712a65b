"""An exception in one line: what it says, where it says nothing where it was raised, never an object's address."""

from __future__ import annotations

import pytest

from inspector.errors import InspectorError, TargetFailed
from inspector.worker.failures import translate
from inspector.worker.user_errors import user_failure, words


def refuse(text: str) -> None:
    raise AssertionError(text) if text else AssertionError


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no <object object at 0x7f01e4c0a340>", "AssertionError: no <object object>"),
        ("\n\n  second line\nthird", "AssertionError: second line"),
        ("", "AssertionError in refuse (test_words.py:"),
    ],
)
def test_what_an_exception_says(text: str, said: str) -> None:
    with pytest.raises(AssertionError) as caught:
        refuse(text)
    assert words(caught.value).startswith(said)
    assert "0x" not in words(caught.value)


def test_one_that_only_names_its_cause_says_where_that_was_raised() -> None:
    with pytest.raises(RuntimeError) as caught:
        try:
            refuse("")
        except AssertionError as error:
            raise RuntimeError("AssertionError: \n  target: aten.rand") from error
    assert words(caught.value).startswith("RuntimeError: AssertionError in refuse (test_words.py:")


class Speechless(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


def test_one_that_cannot_say_anything_keeps_its_type() -> None:
    """As Python prints it; and what went wrong while something was recorded is noted all the same."""
    assert words(Speechless()) == "Speechless: <exception str() failed>"
    assert isinstance(translate(Speechless(), name="it", own=own, eager=raising), TargetFailed)


def own(error: Exception) -> InspectorError:
    return user_failure(error, "it")


def raising() -> None:
    raise Speechless
