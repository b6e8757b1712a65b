"""The import rules, looked at while they happen: what fresh processes have in `sys.modules`.

The static twin is in pyproject.toml under `[tool.importlinter]`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

HEAVY = ("torch", "transformers", "textual", "rich", "pygments", "psutil", "numpy", "matplotlib", "aiohttp")
ROOT = Path(__file__).parents[1]


def loaded(code: str, *arguments: str) -> set[str]:
    """Names of all modules after `code` ran in a process of its own with `sys.argv[1:] == arguments`."""
    script = f"import sys, json\ntry:\n    {code}\nfinally:\n    print('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.rstrip().rpartition("\n")[2]))


def heavy(modules: set[str]) -> set[str]:
    return {name for name in HEAVY if name in modules}


def command(*arguments: str) -> set[str]:
    return loaded("from inspector.cli.main import main; assert main() == 0", *arguments)


def test_the_probe_sees_what_is_imported() -> None:
    assert heavy(loaded("import psutil, textual")) >= {"psutil", "textual", "rich"}


def test_the_overview_of_a_log_does_not_wait_for_the_codec() -> None:
    assert "msgspec" in loaded("import inspector.codec")
    assert "msgspec" not in loaded("import inspector.trace.overview, inspector.trace.log")


def test_import_inspector_costs_nothing() -> None:
    modules = loaded("import inspector")
    assert heavy(modules) == set()
    assert {name for name in modules if name.startswith("inspector.")} == set()


@pytest.mark.parametrize(
    "name", ["inspector.model.capture", "inspector.protocol", "inspector.errors", "inspector.targets"]
)
def test_plain_rooms_are_plain(name: str) -> None:
    assert heavy(loaded(f"import {name}")) == set()


@pytest.mark.parametrize("arguments", [(), ("--version",), ("targets",), ("targets", "--json")])
def test_small_commands_import_nothing_large(arguments: tuple[str, ...]) -> None:
    assert heavy(command(*arguments)) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("show", "--help"),
        ("capture", "--help"),
        ("study", "spot", "--help"),
        ("pack", "--help"),
        ("serve", "--help"),
    ],
)
def test_help_imports_nothing_large(arguments: tuple[str, ...]) -> None:
    code = "from inspector.cli.main import main\n    try: main()\n    except SystemExit as end: assert end.code == 0"
    assert heavy(loaded(code, *arguments)) == set()


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    from inspector.bundle import write
    from inspector.model.capture import Capture

    return str(write(Capture(), tmp_path_factory.mktemp("rules") / "bundle"))


@pytest.mark.parametrize("options", [(), ("--json",), ("--guards",)])
def test_show_needs_neither_torch_nor_a_screen(bundle: str, options: tuple[str, ...]) -> None:
    assert heavy(command("show", bundle, *options)) == set()


@pytest.mark.parametrize(
    "name",
    ["inspector.live", "inspector.work.compiling", "inspector.cli.session", "inspector.cli.checks", "inspector.api"],
)
def test_the_front_imports_neither_torch_nor_textual(name: str) -> None:
    assert heavy(loaded(f"import {name}")) <= {"psutil"}


def test_the_first_frame_waits_for_nothing_that_reads_a_capture() -> None:
    """Its skeleton is drawn while the rest is imported: `benchmarks/first_paint.py` doubled when this did not hold."""
    rooms = {name.split(".")[1] for name in loaded("import inspector.tui.app") if name.startswith("inspector.")}
    assert "tui" in rooms
    assert not rooms & {"link", "compare", "price", "why", "trace", "bundle", "live", "work", "study"}


@pytest.mark.parametrize("name", ["inspector.tui", "inspector.tui.app"])
def test_the_screen_does_without_torch(name: str) -> None:
    assert heavy(loaded(f"import {name}")) & {"torch", "transformers", "numpy"} == set()


def test_the_server_is_imported_by_serving_alone() -> None:
    assert heavy(loaded("import inspector.serve, inspector.cli.verbs.serve")) == set()


@pytest.mark.parametrize("name", ["inspector.study.report", "inspector.study.render", "inspector.study.runner"])
def test_the_study_draws_and_compiles_nothing_by_being_imported(name: str) -> None:
    assert heavy(loaded(f"import {name}")) <= {"psutil"}


FRONT = (
    "cli.main",
    "cli.session",
    "cli.default",
    "tui.app",
    "live",
    "bundle",
    "client",
    "trace",
    "compare",
    "say.capture",
    "say.difference",
    "link",
    "highlight",
)


def test_the_front_never_imports_the_worker() -> None:
    modules = loaded("import " + ", ".join(f"inspector.{name}" for name in FRONT))
    assert {name for name in modules if name.startswith("inspector.worker")} == set()


def test_the_worker_knows_nothing_of_the_front() -> None:
    """Its entry is imported, not run: torch comes later, and with it nothing of ours that it must not know."""
    modules = loaded("import inspector.worker.__main__")
    rooms = {name.split(".")[1] for name in modules if name.startswith("inspector.")}
    assert rooms <= {"worker", "targets", "protocol", "model", "errors"}
    assert "torch" not in modules, "Hello is sent before torch is imported"


def test_the_public_names_are_there() -> None:
    import inspector

    for name in inspector.__all__:
        assert getattr(inspector, name).__module__.startswith("inspector."), name
    assert set(inspector.__all__) <= set(dir(inspector))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = inspector.nonsense


# --- circles ------------------------------------------------------------------------------------------------


def circles() -> list[set[str]]:
    """Modules that lead back to themselves, imports for types alone and inside functions counted."""
    import grimp

    graph = grimp.build_graph("inspector", exclude_type_checking_imports=False, cache_dir=None)
    return circles_of({name: graph.find_modules_directly_imported_by(name) for name in graph.modules})


def circles_of(imported: dict[str, set[str]]) -> list[set[str]]:
    """The strongly connected parts of more than one (Tarjan), without recursion."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []
    for start, first in imported.items():
        if start in number:
            continue
        path = [(start, iter(first))]
        number[start] = lowest[start] = len(number)
        stack.append(start)
        while path:
            name, rest = path[-1]
            for other in rest:
                if other not in number:
                    number[other] = lowest[other] = len(number)
                    stack.append(other)
                    path.append((other, iter(imported[other])))
                    break
                if other in stack:
                    lowest[name] = min(lowest[name], number[other])
            else:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[name])
                if lowest[name] == number[name]:
                    at = stack.index(name)
                    if len(stack) - at > 1:
                        found.append(set(stack[at:]))
                    del stack[at:]
    return found


