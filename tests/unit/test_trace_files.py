"""What a path is, which logs lie there, whose they are, and what is said where none does."""

from __future__ import annotations

import gzip
import json
import os
import threading
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
import zstandard
from trace_text import record

from inspector.errors import UsageError
from inspector.model.stage import Stage
from inspector.trace.files import Input, input_at
from inspector.trace.log import TraceLog
from inspector.trace.reader import Record

TRACES = Path(__file__).parent.parent / "traces"
START = record("dynamo_start", compile_id=(0, 0))


def put(folder: Path, name: str, data: bytes | str = START, mtime: float | None = None) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    if mtime is not None:
        os.utime(path, (mtime, mtime))
    return path


def files(log: TraceLog) -> list[str]:
    return [source.file for source in log.sources]


# --- one thing ----------------------------------------------------------------------------------------------


def test_what_lies_at_a_path(tmp_path: Path) -> None:
    put(tmp_path, "logs/a.log")
    put(tmp_path, "bundle/manifest.json", '{"format": "inspector-bundle", "version": 1}')
    put(tmp_path, "other/manifest.json", '{"format": "something else"}')
    put(tmp_path, "some.inspector", b"PK\x03\x04\x14\x00rest")
    put(tmp_path, "tl_out/raw.log")
    put(tmp_path, "tl_out/compile_directory.json", "{}")
    put(tmp_path, "ranks_out/rank_0/raw.log")
    put(tmp_path, "ranks_out/rank_0/compile_directory.json", "{}")
    put(tmp_path, "torch_compile_debug/run_2026_01_02_03_04_05_000006-pid_7/torchinductor/x.log")
    assert {name: input_at(tmp_path / name) for name in sorted(item.name for item in tmp_path.iterdir())} == {
        "bundle": Input.BUNDLE,
        "logs": Input.LOGS,
        "other": Input.LOGS,
        "ranks_out": Input.TLPARSE,
        "some.inspector": Input.BUNDLE,
        "tl_out": Input.TLPARSE,
        "torch_compile_debug": Input.DEBUG,
    }
    assert input_at(tmp_path / "logs" / "a.log") is Input.LOG
    assert input_at("-") is Input.STDIN


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "none.log", "No such file"),
        (lambda folder: put(folder, "empty.log", b""), "is empty"),
        (lambda folder: put(folder, "text.log", b"hello\nthere\n"), "holds no record"),
        (lambda folder: put(folder, "binary.log", bytes(range(256)) * 100), "holds no record"),
        (
            lambda folder: put(folder, "stderr.log", b"V1231 23:59:59.5 7 a.py:1] [0/0] graph break\n"),
            "holds no record",
        ),
        (lambda folder: put(folder, "empty.gz", gzip.compress(b"")), "holds no record"),
        (lambda folder: folder, "There is no log in"),
        (lambda folder: put(folder, "one/text.txt", b"hello").parent, "There is no log in"),
        (lambda folder: put(folder, "bundle/manifest.json", b'"inspector-bundle"').parent, "is a bundle"),
    ],
)
def test_what_is_no_log_is_said_in_one_line_with_a_way_out(tmp_path: Path, make: object, words: str) -> None:
    path = make(tmp_path)  # type: ignore[operator]
    with pytest.raises(UsageError, match=words) as raised:
        TraceLog.open(path).complete()
    assert raised.value.hint
    assert raised.value.exit_code == 2
    assert "\n" not in str(raised.value)


def test_a_log_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    path = put(tmp_path, "a.log")
    monkeypatch.setattr("inspector.trace.opening.PlainContent", refuse)
    with pytest.raises(UsageError, match=r"Cannot read .*a\.log: Permission denied"):
        TraceLog.open(path)


def test_a_log_that_cannot_be_read_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    log = TraceLog.open(put(tmp_path, "a.log"))
    monkeypatch.setattr("inspector.trace.content.os.pread", fail)
    with pytest.raises(UsageError, match="Input/output error"):
        log.complete()


def test_a_named_file_is_read_though_its_records_begin_late(tmp_path: Path) -> None:
    path = put(tmp_path, "job.out", b"step 1\n" * 50_000 + START)
    log = TraceLog.open(path).complete()
    assert log.compile_ids == ("0/0",)


