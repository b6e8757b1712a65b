"""An exception in one line: what it says, where it says nothing where it was raised, never an object's address."""

from __future__ import annotations

import pytest

from inspector.worker.user_errors import words


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
