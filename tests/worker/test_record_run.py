"""`inspector run`: what a program compiled, with all links, from a program that does not know it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import inspector
from inspector.library import Library
from inspector.model.capture import Capture
from inspector.model.failure import endings_of
from inspector.model.frame import Frame
from inspector.model.link import Origin
from inspector.model.stage import Stage
from inspector.trace import read_capture

PROGRAM = Path(__file__).with_name("recorded_program.py")
ROOT = Path(__file__).parents[2]
INSPECTOR = [sys.executable, "-m", "inspector"]


def environment(**more: str) -> dict[str, str]:
    """This process's, with the package on the path and nothing of a launcher in it."""
    clean = {key: value for key, value in os.environ.items() if key not in ("RANK", "WORLD_SIZE", "PYTHONPATH")}
    return clean | {"PYTHONPATH": str(ROOT)} | more


def run(command: list[str], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
        input="typed\n",
        timeout=500,
    )


def script(folder: Path, text: str, name: str = "script.py") -> str:
    (folder / name).write_text(textwrap.dedent(text))
    return name


class Ran:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        fresh = {"TORCHINDUCTOR_CACHE_DIR": str(folder / "caches")}
        self.done = run([*INSPECTOR, "run", "-o", "logs", str(PROGRAM), "--lr", "3"], folder, **fresh)
        self.capture: Capture = read_capture(folder / "logs")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return Ran(tmp_path_factory.mktemp("ran"))


pytestmark = pytest.mark.compiles


def test_the_program_does_what_it_does_without_us(ran: Ran) -> None:
    assert ran.done.returncode == 3, ran.done.stderr
    scaled, side_effect, gradient = ran.done.stdout.splitlines()
    assert [round(float(word), 3) for word in scaled.split()] == [15.274, 9.129]
    assert side_effect == "a side effect"
    assert gradient.endswith(" ['--lr', '3'] __main__")
    said = [line for line in ran.done.stderr.splitlines() if line.startswith("inspector:")]
    assert len(said) == 1 and "compile ids" in said[0] and "inspector open logs" in said[0], ran.done.stderr


def test_everything_is_in_one_log(ran: Ran) -> None:
    assert len(list((ran.folder / "logs").iterdir())) == 1
    functions = {item.function for item in ran.capture.compilations}
    assert {"untouched", "scaled", "broken", "gated"} <= functions
    assert ran.capture.recompiles, "scaled is compiled again for another n"
    assert ran.capture.graph_breaks
    assert ran.capture.finished
    assert not [note for note in ran.capture.notes if note.kind in ("fallback", "dropped")], ran.capture.notes


def test_the_program_is_described(ran: Ran) -> None:
    assert ran.capture.target["name"] == PROGRAM.name
    assert ran.capture.target["command"][1:] == [str(PROGRAM), "--lr", "3"]
    assert ran.capture.environment["torch"]
    assert ran.capture.environment["compiler"], "described again at the end, when it is known"
    assert [item.path for item in ran.capture.find(Stage.SOURCE)] == [str(PROGRAM)]


def test_every_stage_is_there_also_of_the_thread_and_the_backward_pass(ran: Ran) -> None:
    def stages(function: str) -> set[Stage]:
        ids = {item.compile_id for item in ran.capture.compilations if item.function == function}
        return {artifact.stage for artifact in ran.capture.artifacts if artifact.compile_id in ids}

    inference = {Stage.DYNAMO, Stage.ATEN, Stage.POST_GRAD, Stage.IR_PRE_FUSION, Stage.IR_POST_FUSION}
    inference |= {Stage.INDUCTOR, Stage.KERNEL, Stage.ASM, Stage.BYTECODE}
    assert inference <= stages("scaled")
    assert inference <= stages("broken")
    assert inference | {Stage.JOINT, Stage.ATEN_BACKWARD} <= stages("gated")
    assert stages("untouched") & {Stage.DYNAMO, Stage.INDUCTOR} == {Stage.DYNAMO}


def test_links_are_as_exact_as_those_of_a_capture(ran: Ran) -> None:
    kernels = ran.capture.find(Stage.KERNEL)
    assert len(kernels) >= 4
    by_origin: dict[str, set[Origin]] = {}
    for link in ran.capture.links:
        for span in (link.a, link.b):
            by_origin.setdefault(span.artifact, set()).add(link.origin)
    for kernel in kernels:
        assert Origin.EXACT in by_origin[kernel.id], kernel.id
        assert Origin.ALIGNED not in by_origin[kernel.id], kernel.id
    known = Origin.DEBUG_INFO if has_line_tables() else Origin.KERNEL
    for listing in ran.capture.find(Stage.ASM):
        assert by_origin[listing.id] == {known}


def has_line_tables() -> bool:
    """Whether this torch builds its kernels with line tables: since 2.13."""
    from torch._inductor import config

    return hasattr(config.aot_inductor, "enable_line_tables")


