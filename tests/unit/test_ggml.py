"""llama.cpp's graphs, from lines made here in the columns that its scheduler prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.cli.main import main
from inspector.trace.ggml import graphs_in
from tests import json_schema


def tensor(name: str, size: str = "4K", backend: str = "CPU") -> str:
    return f"{name[:20]:>20} ({size:>5}) [{backend:>5} {'':>8}]"


def node(number: int, operator: str, out: str, *inputs: str, size: str = "4K") -> str:
    read = "".join(f" {tensor(item)}" for item in inputs)
    return f"node #{number:>3} ({operator:>10}): {tensor(out, size)} use=1,c=1:{read}"


def graph(size: str = "4K", operator: str = "MUL_MAT") -> list[str]:
    return [
        "",
        "## SPLIT #0: CPU # 0 inputs",
        node(0, "GET_ROWS", "embd", "token_embd.weight", "inp_tokens", size=size),
        node(2, operator, "cache_k_l0 (view)", "blk.0.attn_output.weight", "embd", size=size),
        "## SPLIT #1: CUDA0 # 1 inputs: [embd (   4K)]",
        node(3, "ADD", "l_out-0", "embd", "cache_k_l0 (view)", size=size),
    ]


RESERVE = "graph_reserve: reserving a graph for ubatch with n_tokens =  256, n_seqs =  1, n_outputs =  256"
REUSED = "llama_perf_context_print:    graphs reused =         38"
LINES = [RESERVE, *graph("1M"), *graph(), *graph(), *graph(operator="ROPE"), REUSED]


def test_graphs_are_counted_by_what_they_are_built_for() -> None:
    log = graphs_in(LINES)
    assert [item.reserved_for for item in log.graphs] == [256, None, None, None]
    assert (len(log.built), log.reused, log.unread) == (3, 38, 0)
    first = log.graphs[0]
    assert [(split.backend, split.copied) for split in first.splits] == [("CPU", ()), ("CUDA0", ("embd",))]
    assert [item.number for item in first.nodes] == [0, 2, 3]
    second = first.nodes[1]
    assert (second.operator, second.out.name, second.out.size) == ("MUL_MAT", "cache_k_l0 (view)", "1M")
    assert [item.name for item in second.inputs] == ["blk.0.attn_output.we", "embd"]  # all that is printed of it


def test_what_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.txt"
    path.write_text("\n".join(("llama_model_loader: …", *LINES)))
    assert main(["show", str(path)]) == 0
    out = capsys.readouterr().out
    assert "4 graphs: 1 to reserve memory, 3 to be computed" in out
    assert "38 times a graph was computed again without being built" in out
    rows = [line for line in out.splitlines() if line[2:3].isdecimal() and "(CPU, CUDA0)" in line]
    like = [line.partition("(CPU, CUDA0)")[2].strip() for line in rows]
    assert like == ["", "as 0, but for sizes", "as 1", ""]
    assert main(["show", str(path), "--compile-id", "3"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "split 0 on CPU"
    assert "  cache_k_l0 (view) = ROPE(blk.0.attn_output.we, embd)  # 4K" in shown
    assert "split 1 on CUDA0, embd copied to it" in shown
    assert main(["show", str(path), "--compile-id", "9"]) == 2
    assert "numbered 0 to 3" in capsys.readouterr().err
    assert main(["show", str(path), "--json"]) == 0
    assert json_schema.check(capsys.readouterr().out)["reused"] == 38


def test_what_is_not_printed_is_not_zero_and_damage_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.txt"
    path.write_text("\n".join((*graph(), "node #  9 (cut")))
    assert main(["show", str(path)]) == 0
    out = capsys.readouterr().out
    assert "how many were reused is not recorded" in out
    assert "1 node that cannot be read" in out


def test_a_program_that_prints_something_else_is_a_log_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("node #  0 (  GET_ROWS): no split\n")
    assert main(["show", str(path)]) == 2
