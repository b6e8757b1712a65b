"""Style sheets name widgets by their classes' names, and nothing says so where no class has that name any more."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import textual.command
import textual.containers
import textual.widgets

import inspector.tui

FILES = sorted(Path(inspector.tui.__file__).parent.rglob("*.py"))
TEXTUALS = {*dir(textual.containers), *textual.widgets.__all__, *dir(textual.command), "ModalScreen", "Screen", "App"}


def classes_and_sheets() -> tuple[set[str], list[tuple[Path, str]]]:
    classes: set[str] = set()
    sheets: list[tuple[Path, str]] = []
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef):
                classes.add(node.name)
            elif isinstance(node, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id in ("CSS", "DEFAULT_CSS") for target in node.targets
            ):
                sheets += [(file, part) for part in texts(node.value)]
    return classes, sheets


def texts(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def test_every_class_that_a_style_sheet_names_is_there() -> None:
    classes, sheets = classes_and_sheets()
    assert len(sheets) > 20
    named = {
        (file.name, name)
        for file, sheet in sheets
        for name in re.findall(r"(?<![\w.#$-])([A-Z]\w+)", re.sub(r"\{[^{}]*\}", "{}", sheet))
    }
    assert {name for name in named if name[1] not in classes | TEXTUALS} == set()
