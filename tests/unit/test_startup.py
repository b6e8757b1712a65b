"""A program's start taken apart: what each moment is counted for, what is seen of processes, what the program keeps."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.cli.main import main
from inspector.model.startup import (
    IDLE,
    OWN,
    WAITS,
    Heard,
    Precedence,
    ProgramStart,
    StartProcess,
    StartSpan,
    partition,
    with_waits,
)
from inspector.say import startup as say
from inspector.trace.startup import heard_in
from tests import json_schema
from tests.unit.trace_text import record

PROGRAM = """\
import subprocess, sys
import slow.deep
below = "import time\\nwhile time.process_time() < 0.3: pass"
subprocess.run([sys.executable, "-S", "-c", below])
sys.stdout.buffer.write(b"ready \\xff\\n")
sys.stdout.flush()
print("said", file=sys.stderr)
assert not any(vars(slow.__spec__.loader).get(name) for name in ("exec_module", "create_module"))
sys.exit(7)
"""


def written(folder: Path) -> Path:
    """A program with a package of its own that takes a while, and a process below."""
    (folder / "slow").mkdir()
    (folder / "slow" / "__init__.py").write_text("import time\ntime.sleep(0.2)\n")
    (folder / "slow" / "deep.py").write_text("import json\n")
    (folder / "serve.py").write_text(PROGRAM)
    return folder / "serve.py"


def start(*words: object) -> int:
    return main(["start", *map(str, words)])


def spans(*items: tuple[str, Precedence, float, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for span in partition([Heard(*item) for item in items], 0.0, 10.0):
        found[span.name] = found.get(span.name, 0.0) + span.end - span.begin
    return found


def test_a_moment_is_counted_once_for_the_innermost_that_is_known() -> None:
    told = spans(
        ("weights", Precedence.STEP, 1, 9),
        ("Dynamo", Precedence.COMPILE, 2, 6),
        ("importing torch", Precedence.IMPORT, 3, 5),
        ("importing sympy", Precedence.IMPORT, 4, 4.5),
    )
    assert told == pytest.approx({OWN: 2, "weights": 4, "Dynamo": 2, "importing torch": 1.5, "importing sympy": 0.5})
    assert spans() == {OWN: 10}


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(Precedence), st.floats(-5, 15), st.floats(0, 9)).map(
            lambda item: (*item[:3], item[2] + item[3])
        ),
        max_size=12,
    )
)
def test_parts_leave_no_gap_and_do_not_overlap(items: list[tuple[str, Precedence, float, float]]) -> None:
    made = list(partition([Heard(*item) for item in items], 0.0, 10.0))
    assert [made[0].begin, *(span.end for span in made)] == [*(span.begin for span in made), 10.0]


def process(pid: int, busy: list[float], *told: StartSpan) -> StartProcess:
    return StartProcess(pid, None, "python", 0.0, len(busy) / 10, sum(busy), told, (), tuple(busy))


def test_own_code_is_told_from_waiting_for_others_and_from_nothing_at_all() -> None:
    one = process(1, [0.1, 0.0, 0.0], StartSpan(OWN, 0.0, 0.3))
    other = process(2, [0.0, 0.1, 0.0])
    (told, _) = with_waits((one, other))
    assert [(span.name, round(span.end - span.begin, 3)) for span in told.spans] == [
        (OWN, 0.1),
        (WAITS, 0.1),
        (IDLE, 0.1),
    ]
    loading = process(1, [0.0] * 3, StartSpan("importing torch", 0.0, 0.3))
    assert with_waits((loading, other))[0].spans == loading.spans


def test_a_program_keeps_its_output_its_exit_code_and_its_modules(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    script = written(tmp_path)
    alone = subprocess.run([sys.executable, script], capture_output=True, check=False)
    assert start(script) == alone.returncode == 7
    out, err = capfdbinary.readouterr()
    assert out == alone.stdout == b"ready \xff\n"
    assert err.startswith(alone.stderr)
    text = err.decode()
    assert "importing slow" in text
    assert "exit code 7" in text


def test_processes_imports_and_times_for_programs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert start("--json", written(tmp_path)) == 7
    out, err = capfd.readouterr()
    (told,) = json_schema.check(out)["starts"]
    assert "ready" in err
    own, below = told["processes"][0], told["processes"][1:]
    assert below
    assert {item["parent"] for item in below} == {own["pid"]}
    assert sum(item["cpu_seconds"] for item in below) == pytest.approx(0.3, abs=0.15)
    package = next(item for item in own["imports"] if item["package"] == "slow")
    assert (package["modules"], package["seconds"] >= 0.2) == (2, True)
    assert 0.2 < told["first_output"] <= told["seconds"]
    life = sum(item["end"] - item["begin"] for item in own["spans"])
    assert life == pytest.approx(told["seconds"], abs=0.01)
    assert any(item["name"] == WAITS for item in own["spans"])


def test_words_are_waited_for_and_a_server_is_ended(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "serve.py"
    script.write_text("import sys, time\nprint('now serving', file=sys.stderr, flush=True)\ntime.sleep(600)\n")
    assert start("--until", "now serving", "--stop", "--json", script) == 128 + 15
    (told,) = json_schema.check(capfd.readouterr().out)["starts"]
    assert told["until"] is not None
    assert told["seconds"] < 300
    assert start("--stop", script) == 2


def test_a_cold_start_has_a_home_of_its_own_and_the_second_finds_what_it_left(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "keep.py"
    script.write_text(
        "import pathlib, tempfile\n"
        "marks = [place / 'kept' for place in (pathlib.Path.home(), pathlib.Path(tempfile.gettempdir()))]\n"
        "print(*(mark.exists() for mark in marks))\n"
        "for mark in marks: mark.touch()\n"
    )
    page = tmp_path / "start.html"
    assert start("--cold", "--again", "--html", page, script) == 0
    out, err = capfd.readouterr()
    assert out.split() == ["False", "False", "True", "True"]
    assert "With what the first start left" in err
    assert "spared" in err
    assert "Every process on one axis" in page.read_text()
    assert "again: " in page.read_text()
    assert start("--html", page, script) == 2


def test_torchs_events_are_parts_of_the_process_that_wrote_them(tmp_path: Path) -> None:
    def event(name: str, phase: str, second: float) -> bytes:
        facts = {"name": name, "ph": phase, "ts": second * 1e6, "pid": 0, "tid": 0, "args": {}}
        return record("chromium_event", json.dumps(facts), chromium_event={})

    data = event("dynamo", "B", 101) + event("inductor_compile", "B", 102) + event("compile_file", "B", 103)
    data += event("compile_file", "E", 105) + event("inductor_compile", "E", 106) + event("dynamo", "E", 107)
    (tmp_path / "dedicated_log_torch_trace_a.log").write_bytes(data)
    lines = [{"python": 100.5}, {"module": "torch.nn", "begin": 100.6, "seconds": 0.2, "own": 0.1, "depth": 0}]
    lines.append({"step": "weights", "begin": 108.0, "seconds": 1.0})
    cut = "\n".join(map(json.dumps, lines)) + '\n{"module": "cu'
    (tmp_path / "start-5.jsonl").write_text(cut)
    heard, imports = heard_in(tmp_path, 100.0)
    assert [(item.name, round(item.begin, 3), round(item.end, 3)) for item in heard[5]] == [
        ("Python's own start", 0.0, 0.5),
        ("importing torch", 0.6, 0.8),
        ("weights", 8.0, 9.0),
    ]
    assert [(item.package, item.seconds, item.modules) for item in imports[5]] == [("torch", 0.1, 1)]
    (own,) = (found for pid, found in heard.items() if pid != 5)
    told: dict[str, float] = {}
    for item in own:
        told[item.name] = told.get(item.name, 0.0) + item.end - item.begin
    assert {name: round(took, 3) for name, took in told.items()} == {
        "Dynamo": 2.0,
        "Inductor, the rest": 2.0,
        "g++ runs that are not told apart": 2.0,
    }


def test_processes_of_one_kind_share_a_row() -> None:
    assert say.kind_of("g++ -x c++-header a.h -o a.gch") == "g++, precompiled header"
    assert say.kind_of("/usr/bin/g++ a.cpp -o a.so") == "g++"
    assert say.kind_of("python -m torch._inductor.compile_worker --x") == "torch's compile worker"
    assert say.kind_of("/opt/venv/bin/python3 serve.py --port 1") == "python3 serve.py"
    assert say.kind_of("python -c from multiprocessing.spawn import spawn_main; spawn_main(3)") == "python spawn_main"
    assert say.kind_of("") == "?"


def test_a_process_that_tells_of_itself_has_a_row_and_a_table_of_its_own() -> None:
    told = [process(1, [0.1], StartSpan(OWN, 0.0, 0.1)), process(2, [0.4] * 9, StartSpan("Dynamo", 0.0, 0.9))]
    silent = [process(3, [0.0]), process(4, [0.0])]
    start = ProgramStart(("serve",), "cold", 0, 1.0, 4.0, None, True, None, (*told, *silent))
    _, rows = say.axis_table(start, 10)
    assert [row.cells[0].text for row in rows] == ["the program", "python", "python ×2"]
    assert rows[1].cells[3].text == "ccccccccc "
    (other,) = say.others(start)
    assert [row.cells[0].text for row in say.process_table(other)[1]] == ["Dynamo"]