def test_a_circle_is_found() -> None:
    chain = {"a": {"b"}, "b": {"c"}, "c": set(), "x": {"y", "a"}, "y": {"z"}, "z": {"x"}, "m": {"n"}, "n": {"m", "x"}}
    assert sorted(map(sorted, circles_of(chain))) == [["m", "n"], ["x", "y", "z"]]


def test_no_module_imports_itself_in_a_circle() -> None:
    assert circles() == []


_SCREENS = ("inspector.tui", "inspector.tui.library", "inspector.tui.study")
"""What opens screens."""


def test_the_command_line_opens_screens_and_takes_nothing_else_from_them() -> None:
    import ast

    for path in sorted((ROOT / "inspector" / "cli").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert not any(item.name.startswith("inspector.tui") for item in node.names), path
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("inspector.tui"):
                assert node.module in _SCREENS, path
                assert all(item.name.startswith("run_") for item in node.names), path


def test_no_two_public_classes_have_one_name() -> None:
    """Whoever reads a name, or looks for one, finds one thing."""
    import ast

    places: dict[str, list[str]] = {}
    for path in sorted((ROOT / "inspector").rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert "Capture" in places
    assert not {name: found for name, found in places.items() if len(found) > 1}


LONG = 2
"""Files of more than 400 lines: it only gets smaller."""


def test_no_more_files_are_longer_than_one_reads_in_one_sitting() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in (ROOT / "inspector").rglob("*.py")}
    assert len(lengths) > 700
    assert len([path for path, lines in lengths.items() if lines > 400]) <= LONG


def test_no_two_test_files_have_one_name() -> None:
    """pytest collects the first of them alone, and says so only where both are asked for at once."""
    names = [path.name for path in sorted((ROOT / "tests").rglob("test_*.py"))]
    assert len(names) > 250
    assert [name for name, count in Counter(names).items() if count > 1] == []
