"""What the whole suite shares: one cache of the toolchain's answers, so that its probes run once."""

from __future__ import annotations

import gc
import os
import shlex
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# A shell that starts the suite in the background, or nohup, has these ignored, and all that a test starts would inherit
# that: Ctrl-C would then do nothing where a test sends it.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


# Python looks for garbage in all that is loaded: with torch a second each time, at every second app that a test opens.
gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What compiles or drives a terminal comes first: a long file that came last would leave one core without work."""
    slow = {item.path for item in items if any(map(item.get_closest_marker, ("compiles", "terminal")))}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """What was imported by now stays, and need not be looked through again and again."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 10, 25)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The temporary folder that all test processes of this run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


COMPILER = """\
#!/bin/sh
# The machine's g++; a header that it has precompiled in this run it takes from there.
case " $* " in *" -x c++-header "*) ;; *) exec {compiler} "$@" ;; esac
for word; do
    [ "$option" = -o ] && out=$word
    option=$word
done
kept={kept}/${{out##*/}}
[ -e "$kept" ] && exec cp "$kept" "$out"
{compiler} "$@" && cp "$out" "$kept.$$" && mv "$kept.$$" "$kept"
"""
"""torch names a header by all that it depends on: its preprocessed text, the compiler and the options. Each takes g++
as long as a handful of kernels, and whatever begins with empty caches asks for the same three."""


@pytest.fixture(scope="session", autouse=True)
def shared_toolchain(run_folder: Path) -> Iterator[Path]:
    """inspector's own cache for the whole run, all its test processes together, away from the user's.

    What is temporary lies in the run's folder too: torch leaves some of it.
    """
    home, temporary = run_folder / "cache", run_folder / "tmp"
    for folder in (home, temporary):
        folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(home))
        patch.setenv("XDG_CONFIG_HOME", str(run_folder / "config"))
        patch.setenv("XDG_DATA_HOME", str(run_folder / "data"))
        patch.setenv("TMPDIR", str(temporary))
        patch.setattr(tempfile, "tempdir", str(temporary))
        if compiler := shutil.which("g++"):
            places = {place: home / place for place in ("bin", "headers")}
            for place in places.values():
                place.mkdir(exist_ok=True)
            text = COMPILER.format(compiler=shlex.quote(compiler), kept=shlex.quote(str(places["headers"])))
            made = places["bin"] / str(os.getpid())
            made.write_text(text)
            made.chmod(0o755)
            made.replace(places["bin"] / "g++")
            patch.setenv("PATH", str(places["bin"]), prepend=os.pathsep)
        yield home


@pytest.fixture(scope="session", autouse=True)
def documents_fit_their_schema() -> Iterator[None]:
    """Whatever a test has printed with `--json`, in this process, is held against its schema."""
    from inspector.cli.documents import register
    from tests.json_schema import check

    def checked(document: object) -> str:
        text = made(document)
        check(text)
        return text

    made = register.as_json
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(register, "as_json", checked)
        yield
