"""What is mistyped on the command line is corrected: options of every verb, values of options that have few."""

from __future__ import annotations

import argparse

import pytest

from inspector.cli.main import Parser, main
from inspector.cli.registry import VERBS, load
from inspector.errors import UsageError


def parsers(verb: str) -> list[Parser]:
    """A verb's parser, and those of what it has below it."""
    parser = Parser(f"inspector {verb}", "")
    load(verb).add_arguments(parser)
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return [item for action in below for item in action.choices.values()] or [parser]


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_every_verb_is_found_from_a_misspelling(verb: str) -> None:
    for parser in parsers(verb):
        names = [name for action in parser._actions for name in action.option_strings if name.startswith("--")]
        for name in names:
            wrong = name[:-2] + name[-1] if len(name) > 5 else f"{name}x"
            if wrong in names:
                continue
            said = str(parser.surplus([wrong, "value"]))
            assert name in said.partition("Did you mean")[2], (wrong, said)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["llama-mlp", "--dynamc"], "Did you mean --dynamic?"),
        (["capture", "llama-mlp", "--dynamc"], "Did you mean --dynamic?"),
        (["show", "x.log", "--sort", "tme"], "Did you mean time?"),
        (["ranks", "x", "--aspect", "graph"], "Did you mean graphs?"),
        (["study", "spto"], "Did you mean spot?"),
        (["pahses", "x.log"], "Did you mean `inspector phases …`?"),
        (["show", "tests/traces/again.log", "--filter", "tme>1"], "Did you mean time?"),
        (["recompiles", "tests/traces/again.log", "--filter", "status:faild"], "Did you mean status:failed?"),
    ],
)
def test_what_was_meant_is_said(arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == UsageError.exit_code
    said = capsys.readouterr().err
    assert hint in said
    assert said.count("\n") == 2


def test_what_is_like_nothing_is_not_guessed_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "x.log", "--zzzz"]) == UsageError.exit_code
    assert "`inspector show --help` lists the options." in capsys.readouterr().err