def test_a_named_pipe_is_a_log(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    data = (TRACES / "two_ops.log").read_bytes()
    writer = threading.Thread(target=path.write_bytes, args=(data,))
    writer.start()
    log = TraceLog.open(path).complete()
    writer.join()
    assert sum(log.kinds.values()) == data.count(b"\nV") + 1


# --- folders ------------------------------------------------------------------------------------------------


def test_logs_are_told_from_the_files_beside_them(tmp_path: Path) -> None:
    put(tmp_path, "b.log")
    put(tmp_path, "a.txt", gzip.compress(START))
    put(tmp_path, "deep/down/here/c", zstandard.compress(START))
    others = {
        put(tmp_path, "notes.md", "# hello"),
        put(tmp_path, "empty.log", b""),
        put(tmp_path, "glog.log", b"V1231 23:59:59.5 7 a.py:1] [0/0] not a record\n"),
        put(tmp_path, "weights.bin", os.urandom(4000)),
        put(tmp_path, "broken.log.gz", b"\x1f\x8b\x08broken"),
    }
    put(tmp_path, ".hidden/a.log")
    put(tmp_path, "1/2/3/4/5/too_deep.log")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone.log").symlink_to(tmp_path / "nowhere")
    log = TraceLog.open(tmp_path).complete()
    assert sorted(files(log)) == ["a.txt", "b.log", "deep/down/here/c"]
    assert set(log.ignored) >= others
    assert not any("loop" in path.parts or ".hidden" in path.parts for path in log.ignored)


def test_ranks_come_in_order_with_their_own_compile_ids(tmp_path: Path) -> None:
    for rank in (10, 2, 0):
        put(tmp_path, f"dedicated_log_torch_trace_rank_{rank}_abc{rank}.log", START.replace(b"some", b"rank%d" % rank))
    log = TraceLog.open(tmp_path).complete()
    assert [(source.rank, source.prefix) for source in log.sources] == [(0, ""), (2, "rank2/"), (10, "rank10/")]
    assert log.compile_ids == ("0/0", "rank2/0/0", "rank10/0/0")
    assert log.source_of("rank2/0/0").rank == 2
    (found,) = log.records(["rank10/0/0"])
    assert "rank10" in found.place
    assert [item.compile_id for item in log.capture().compilations] == list(log.compile_ids)
    assert [item.compile_id for item in log.capture(["rank2/0/0"]).compilations] == ["rank2/0/0"]


def test_two_logs_of_one_rank_are_a_restart_in_the_order_of_their_beginning(tmp_path: Path) -> None:
    put(tmp_path, "t_rank_0_zzz.log", record("dynamo_start", compile_id=(0, 0), time="0301 10:00:00.000000"))
    put(tmp_path, "t_rank_0_aaa.log", record("dynamo_start", compile_id=(0, 0), time="0301 11:00:00.000000"))
    put(tmp_path, "t_rank_1_mmm.log", record("dynamo_start", compile_id=(0, 0), time="0301 10:00:00.000000"))
    log = TraceLog.open(tmp_path).complete()
    assert [(source.file[-7:-4], source.rank, source.restart) for source in log.sources] == [
        ("zzz", 0, 0),
        ("aaa", 0, 1),
        ("mmm", 1, 0),
    ]
    assert log.compile_ids == ("0/0", "rank0.2/0/0", "rank1/0/0")


def test_a_restart_over_new_year_comes_after(tmp_path: Path) -> None:
    january = datetime(2026, 1, 2).timestamp()
    put(tmp_path, "t_rank_0_aaa.log", record("a", time="0101 00:10:00.000000"), january)
    put(tmp_path, "t_rank_0_bbb.log", record("b", time="1231 23:50:00.000000"), january)
    assert files(TraceLog.open(tmp_path)) == ["t_rank_0_bbb.log", "t_rank_0_aaa.log"]


def test_the_rank_may_stand_in_the_records_alone(tmp_path: Path) -> None:
    put(tmp_path, "a.log", record("dynamo_start", compile_id=(0, 0), rank=1))
    put(tmp_path, "b.log", record("dynamo_start", compile_id=(0, 0), rank=0))
    log = TraceLog.open(tmp_path).complete()
    assert [(source.file, source.rank) for source in log.sources] == [("b.log", 0), ("a.log", 1)]
    assert log.compile_ids == ("0/0", "rank1/0/0")


def test_logs_of_no_rank_are_numbered(tmp_path: Path) -> None:
    put(tmp_path, "a.log")
    put(tmp_path, "b.log")
    assert TraceLog.open(tmp_path).complete().compile_ids == ("0/0", "log2/0/0")


def test_the_latest_log_of_a_folder(tmp_path: Path) -> None:
    put(tmp_path, "new.log", mtime=2_000_000_000)
    put(tmp_path, "old.log", mtime=1_000_000_000)
    put(tmp_path, "newest.txt", "no log", mtime=2_100_000_000)
    assert files(TraceLog.open(tmp_path, latest=True)) == ["new.log"]


def test_strings_of_one_log_are_not_those_of_another(tmp_path: Path) -> None:
    for rank in (0, 1):
        string = record("str").replace(b'"str": {}', b'"str": ["/home/rank%d.py", 7]' % rank)
        stack = [{"line": 3, "name": "forward", "filename": 7, "loc": ""}]
        start = record("dynamo_start", compile_id=(0, 0)).replace(
            b'"dynamo_start": {}', b'"dynamo_start": ' + json.dumps({"stack": stack}).encode()
        )
        put(tmp_path, f"t_rank_{rank}.log", string + start)
    capture = TraceLog.open(tmp_path).complete().capture(["rank1/0/0"])
    place = capture.compilations[0].place
    assert place is not None
    assert place.file == "/home/rank1.py"


# --- what other tools leave ---------------------------------------------------------------------------------


def test_of_what_tlparse_wrote_only_the_log_is_read(tmp_path: Path) -> None:
    for rank in (0, 1):
        put(tmp_path, f"rank_{rank}/raw.log")
        put(tmp_path, f"rank_{rank}/compile_directory.json", "{}")
        put(tmp_path, f"rank_{rank}/-_0_0_0/dynamo_output_graph_0.txt", START)
    put(tmp_path, "index.html", "<html>")
    log = TraceLog.open(tmp_path).complete()
    assert files(log) == ["rank_0/raw.log", "rank_1/raw.log"]
    assert log.compile_ids == ("0/0", "rank1/0/0")


def debug_folder(folder: Path) -> Path:
    run = "torch_compile_debug/run_2026_01_02_03_04_05_000006-pid_7/torchinductor"
    capture = TraceLog.open(TRACES / "two_ops.log").complete().capture()
    texts = {
        "fx_graph_readable.py": capture.find(Stage.ATEN)[0].text,
        "fx_graph_transformed.py": capture.find(Stage.POST_GRAD)[0].text,
        "ir_pre_fusion.txt": "op0: SchedulerNode(ComputedBuffer)\nop0.writes = []\n\n\n",
        "output_code.py": capture.find(Stage.INDUCTOR)[0].text,
        "fx_graph_runnable.py": "import torch\n",
        "debug.log": "[graph.py:1 DEBUG] hello\n",
        "inductor_provenance_tracking_node_mappings.json": '{"postToPre": {"sin": ["sin"]}, "cppCodeToPost": {}}',
    }
    for name, text in texts.items():
        put(folder, f"{run}/model__0_inference_0.0/{name}", text)
        put(folder, f"{run}/model__1_inference_1.1/{name}", text)
    put(folder, f"{run}/aot_model___0_debug.log", "hello")
    return folder / "torch_compile_debug"


def test_a_torch_compile_debug_folder_is_read_as_a_trace(tmp_path: Path) -> None:
    log = TraceLog.open(debug_folder(tmp_path)).complete()
    capture = log.capture()
    assert log.compile_ids == ("0/0", "1/0")
    for stage in (Stage.ATEN, Stage.POST_GRAD, Stage.IR_PRE_FUSION, Stage.INDUCTOR, Stage.KERNEL):
        assert len(capture.find(stage)) == 2, stage
    assert capture.links
    assert any("does not name compile ids" in note.message for note in capture.notes)
    assert not capture.dropped
    assert log.kinds["artifact:inductor_provenance_tracking_node_mappings"] == 2
    while log.verify():
        pass
    assert not log.bad


def test_of_a_debug_folder_with_a_trace_the_trace_is_read(tmp_path: Path) -> None:
    folder = debug_folder(tmp_path)
    put(folder, "tlparse/dedicated_log_torch_trace_abc.log", record("dynamo_start", compile_id=(7, 3)))
    log = TraceLog.open(folder).complete()
    assert files(log) == ["tlparse/dedicated_log_torch_trace_abc.log"]
    assert log.compile_ids == ("7/3",)


def test_one_run_of_a_debug_folder_can_be_given(tmp_path: Path) -> None:
    (run,) = debug_folder(tmp_path).iterdir()
    assert TraceLog.open(run).complete().compile_ids == ("0/0", "1/0")


# --- being written ------------------------------------------------------------------------------------------


def test_logs_that_appear_later_are_followed(tmp_path: Path) -> None:
    folder = tmp_path / "trace"
    log = TraceLog.open(folder, follow=True)
    assert not log.advance()
    put(folder, "t_rank_0.log")
    put(folder, "readme.txt", "hello")
    assert log.advance()
    assert log.compile_ids == ("0/0",)
    put(folder, "t_rank_1.log", b"")
    assert not log.advance()
    put(folder, "t_rank_1.log")
    assert log.advance()
    assert log.compile_ids == ("0/0", "rank1/0/0")
    assert not log.indexed


def test_a_followed_log_that_was_begun_anew_is_read_anew(tmp_path: Path) -> None:
    path = put(tmp_path, "a.log", START * 3)
    log = TraceLog.open(path, follow=True)
    log.advance()
    put(tmp_path, "b", record("again")).replace(path)
    log.advance()
    found = list(log.records())
    assert [item.reason for item in found if not isinstance(item, Record)] == [
        "the file became shorter while it was read; read again"
    ]
    assert [next(iter(item.metadata)) for item in found if isinstance(item, Record)] == ["again"]


def test_a_log_that_something_stands_before_is_no_bundle(tmp_path: Path) -> None:
    path = tmp_path / "it.log"
    path.write_bytes(b"PK\x03\x04" + (TRACES / "two_ops.log").read_bytes())
    assert input_at(path) is Input.LOG
    bundle = tmp_path / "it.inspector"
    with zipfile.ZipFile(bundle, "w") as file:
        file.writestr("manifest.json", "{}")
    assert input_at(bundle) is Input.BUNDLE
