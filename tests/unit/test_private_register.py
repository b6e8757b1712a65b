"""The register of torch's private parts: everything that `worker/` touches is in it, and nothing else is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from inspector.worker.private_part import LOGGER, SEEN, PrivatePart, Use
from inspector.worker.register import USES

ROOT = Path(__file__).parents[2]
WORKER = ROOT / "inspector" / "worker"
FILES = sorted(WORKER.rglob("*.py"))
PYTHONS_OWN = {"_replace", "_asdict", "_fields", "_exit", "_make"}
"""What named tuples and `os` call so."""


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def is_private_path(path: str) -> bool:
    return path.startswith("torch") and any(map(private, path.split(".")))


class Touched(ast.NodeVisitor):
    """The private names of torch in a file: imported, reached by attribute, or in a text that names one."""

    def __init__(self, tree: ast.Module) -> None:
        self._called: dict[str, str] = {}
        """Name in the file → what of torch it is."""
        self.found: set[str] = set()
        self._own = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
        }
        self._docstrings = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node)
        self.visit(tree)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for item in node.names:
            if isinstance(node, ast.ImportFrom):
                path = f"{node.module}.{item.name}"
            else:
                path = item.name if item.asname else item.name.partition(".")[0]
            if path.partition(".")[0] == "torch":
                self._called[item.asname or item.name.partition(".")[0]] = path
                self._take(path if isinstance(node, ast.ImportFrom) else item.name)

    def _take(self, path: str) -> None:
        if is_private_path(path):
            self.found.add(path)

    def _path(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name):
            return self._called.get(node.id)
        if isinstance(node, ast.Attribute):
            holder = self._path(node.value)
            return f"{holder}.{node.attr}" if holder else None
        return None

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if (path := self._path(node)) is not None:
            self._take(path)
            return
        own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
        if private(node.attr) and not own and node.attr not in PYTHONS_OWN | self._own:
            self.found.add(f".{node.attr}")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        named = node.args[1] if len(node.args) > 1 else None
        by_name = isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr", "setattr", "delattr")
        if by_name and isinstance(named, ast.Constant) and isinstance(named.value, str) and private(named.value):
            self.found.add(f".{named.value}")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and id(node) not in self._docstrings:
            for path in re.findall(r"\btorch(?:\.\w+)+(?::[\w.]+)?", node.value):
                self._take(path.replace(":", "."))


def touched(file: Path) -> set[str]:
    return Touched(ast.parse(file.read_text())).found


def covers(part: PrivatePart, path: str) -> bool:
    """Whether a part is what a path names, or holds it, or is held by the module that it names."""
    name = part.name.removeprefix(LOGGER).replace(":", ".")
    if path.startswith("."):
        return name.endswith(path)
    return path == name or path.startswith(f"{name}.") or name.startswith(f"{path}.")


def uses_of(file: Path) -> list[Use]:
    return [use for use in USES.values() if file.relative_to(WORKER).as_posix() in use.files]


def unlisted(file: Path) -> set[str]:
    parts = [part for use in uses_of(file) for part in use.parts]
    return {path for path in touched(file) if not any(covers(part, path) for part in parts)}


REGISTERING = ("register.py", "private_part.py", "private.py")


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.relative_to(WORKER).as_posix())
def test_whatever_private_a_file_touches_is_in_the_register(file: Path) -> None:
    if file.name not in REGISTERING:
        assert unlisted(file) == set()


def test_what_is_not_in_it_is_found(tmp_path: Path) -> None:
    source = """
import torch
from torch._inductor import config as settings
from torch import fx
def f(x, graph):
    "torch._documented.only"
    settings.cpp.threads
    torch._dynamo.reset()
    fx.node._side_effectful
    x._secret, graph.meta
    getattr(x, "_hidden", None)
    return "torch._inductor.scheduler:Scheduler.fuse"
"""
    assert Touched(ast.parse(source)).found == {
        "torch._inductor.config",
        "torch._inductor.config.cpp.threads",
        "torch._dynamo.reset",
        "torch.fx.node._side_effectful",
        "._secret",
        "._hidden",
        "torch._inductor.scheduler.Scheduler.fuse",
    }
    assert not covers(
        PrivatePart("torch._inductor.scheduler:Scheduler.codegen"), "torch._inductor.scheduler.Scheduler.fuse"
    )


def test_the_register_lists_no_part_that_nobody_touches() -> None:
    for name, use in USES.items():
        found = {path for file in use.files for path in touched(WORKER / file)}
        texts = "\n".join((WORKER / file).read_text() for file in use.files)
        for part in use.parts:
            word = part.name.rpartition(":")[2].rpartition(".")[2]
            assert any(covers(part, path) for path in found) or word in texts, f"{name}: {part.name}"


PATCHING = {
    "private.py",  # the one way
    "starting.py",  # times public functions within other people's programs, where nothing of ours can be imported
}


def test_torch_is_patched_in_one_way() -> None:
    for file in FILES:
        called = {
            node.func.id
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert file.name in PATCHING or not called & {"setattr", "delattr"}, file
        assert "mock" not in file.read_text(), file


def test_every_row_is_whole() -> None:
    for name, use in USES.items():
        assert use.files and use.parts and use.lost, name
        assert set(use.seen) <= set(SEEN)
        if use.test:
            path, _, function = use.test.partition("::")
            assert f"def {function}(" in (ROOT / path).read_text(), use.test