BARE = """
    import json, sys
    spec = sys.modules["__main__"].__spec__
    print(json.dumps({
        "argv": sys.argv, "path": [p for p in sys.path if p], "file": __file__, "name": __name__,
        "spec": spec and spec.name, "typed": sys.stdin.read(),
        "ours": [m for m in sys.modules if m == "inspector" or m.startswith("inspector.")],
        "finders": len(sys.meta_path) > 0, "tty": sys.stdout.isatty(),
    }))
    print("to stderr", file=sys.stderr)
    sys.exit(7)
"""


@pytest.mark.parametrize("words", [["script.py", "-o", "--force"], ["-m", "script", "-o", "--force"]])
def test_a_program_without_torch_cannot_tell(tmp_path: Path, words: list[str]) -> None:
    script(tmp_path, BARE)
    plain = run([sys.executable, *words], tmp_path)
    ours = run([*INSPECTOR, "run", *words], tmp_path)
    assert (ours.returncode, plain.returncode) == (7, 7)
    assert json.loads(ours.stdout) == json.loads(plain.stdout)
    assert json.loads(ours.stdout)["ours"] == []
    assert ours.stderr.startswith(plain.stderr)
    assert "nothing was recorded" in ours.stderr
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == ["script.py"]


def test_nothing_of_torch_is_imported_for_it(tmp_path: Path) -> None:
    name = script(
        tmp_path,
        """
        import sys, torch
        torch.compile(torch.sin, backend="eager")(torch.ones(3))
        print(*sorted(module for module in sys.modules if module.startswith("torch")))
        """,
    )
    plain, ours = (run([*command, name], tmp_path) for command in ([sys.executable], [*INSPECTOR, "run"]))
    assert ours.stdout == plain.stdout
    assert "torch._dynamo" in ours.stdout and "torch._inductor.compile_fx" not in ours.stdout


def test_a_name_in_inspector_means_one_bundle(tmp_path: Path) -> None:
    name = script(tmp_path, "import torch\ntorch.compile(lambda x: x.sin() + 1, backend='eager')(torch.ones(3))\n")
    done = run([*INSPECTOR, "run", "-o", "run.inspector", name], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 compile id in run.inspector" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.inspector", name]
    capture = inspector.open(tmp_path / "run.inspector")
    assert capture.target["name"] == name and capture.find(Stage.DYNAMO)


def test_a_program_is_kept_in_the_library_where_that_is_wanted(tmp_path: Path) -> None:
    name = script(tmp_path, "import torch\ntorch.compile(lambda x: x.sin() + 1, backend='eager')(torch.ones(3))\n")
    library = Library(tmp_path / "data" / "inspector" / "library")
    done = run(
        [*INSPECTOR, "run", "--keep", "-o", "logs", name, "--keep"], tmp_path, XDG_DATA_HOME=str(tmp_path / "data")
    )
    assert done.returncode == 0, done.stderr
    (item,) = library.all()
    assert item.facts.title == name
    assert f"Kept in the library as {item.id}" in done.stderr
    run([*INSPECTOR, "run", "-o", "more", name, "--keep"], tmp_path, XDG_DATA_HOME=str(tmp_path / "data"))
    assert len(library.all()) == 1, "the script's own options are the script's"
    ranked = run([*INSPECTOR, "run", "--keep", "-o", "ranks", name], tmp_path, RANK="0", WORLD_SIZE="1")
    assert ranked.returncode == 2
    assert "Put the launcher below: inspector run --keep torchrun" in ranked.stderr


def test_an_exception_and_a_signal_end_it_as_they_would(tmp_path: Path) -> None:
    name = script(
        tmp_path, "import os, sys\nif sys.argv[1:]: os.kill(os.getpid(), int(sys.argv[1]))\nraise KeyError(5)\n"
    )
    raised = run([*INSPECTOR, "run", name], tmp_path)
    assert raised.returncode == 1
    assert raised.stderr.startswith("Traceback (most recent call last):\n"), raised.stderr
    assert "sitecustomize" not in raised.stderr
    assert run([*INSPECTOR, "run", name, "9"], tmp_path).returncode == 137


