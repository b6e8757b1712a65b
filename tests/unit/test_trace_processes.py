"""Several processes in one log: a forked one goes on with its parent's file, compile ids and string numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.cli.main import main
from inspector.model.overview import Overview
from inspector.trace.builder import CaptureBuilder
from inspector.trace.log import TraceLog
from inspector.trace.overview import read_overview
from inspector.trace.parser import LogParser
from inspector.trace.ranks import read_ranks
from inspector.trace.reader import Record
from tests.unit.trace_text import record

PARENT, CHILD = 5200, 5231


def start(pid: int, ids: tuple[int, int], file: int, line: int, function: str) -> bytes:
    stack = [
        {"line": 3, "name": "<module>", "filename": 0, "loc": "run()"},
        {"line": line, "name": function, "filename": file, "loc": ""},
    ]
    return record("dynamo_start", compile_id=ids, pid=pid, dynamo_start={"stack": stack})


def graph(pid: int, ids: tuple[int, int], operator: str, lines: int = 3) -> bytes:
    body = "\n".join(f"    {operator}{number} = torch.{operator}(x)" for number in range(lines))
    return record("dynamo_output_graph", f"class G(torch.nn.Module):\n{body}\n    return x", compile_id=ids, pid=pid)


def metrics(pid: int, ids: tuple[int, int], seconds: float) -> bytes:
    facts = {"entire_frame_compile_time_s": seconds, "graph_op_count": 1}
    return record("compilation_metrics", compile_id=ids, pid=pid, compilation_metrics=facts)


def string(pid: int, text: str, number: int) -> bytes:
    return record("str", pid=pid, str=[text, number])


OUTER, INNER = graph(PARENT, (1, 0), "exp", 40), graph(CHILD, (1, 0), "erf", 30)
BEFORE = b"".join(
    (
        *(string(PARENT, "/srv/main.py", 0), string(PARENT, "/srv/net.py", 1)),
        *(start(PARENT, (0, 0), 1, 7, "whole"), graph(PARENT, (0, 0), "sin"), metrics(PARENT, (0, 0), 4.0)),
        *(string(PARENT, "/srv/left.py", 2), string(CHILD, "/srv/right.py", 2)),
        *(start(CHILD, (1, 0), 2, 20, "right"), start(PARENT, (1, 0), 2, 10, "left")),
    )
)
AFTER = b"".join(
    (
        *(metrics(CHILD, (1, 0), 2.0), metrics(PARENT, (1, 0), 1.0)),
        record("artifact:recompile_reasons", '["0/0: x.size()[0] == 3"]', compile_id=(0, 1), pid=CHILD),
        *(start(CHILD, (0, 1), 1, 7, "whole"), graph(CHILD, (0, 1), "sin"), metrics(CHILD, (0, 1), 0.5)),
    )
)
FORKED = BEFORE + OUTER + INNER + AFTER


def written(folder: Path, data: bytes) -> Path:
    path = folder / "one.log"
    path.write_bytes(data)
    return path


def overview_of(path: Path) -> Overview:
    with TraceLog.open(path) as log:
        return read_overview(log)


def checked(path: Path) -> TraceLog:
    """The log, each record looked at."""
    log = TraceLog.open(path).complete()
    while log.verify():
        pass
    return log


def test_what_a_fork_compiles_is_its_own(tmp_path: Path) -> None:
    overview = overview_of(written(tmp_path, FORKED))
    assert {row.compile_id: (row.function, row.times.total) for row in overview.rows} == {
        "0/0": ("whole", 4.0),
        "1/0": ("left", 1.0),
        "pid5231/1/0": ("right", 2.0),
        "pid5231/0/1": ("whole", 0.5),
    }
    assert overview.bad == 0
    assert [log.process for log in overview.logs] == [PARENT, CHILD]
    assert overview.process_name("") == "pid5200"


def test_each_number_of_a_string_is_the_processs_own_or_its_parents(tmp_path: Path) -> None:
    rows = overview_of(written(tmp_path, FORKED)).by_id
    assert [frame.file for frame in rows["1/0"].stack] == ["/srv/main.py", "/srv/left.py"]
    assert [frame.file for frame in rows["pid5231/1/0"].stack] == ["/srv/main.py", "/srv/right.py"]


def test_a_number_that_two_others_gave_is_nobodys() -> None:
    builder = CaptureBuilder()
    data = string(1, "a.py", 0) + string(2, "b.py", 0) + start(3, (0, 0), 0, 1, "f") + start(1, (0, 0), 0, 1, "f")
    for item in LogParser().feed(data):
        builder.feed(item)
    files = {item.compile_id: item.place.file for item in builder.snapshot().compilations if item.place}
    assert files == {"pid3/0/0": "<string 0>", "0/0": "a.py"}


def test_a_recompile_names_the_parents_compile(tmp_path: Path) -> None:
    path = written(tmp_path, FORKED)
    assert overview_of(path).by_id["pid5231/0/1"].failures[0].against == "0/0"


def test_one_compile_is_captured_alone(tmp_path: Path) -> None:
    with TraceLog.open(written(tmp_path, FORKED)).complete() as log:
        for compile_id, operator in (("1/0", "exp"), ("pid5231/1/0", "erf")):
            [text] = [item.text for item in log.capture([compile_id]).artifacts if item.id == f"{compile_id}:dynamo"]
            assert operator in text


def test_a_live_trace_tells_them_apart_too() -> None:
    builder = CaptureBuilder()
    for item in LogParser().feed(FORKED):
        builder.feed(item)
    assert [item.compile_id for item in builder.snapshot().compilations] == ["0/0", "pid5231/1/0", "1/0", "pid5231/0/1"]


def test_threads_of_an_older_torch_are_one_process(tmp_path: Path) -> None:
    data = FORKED.replace(b" 5200 ", b" 139877824898048 ").replace(b" 5231 ", b" 139877824898111 ")
    assert all(not row.process for row in overview_of(written(tmp_path, data)).rows)


def test_ranks_are_compared_between_processes(tmp_path: Path) -> None:
    with TraceLog.open(written(tmp_path, FORKED)) as log:
        report = read_ranks(log)
    assert sorted(rank.rank for rank in report.ranks) == ["one.log, process 5200", "one.log, process 5231"]


HEAD = OUTER.index(b"\n")


@pytest.mark.parametrize("cut", [HEAD + 1, HEAD + 2, HEAD + 30, 500, 501, 1000, len(OUTER) - 2])
def test_a_record_that_was_written_into_is_put_together(tmp_path: Path, cut: int) -> None:
    """The child's graph stands in the middle of the parent's, at whatever byte of its payload."""
    with checked(written(tmp_path, BEFORE + OUTER[:cut] + INNER + OUTER[cut:] + AFTER)) as log:
        assert log.bad == ()
        assert log.torn == {"one.log": (len(BEFORE),)}
        texts = {item.id: item.text for item in log.capture().artifacts}
        assert "exp39" in texts["1/0:dynamo"]
        assert "erf29" in texts["pid5231/1/0:dynamo"]


def test_a_record_into_which_two_were_written(tmp_path: Path) -> None:
    small = metrics(CHILD, (1, 0), 2.0)
    data = BEFORE + OUTER[:300] + INNER + OUTER[300:700] + small + OUTER[700:] + AFTER
    with checked(written(tmp_path, data)) as log:
        assert log.bad == ()
        assert sum(item.torn for item in log.records() if isinstance(item, Record)) == 1


def test_a_first_line_that_was_cut_is_listed(tmp_path: Path) -> None:
    with checked(written(tmp_path, BEFORE + OUTER[:60] + INNER + OUTER[60:] + AFTER)) as log:
        assert log.bad[0].offset == len(BEFORE)


def test_what_no_checksum_holds_together_is_listed(tmp_path: Path) -> None:
    cut = OUTER.index(b"\n", 500) + 1
    with checked(written(tmp_path, BEFORE + OUTER[:cut] + INNER + OUTER[cut:-40] + b"\n" + AFTER)) as log:
        assert [item.offset for item in log.bad] == [len(BEFORE), len(BEFORE) + cut + len(INNER)]
        assert log.torn == {}


def test_a_log_within_a_payload_stays_there(tmp_path: Path) -> None:
    """A payload that quotes a log, and a line that somebody else printed behind it."""
    quoted = record("artifact:notes", "he wrote: " + metrics(9, (7, 7), 1.0).decode(), compile_id=(0, 0))
    with checked(written(tmp_path, quoted + b"printed by somebody\n" + AFTER)) as log:
        assert not any("7/7" in item for item in log.compile_ids)


def test_show_says_that_it_put_a_record_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, BEFORE + OUTER[:500] + INNER + OUTER[500:] + AFTER)
    assert main(["show", str(path)]) == 0
    out = capsys.readouterr().out
    assert f"1 record that others were written into, put together by checksum: one.log at byte {len(BEFORE):,}" in out
    assert "damaged" not in out


def test_one_file_is_one_log_however_many_processes_wrote_into_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "forked.log"
    path.write_bytes(start(PARENT, (0, 0), 1, 3, "f") + metrics(PARENT, (0, 0), 1.0) + start(CHILD, (1, 0), 1, 3, "g"))
    assert main(["show", str(path)]) == 0
    said = capsys.readouterr().out
    assert "; 1 log read" in said and "2 processes" in said
    main(["check", str(path), "--max-recompiles", "9"])
    assert "of 1 log," in capsys.readouterr().out
