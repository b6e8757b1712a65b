"""What a worker prints reaches a terminal tamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.client.logs import LogTail, last_lines, sanitise


@pytest.mark.parametrize(
    ("raw", "tame"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;cm0gLXJm\x07copied", "copied"),
        ("\x1bPq#0;2\x1b\\sixel", "sixel"),
        ("\x9b31mc1", "c1"),
        ("\x1b(Bcharset", "charset"),
        ("bell\x07 back\x08 null\x00", "bell back null"),
        ("10%\r50%\r100%\n", "100%\n"),
        ("dos\r\nline\r\n", "dos\nline\n"),
        ("\x1b]0;never ended\nnext", "\nnext"),
        ("a · b → c", "a · b → c"),
    ],
)
def test_sanitise(raw: str, tame: str) -> None:
    assert sanitise(raw) == tame


def test_tail_hands_out_whole_lines_only(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = LogTail(path)
    assert tail.read() == "", "a log that is not there yet"
    with path.open("wb") as file:
        for piece, expected in [
            (b"one\ntw", "one\n"),
            (b"o\n\xe2\x86", "two\n"),
            (b"\x92 \x1b[3", ""),
            (b"1mred\n", "→ red\n"),
            (b"end", ""),
        ]:
            file.write(piece)
            file.flush()
            assert tail.read() == expected
    assert tail.read(last=True) == "end"
    assert tail.read(last=True) == ""


def test_tail_skips_what_nobody_could_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * 99 + b"\n" + b"y" * 99 + b"\n" * 1 + b"z\n" * 400_000)
    text = LogTail(path).read()
    assert "bytes left out" in text.splitlines()[1]
    assert len(text) < 300_000
    assert text.endswith("z\n")


def test_the_end_of_a_crashed_log_tells_where_it_crashed(tmp_path: Path) -> None:
    """As faulthandler writes it: other threads first, then the one that crashed, then every extension module."""
    other = [f'  File "other.py", line {number} in wait' for number in range(30)]
    ours = [f'  File "kernel.py", line {number} in call' for number in range(40)]
    dump = ["Fatal Python error: Segmentation fault", "", "Thread 0x1 (most recent call first):", *other, ""]
    dump += ["Current thread 0x2 (most recent call first):", *ours, "", f"Extension modules: {'numpy, ' * 1000}"]
    path = tmp_path / "log"
    path.write_text("\n".join(["long ago"] * 9 + ["compiling", "warning", "last words", *dump]))
    tail = last_lines(path)
    assert tail[:5] == ("compiling", "warning", "last words", dump[0], "Current thread 0x2 (most recent call first):")
    assert tail[5:] == tuple(ours[:15])
    path.write_text("first\nFatal Python error: Aborted\n" + "x" * 5000)
    assert last_lines(path) == ("first", "Fatal Python error: Aborted", "x" * 300)


def test_last_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    assert last_lines(path) == ()
    path.write_text("".join(f"\x1b[1mline {number}\x1b[0m\n\n" for number in range(50)))
    assert last_lines(path, 3) == ("line 47", "line 48", "line 49")
