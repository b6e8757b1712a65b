"""`inspector run` as typed: what is run, what is refused, and where the logs go; no program here imports torch."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from inspector import protocol
from inspector.cli.main import main
from inspector.client.script import recording_environment, script_command
from inspector.model.request import CacheMode


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RANK", raising=False)
    return tmp_path


def test_what_is_run_is_what_one_would_type(here: Path) -> None:
    (here / "train.py").touch()
    (here / "noextension").touch()
    assert script_command(["train.py", "--lr", "1"]) == [sys.executable, "train.py", "--lr", "1"]
    assert script_command(["noextension"]) == [sys.executable, "noextension"]
    assert script_command([], ["pkg.mod", "-x"]) == [sys.executable, "-m", "pkg.mod", "-x"]
    assert script_command(["ls", "-l"])[0].endswith("/ls")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing to run"),
        (["absent.py"], "no file absent.py"),
        (["absent-command"], "no command of that name"),
        (["-m"], "nothing to run"),
        (["--nonsense", "train.py"], "nonsense"),
        (["--cold", "--warm", "train.py"], "not allowed with"),
    ],
)
def test_what_cannot_be_run_is_said_in_a_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *words]) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error


def test_the_environment_asks_every_python_below_to_record(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/theirs")
    environment = recording_environment(Path("logs"), CacheMode.WARM)
    assert environment[protocol.RECORD_FOLDER] == str(here / "logs")
    assert CacheMode(environment[protocol.RECORD_CACHE]) is CacheMode.WARM
    startup, theirs = environment["PYTHONPATH"].split(":")
    assert (Path(startup) / "sitecustomize.py").is_file() and theirs == "/theirs"
    assert "TORCHINDUCTOR_CACHE_DIR" not in recording_environment(Path("logs"), CacheMode.KEPT).keys() - {
        *__import__("os").environ
    }
    monkeypatch.delenv("PYTHONPATH")
    assert ":" not in recording_environment(Path("logs"), CacheMode.KEPT)["PYTHONPATH"], "an empty part would mean here"


def test_cold_gives_caches_that_go_away(here: Path) -> None:
    (here / "s.py").write_text(
        "import os, pathlib\npathlib.Path('seen').write_text(os.environ['TORCHINDUCTOR_CACHE_DIR'])\n"
    )
    assert main(["run", "--cold", "s.py"]) == 0
    assert not Path((here / "seen").read_text()).exists()


def test_a_process_that_the_program_leaves_running_is_its_own_and_is_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "s.py").write_text(
        "import subprocess, sys\n"
        "quiet = dict(stdout=-3, stderr=-3, start_new_session=True)\n"
        "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], **quiet)\n"
        "print(left.pid, file=open('pid', 'w'))"
    )
    assert main(["run", "s.py"]) == 0
    pid = int((here / "pid").read_text())
    try:
        assert psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        assert f"left 1 process running ({pid} python" in capsys.readouterr().err
    finally:
        os.kill(pid, signal.SIGKILL)


def test_what_a_long_run_writes_to_is_not_taken_for_something_left(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another command clears away what killed ones left, and what it may remove is told by a lock, not by its age."""
    (here / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(here / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (here / "s.py").write_text(
        "import os, pathlib, time\n"
        "from inspector.live.rundir import remove_stale\n"
        "folder = pathlib.Path(os.environ['INSPECTOR_RECORD'])\n"
        "remove_stale(now=time.time() + 9 * 3600)\n"
        "pathlib.Path('seen').write_text(str(folder.is_dir()))\n"
    )
    main(["run", "-o", "x.inspector", "s.py"])
    assert (here / "seen").read_text() == "True"


def test_logs_of_an_earlier_run_are_replaced_only_when_asked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = here / "logs" / "dedicated_log_torch_trace_abc.log"
    log.parent.mkdir()
    log.touch()
    (here / "s.py").touch()
    assert main(["run", "-o", "logs", "s.py"]) == 2
    assert "already" in capsys.readouterr().err and log.exists()
    assert main(["run", "-o", "logs", "--force", "s.py"]) == 0
    assert not log.exists()


def test_a_folder_of_other_things_is_left_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "work").mkdir()
    (here / "work" / "thesis.tex").touch()
    (here / "s.py").touch()
    assert main(["run", "-o", "work", "--force", "s.py"]) == 2
    assert "left alone" in capsys.readouterr().err and (here / "work" / "thesis.tex").exists()


@pytest.mark.parametrize(
    ("options", "message"), [([], "-o FOLDER"), (["-o", "x.inspector"], "-o FOLDER"), (["-o", "x", "--cold"], "--cold")]
)
def test_under_a_launcher_the_folder_is_named(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    (here / "s.py").touch()
    assert main(["run", *options, "s.py"]) == 2
    assert message in capsys.readouterr().err


IMPORTS = Path(__file__).parents[2] / "inspector" / "worker" / "startup" / "imports.py"


def after(code: str) -> str:
    """What a fresh Python prints that has `when_imported` at hand."""
    return subprocess.run(
        [sys.executable, "-c", f"exec(open({str(IMPORTS)!r}).read())\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_something_is_done_once_a_module_has_been_imported() -> None:
    code = """
when_imported("wave", lambda: print("wave", hasattr(sys.modules["wave"], "open")))
when_imported("sys", lambda: print("sys"))
print("before")
import colorsys, wave, importlib
importlib.reload(wave)
print(type(wave.__loader__).__name__, vars(wave.__loader__).get("exec_module"), sys.meta_path[1:] != [])
"""
    assert after(code).splitlines() == ["sys", "before", "wave True", "SourceFileLoader None True"]


def test_what_is_taken_back_is_not_done() -> None:
    code = """
action = lambda: print("done")
when_imported("wave", action)
forget("wave", action)
forget("wave", action)
import wave
"""
    assert after(code) == ""


def test_an_import_that_fails_is_waited_for_again(here: Path) -> None:
    (here / "flaky.py").write_text("import os\nif not os.environ.get('FINE'): raise ImportError('not yet')\n")
    code = f"""
import os
sys.path.insert(0, {str(here)!r})
when_imported("flaky", lambda: print("there"))
try:
    import flaky
except ImportError as error:
    print(error)
os.environ["FINE"] = "1"
import flaky
"""
    assert after(code).splitlines() == ["not yet", "there"]


@pytest.mark.parametrize("verb", ["run", "start"])
def test_nothing_to_run_is_a_usage_error_with_the_verbs_own_form(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb]) == 2
    assert f"The form is inspector {verb} [options]" in capsys.readouterr().err
    assert main([verb, "no-such.py"]) == 2
    assert f"inspector {verb} -m package.module" in capsys.readouterr().err