@pytest.mark.parametrize(("number", "to_group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_signals_are_the_programs(tmp_path: Path, number: signal.Signals, to_group: bool) -> None:
    name = script(
        tmp_path,
        """
        import signal, sys
        def caught(number, frame):
            print("caught", number, flush=True)
            sys.exit(5)
        signal.signal(signal.SIGTERM, caught)
        signal.signal(signal.SIGINT, caught)
        print("ready", flush=True)
        signal.pause()
        """,
    )
    process = subprocess.Popen(
        [*INSPECTOR, "run", name],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    if to_group:  # as a terminal's Ctrl-C
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out) == (5, f"caught {int(number)}\n"), error


def test_a_sitecustomize_of_the_machine_has_its_turn(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text("import builtins\nbuiltins.site_was_here = __file__\n")
    name = script(tmp_path, "import sitecustomize\nprint(site_was_here == sitecustomize.__file__)\n")
    done = run([*INSPECTOR, "run", name], tmp_path, PYTHONPATH=f"{ROOT}{os.pathsep}{site}")
    assert done.stdout == "True\n", done.stderr


def test_a_program_with_an_inspector_of_its_own_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "inspector.py").write_text("mine = True\n")
    name = script(tmp_path, "import torch, inspector\nprint(inspector.mine)\n")
    # The front itself is found first: `-P` keeps the current folder out of its way.
    done = run([sys.executable, "-P", "-m", "inspector", "run", name], tmp_path)
    assert done.stdout == "True\n", done.stderr
    assert "is not recorded" in done.stderr and "called inspector" in done.stderr


def test_a_crash_leaves_what_was_compiled(tmp_path: Path) -> None:
    name = script(
        tmp_path,
        """
        import os, torch
        torch.compile(lambda x: x.sin() + 1)(torch.ones(4))
        os.abort()
        """,
    )
    done = run([*INSPECTOR, "run", "-o", "logs", name], tmp_path)
    assert done.returncode == 134, done.stderr
    capture = read_capture(tmp_path / "logs")
    assert capture.find(Stage.KERNEL)
    assert not capture.finished


def test_an_exception_behind_what_was_compiled_is_recorded(tmp_path: Path) -> None:
    text = """
        import torch

        @torch.compile(backend="eager")
        def product(x, y):
            return x @ y

        def step(x):
            return product(x, x).view(3, 7)

        step(torch.ones(4, 4))
    """
    done = run([*INSPECTOR, "run", "-o", "logs", script(tmp_path, text)], tmp_path)
    assert done.returncode == 1 and "RuntimeError: shape '[3, 7]' is invalid" in done.stderr
    (ending,) = endings_of(read_capture(tmp_path / "logs").environment)
    assert ending.error == "RuntimeError: shape '[3, 7]' is invalid for input of size 16"
    assert ending.place == Frame(str(tmp_path / "script.py"), 9, "step", "return product(x, x).view(3, 7)")


def test_children_have_logs_of_their_own(tmp_path: Path) -> None:
    """The parent builds no kernel: torch would hang in a forked child, whose pool of compile threads is dead then."""
    name = script(
        tmp_path,
        """
        import multiprocessing, torch

        def double(x):
            return x * 2 + 1

        def work():
            with torch.no_grad():
                torch.compile(double)(torch.ones(8))

        if __name__ == "__main__":
            torch.compile(torch.sin, backend="eager")(torch.ones(3))
            for method in ("fork", "spawn"):
                process = multiprocessing.get_context(method).Process(target=work)
                process.start()
                process.join()
                assert process.exitcode == 0
        """,
    )
    done = run([*INSPECTOR, "run", "-o", "logs", name], tmp_path)
    assert done.returncode == 0, done.stderr
    captures = [read_capture(log) for log in (tmp_path / "logs").iterdir()]
    assert sorted(len(capture.find(Stage.ASM)) for capture in captures) == [0, 1, 1]
    for capture in captures:
        assert capture.finished, "children of multiprocessing leave without `atexit`"
        assert capture.find(Stage.DYNAMO) and capture.target["name"] == name
        assert not [note for note in capture.notes if note.kind in ("fallback", "dropped")]


RANKS = """
    import os, torch
    import torch.distributed as dist
    dist.init_process_group("gloo")
    @torch.compile
    def shifted(x):
        return x.sin() + dist.get_rank()
    with torch.no_grad():
        shifted(torch.ones(4 + dist.get_rank()))
    dist.destroy_process_group()
"""


def test_under_torchrun_every_rank_is_recorded(tmp_path: Path) -> None:
    name = script(tmp_path, RANKS)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    ours = [sys.executable, "-m", "inspector", "run", "-o", "logs"]
    done = run([*launcher, "--no-python", *ours, name], tmp_path)
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert [item.split("_")[4:6] for item in names] == [["rank", "0"], ["rank", "1"]], names
    assert read_capture(tmp_path / "logs").find(Stage.KERNEL)


def test_a_rank_becomes_the_program(tmp_path: Path) -> None:
    """So that a launcher's signals and exit codes are the program's."""
    name = script(tmp_path, "import os\nprint(os.getpid())\n")
    process = subprocess.Popen(
        [*INSPECTOR, "run", "-o", "logs", name],
        cwd=tmp_path,
        env=environment(RANK="0", WORLD_SIZE="1"),
        stdout=subprocess.PIPE,
        text=True,
    )
    out, _ = process.communicate(timeout=60)
    assert int(out) == process.pid
