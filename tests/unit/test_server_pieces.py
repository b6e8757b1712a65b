"""What a server compiled in pieces, told from made records: nothing of a real model's is in them."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path

import pytest

from inspector.bundle import read
from inspector.bundle.markdown import markdown
from inspector.bundle.page.sections import CaptureSections
from inspector.cli.main import main
from inspector.model.pieces import ModelPieces, PieceOutcome, TokenRange
from inspector.model.stage import Stage
from inspector.say.piece import holds
from inspector.say.pieces import loads, summary
from inspector.trace.log import TraceLog
from inspector.trace.pieces import read_pieces
from inspector.trace.split import submodules
from tests import json_schema
from tests.unit.trace_text import record

ID = (0, 0)
ONE, FEW, MANY = TokenRange(1, 1), TokenRange(1, 64), TokenRange(65, 512)
CONFIG = {
    "model": "tiny",
    "prefix": "backbone",
    "splitting_ops": "demo::attention",
    "compile_sizes": "1",
    "use_inductor_graph_partition": False,
}


def part(name: str, body: str) -> str:
    return (
        f"    class {name}(torch.nn.Module):\n"
        f'        def forward(self, x_{name}: "f32[s0, 8]"):\n            {body}\n            return (y_{name},)\n\n'
    )


def exp(name: str) -> str:
    return part(name, f'y_{name}: "f32[s0, 8]" = torch.exp(x_{name});  x_{name} = None')


SPLIT = (
    'class GraphModule(torch.nn.Module):\n    def forward(self, L_x_: "f32[s0, 8]"):\n'
    "        submod_0 = self.submod_0(L_x_);  L_x_ = None\n"
    "        submod_1 = self.submod_1(submod_0);  submod_0 = None\n"
    "        submod_2 = self.submod_2(submod_1);  submod_1 = None\n        submod_3 = self.submod_3(submod_2)\n"
    "        submod_4 = self.submod_4(submod_3)\n        return (submod_4,)\n\n"
    + part("submod_0", 'y_submod_0: "f32[s0, 8]" = torch.sin(x_submod_0);  x_submod_0 = None')
    + part("submod_1", "y_submod_1 = torch.ops.demo.attention(x_submod_1);  x_submod_1 = None")
    + exp("submod_2")
    + part("submod_3", "y_submod_3 = torch.ops.demo.attention(x_submod_3);  x_submod_3 = None")
    + exp("submod_4")
)
RUN = (
    "import torch\n\ndef __vllm_inlined_submods__1(x):\n    a = torch.ops.demo.attention(x)\n    return a\n\n"
    "def execution_fn(x):\n    submod_0 = __vllm_submods__[0](x)\n    del x\n"
    "    submod_1 = __vllm_inlined_submods__1(submod_0)\n    submod_2 = __vllm_submods__[2](submod_1)\n"
    "    return (submod_2,)\n"
)


def aten(operator: str, name: str = "a", size: str = "s0") -> str:
    return (
        f'class <lambda>(torch.nn.Module):\n    def forward(self, arg0_1: "f32[{size}, 8]"):\n'
        f'        {name}: "f32[{size}, 8]" = torch.ops.aten.{operator}.default(arg0_1);  arg0_1 = None\n'
        f"        return ({name},)\n"
    )


def event(name: str, phase: str, second: float, tid: int = 0) -> bytes:
    facts = {"name": name, "ph": phase, "ts": second * 1e6, "pid": 0, "tid": tid, "args": {}}
    return record("chromium_event", json.dumps(facts), chromium_event={})


def own(name: str, payload: object) -> bytes:
    return record(f"artifact:vllm_{name}", payload if isinstance(payload, str) else json.dumps(payload), compile_id=ID)


def start(name: str, tokens: TokenRange, second: float) -> bytes:
    facts = {"submod_name": name, "compile_range_start": tokens.first, "compile_range_end": tokens.last}
    log = "vllm_log_compile_start_torch_trace_only"
    return event(log, "B", second) + own("piecewise_compile_start", facts) + event(log, "E", second + 0.001)


def code(number: int, name: str) -> bytes:
    text = f"# AOT ID: ['{number}_inference']\nkernel = '{name}'\n"
    return record("inductor_output_code", text, compile_id=ID)


def compiled(graph: str, kernel: str, begin: float, end: float, number: int = 0) -> bytes:
    return b"".join(
        (
            record("artifact:aotautograd_cache_miss", "{}", compile_id=ID),
            event("create_aot_dispatcher_function", "B", begin),
            record("aot_inference_graph", graph, compile_id=ID),
            event("code_gen", "B", begin + 0.5),
            code(number, kernel),
            event("code_gen", "E", end),
            event("create_aot_dispatcher_function", "E", end),
        )
    )


COLD = b"".join(
    (
        event("vllm_backend", "B", 9),
        own("compilation_config", CONFIG),
        own("piecewise_split_graph", SPLIT),
        start("submod_0", ONE, 10) + compiled(aten("sin", size="1"), "sin1", 11, 14),
        start("submod_0", FEW, 14) + compiled(aten("sin"), "sin", 15, 17, 1),
        start("submod_0", MANY, 17) + compiled(aten("sin", "b"), "sin", 18, 19.5, 2),
        *chain.from_iterable(
            (
                start("submod_2", tokens, 20 + 5 * at),
                compiled(aten("exp", size=str(at)), f"e{at}", 21 + 5 * at, 24 + 5 * at),
            )
            for at, tokens in enumerate((ONE, FEW, MANY))
        ),
        *(start("submod_4", tokens, 40 + at) for at, tokens in enumerate((ONE, FEW, MANY))),
        event("vllm_backend", "E", 99),
        own("execution_code", RUN),
    )
)


def models(folder: Path, data: bytes) -> tuple[ModelPieces, ...]:
    (folder / "one.log").write_bytes(data)
    with TraceLog.open(folder / "one.log").complete() as log:
        return read_pieces(log).models


def outcomes(model: ModelPieces) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for cell in model.cells:
        found.setdefault(cell.submodule, []).append(cell.outcome.value)
    return found


def test_a_cold_start_is_a_table_of_parts_and_ranges(tmp_path: Path) -> None:
    (model,) = models(tmp_path, COLD)
    assert (model.name, model.ranges) == ("tiny, backbone", (ONE, FEW, MANY))
    assert [item.name for item in model.submodules] == [f"submod_{number}" for number in range(5)]
    assert [item.cut for item in model.submodules] == [(), ("demo.attention",), (), ("demo.attention",), ()]
    assert [item.same_as for item in model.submodules] == ["", "", "", "", "submod_2"]
    assert outcomes(model) == {
        "submod_0": ["compiled"] * 3,
        "submod_2": ["compiled"] * 3,
        "submod_4": ["reused"] * 3,
    }
    assert {item.of for item in model.cells} == {"", "submod_2"}
    assert model.configuration["use_inductor_graph_partition"] == "false"


def test_a_time_is_a_pieces_own_events_and_not_those_around_it(tmp_path: Path) -> None:
    (model,) = models(tmp_path, COLD)
    first = model.cell("submod_0", ONE)
    assert first is not None
    assert (first.seconds, first.busy) == (pytest.approx(4), pytest.approx(3.001))
    last = model.cell("submod_2", MANY)
    assert last is not None
    assert last.seconds == pytest.approx(4)  # not the 99 at which what encloses all of them ends
    assert model.spared == pytest.approx(12)


def test_one_graph_compiled_for_two_ranges_is_said_with_whether_the_code_is_one(tmp_path: Path) -> None:
    (model,) = models(tmp_path, COLD)
    assert [[cell.compile_id[-2:] for cell in cells] for cells in model.twice] == [[":1", ":2"]]
    assert len({cell.code for cell in model.twice[0]}) == 1
    (tmp_path / "other").mkdir()
    (differing,) = models(tmp_path / "other", COLD.replace(*(code(2, name) for name in ("sin", "other"))))
    assert len({cell.code for cell in differing.twice[0]}) == 2


def test_nothing_after_a_beginning_is_reuse_only_where_an_equal_part_was_compiled(tmp_path: Path) -> None:
    config = own("compilation_config", CONFIG) + own("piecewise_split_graph", SPLIT)
    (model,) = models(tmp_path, config + start("submod_2", FEW, 1) + start("submod_4", FEW, 2))
    assert outcomes(model) == {"submod_2": ["no compile recorded"], "submod_4": ["no compile recorded"]}


def test_what_flows_between_parts_is_told_from_what_calls_them(tmp_path: Path) -> None:
    (model,) = models(tmp_path, COLD)
    assert [item.reads for item in model.submodules] == [(), *((f"submod_{number}",) for number in range(4))]
    (tmp_path / "warm").mkdir()
    (model,) = models(tmp_path / "warm", own("execution_code", RUN))
    assert {item.name: item.reads for item in model.submodules}["submod_2"] == ("submod_1",)
    (tmp_path / "bare").mkdir()
    (model,) = models(tmp_path / "bare", start("submod_0", FEW, 1))
    assert [item.reads for item in model.submodules] == [None]


def relied(expression: str) -> bytes:
    return record("guard_added_fast", None, compile_id=ID, guard_added_fast={"expr": expression})


def symbol(name: str, source: str) -> bytes:
    return record(
        "create_symbol", None, compile_id=ID, create_symbol={"symbol": name, "source": source, "vr": "[2, 9]"}
    )


def tree(*guards: str) -> bytes:
    lines = ("TREE_GUARD_MANAGER:", "+- RootGuardManager", *(f"| +- {guard}" for guard in guards))
    return record("dynamo_cpp_guards_str", "\n".join(lines), compile_id=ID)


TRACED = symbol("s0", "L['x'].size()[0]") + symbol("s9", "L['handle'].item()") + relied("4*s0 <= 64")


def test_conditions_are_dropped_only_where_torchs_own_tree_holds_no_guard(tmp_path: Path) -> None:
    own_shapes = relied("s0 < 5") + symbol("s1", "L['y'].size()[0]")  # made while a piece is compiled
    config, begun = own("compilation_config", CONFIG), start("submod_0", FEW, 1) + own_shapes
    said = {}
    for name, trees in {"none": b"", "empty": tree(), "kept": tree("DEFAULT_DEVICE: torch.device")}.items():
        (tmp_path / name).mkdir()
        (model,) = models(tmp_path / name, TRACED + config + begun + own("execution_code", RUN) + trees)
        assert [item.name for item in model.asked.symbols] == ["s0"]
        assert model.asked.conditions == ("4*s0 <= 64",)
        said[name] = [row.text for row in holds(model.asked, FEW).rows]
    assert "vLLM has it compiled for 1…64 tokens" in said["none"]
    assert "whether a guard is asked before a call is not recorded" in said["none"]
    assert [word for word in said if any("dropped" in text for text in said[word])] == ["empty"]
    assert "1 guard asked before a call, of Dynamo's whole graph" in said["kept"]


def test_compiles_at_once_are_not_told_apart(tmp_path: Path) -> None:
    both = compiled(aten("sin"), "a", 3, 4).replace(b"inductor_output_code", b"later") + compiled(
        aten("exp"), "b", 3, 5
    )
    (model,) = models(tmp_path, start("submod_0", FEW, 1) + start("submod_2", FEW, 2) + both)
    assert outcomes(model) == {"submod_0": ["no compile recorded"], "submod_2": ["not told apart"]}
    assert [cell.seconds for cell in model.cells if cell.outcome is PieceOutcome.SHARED] == [None]


def test_a_compile_without_code_is_not_called_compiled(tmp_path: Path) -> None:
    (model,) = models(tmp_path, start("submod_0", FEW, 1) + record("aot_inference_graph", aten("sin")))
    assert outcomes(model) == {"submod_0": ["begun, no code recorded"]}
    assert model.compiled == ()


def load(graph: str) -> bytes:
    return record("aot_inference_graph", graph)


HIT = record("inductor_output_code", "code\n") + record("artifact:fx_graph_bundled_cache_hit", "{}")
LOAD = "AOTAutogradCache.inductor_load"


def test_loads_at_once_are_one_time_and_nothing_is_said_of_each(tmp_path: Path) -> None:
    data = load(aten("sin")) + event(LOAD, "B", 1) + load(aten("exp")) + event(LOAD, "B", 2)
    data += HIT + event(LOAD, "E", 5) + HIT + event(LOAD, "E", 7) + own("execution_code", RUN)
    (model,) = models(tmp_path, data)
    assert (model.loaded, model.load_seconds, model.loads_overlap) == (2, pytest.approx(6), True)
    assert (model.cells, model.given_up) == ((), 0)
    assert model.at_once == ((0, 1), (1, 2), (4, 1), (6, 0))
    drawn = {row.label: row.text.count("=") for row in loads(model).rows if row.label}
    assert drawn == {"loading": 48, "2 at once": 24}
    assert [item.cut for item in model.submodules] == [(), ("demo.attention",), ()]


def test_an_artifact_whose_graph_is_compiled_all_the_same_was_given_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = load(aten("sin")) + event(LOAD, "B", 1) + HIT + event(LOAD, "E", 3)
    (model,) = models(tmp_path, loaded + compiled(aten("sin", "other"), "sin", 4, 9))
    assert (outcomes(model), model.given_up) == ({"": ["loaded, given up, compiled again"]}, 1)
    path = str(tmp_path / "one.log")
    assert main(["why", path, "--exit-code"]) == 1
    assert "1 artifact loaded, given up and compiled again" in capsys.readouterr().out
    assert main(["check", path, "--max-given-up", "0"]) == 1
    assert main(["check", path, "--max-given-up", "1"]) == 0
    (tmp_path / "other").mkdir()
    (model,) = models(tmp_path / "other", loaded + compiled(aten("exp"), "exp", 4, 9))
    assert (outcomes(model), model.given_up) == ({"": ["compiled"]}, 0)


def test_passes_and_the_kind_of_start_that_newer_versions_record(tmp_path: Path) -> None:
    begun = own("compile_event", {"type": "aot_cache_hit"}) + own("compilation_config", CONFIG)
    begun += own("patterns.Fuse", "def pattern(): ...\n") + start("submod_0", FEW, 1)
    begun += record("artifact:before_post_grad_graph", aten("sin")) + own("post_grad.0.Noop", aten("sin", "z"))
    begun += own("post_grad.1.Fuse", aten("cos"))
    (model,) = models(tmp_path, begun + compiled(aten("sin"), "sin", 2, 3))
    assert (model.event, model.patterns) == ("aot_cache_hit", ("Fuse",))
    noop, fuse = model.cells[0].passes
    assert (noop.name, noop.same) == ("0.Noop", True)
    assert (fuse.same, list(fuse.removed.values()), list(fuse.added.values())) == (False, [1], [1])


def test_the_table_and_the_pieces_that_it_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.log"
    path.write_bytes(COLD)
    assert main(["show", str(path), "--pieces"]) == 0
    out = capsys.readouterr().out
    assert "tiny, backbone: 3 of 5 parts compiled by themselves for 3 ranges of token counts" in out
    lines = {line.split()[0]: line for line in out.splitlines() if line.startswith("submod_")}
    assert lines["submod_4"].count("= submod_2") == 3
    assert lines["submod_1"].count("not compiled") == 3
    assert "4.00 s" in lines["submod_0"]
    assert "1 operation; the graph of submod_2; is given values of submod_3" in out
    assert "submod_0 for 1…64 and submod_0 for 65…512 have one ATen graph up to names, and one output code" in out
    assert main(["show", str(path), "--pieces", "--json"]) == 0
    (data,) = json_schema.check(capsys.readouterr().out)["models"]
    assert (len(data["pieces"]), data["compiled_twice"], data["spared_seconds"]) == (9, [["0/0:1", "0/0:2"]], 12)
    (model,) = models(tmp_path, COLD)
    opens = model.cells[3].compile_id
    assert main(["show", str(path), "--compile-id", opens, "--stage", "aten"]) == 0
    assert "torch.ops.aten.exp" in capsys.readouterr().out
    assert main(["show", str(path), "--compile-id", opens.rpartition(":")[0] + ":99"]) == 2


def test_limits_are_unknown_where_no_server_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.log"
    path.write_bytes(COLD)
    assert main(["check", str(path), "--max-pieces", "6"]) == 0
    assert main(["check", str(path), "--max-pieces", "5"]) == 1
    path.write_bytes(compiled(aten("sin"), "sin", 1, 2))
    assert main(["check", str(path), "--max-pieces", "5"]) == 4
    assert main(["show", str(path), "--pieces"]) == 0
    assert "No record of a server" in capsys.readouterr().out


def test_damage_is_said_before_what_seems_not_compiled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.log"
    path.write_bytes(COLD.replace(b"torch.ops.aten.exp.default", b"torch.ops.aten.exp.default0", 1))
    assert main(["show", str(path), "--pieces"]) == 0
    assert "1 record about pieces cannot be read" in capsys.readouterr().out
    assert main(["check", str(path), "--max-pieces", "9"]) == 4


def test_a_recorded_program_that_compiles_in_pieces() -> None:
    """`tests/traces/record.py pieces`: torch's own records and events, below vLLM's names."""
    with TraceLog.open(Path(__file__).parents[1] / "traces" / "pieces.log").complete() as log:
        (model,) = read_pieces(log).models
        captures = [log.capture([cell.compile_id]) for cell in model.compiled]
    assert outcomes(model) == {"submod_0": ["compiled"] * 2, "submod_2": ["reused"] * 2}
    assert [(item.name, item.cut) for item in model.submodules][1] == ("submod_1", ("aten.softmax",))
    assert all(cell.seconds is not None and cell.busy is not None and cell.busy <= cell.seconds for cell in model.cells)
    assert len(model.twice) == 1
    for capture in captures:
        assert [item.stage.value for item in capture.artifacts if "exp" in item.text]


def exported(folder: Path, *options: str) -> Path:
    (folder / "one.log").write_bytes(COLD)
    assert main(["export", str(folder / "one.log"), "-o", str(folder / "out"), *options]) == 0
    return folder / "out"


def test_a_bundle_says_of_its_pieces_what_the_log_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = exported(tmp_path)
    said = []
    for path in (tmp_path / "one.log", bundle):
        capsys.readouterr()
        assert main(["show", str(path), "--pieces", "--json"]) == 0
        said.append(json_schema.check(capsys.readouterr().out)["models"])
    assert said[0] == said[1] != []
    assert main(["show", str(bundle), "--compile-id", "0/0:3", "--stage", "aten"]) == 0
    assert "torch.ops.aten.exp" in capsys.readouterr().out
    facts = bundle / "facts.json"
    assert json.loads(facts.read_text())["served"]
    found = []
    for path in (tmp_path / "one.log", bundle):
        capsys.readouterr()
        assert main(["why", str(path), "--json"]) == 0
        found.append([item["code"] for item in json.loads(capsys.readouterr().out)["verdicts"]])
    assert found[0] == found[1]
    assert "pieces.twice" in found[1]


def test_a_piece_alone_is_a_bundle_that_opens_under_its_compile_id(tmp_path: Path) -> None:
    capture = read(exported(tmp_path, "--compile-id", "0/0:3"))
    assert ["aten.exp" in item.text for item in capture.find(Stage.ATEN)] == [True]
    (model,) = capture.served
    assert [(cell.submodule, cell.tokens) for cell in model.cells if cell.compile_id] == [("submod_2", ONE)]
    assert len(model.cells) == 9
    assert any(row.text.startswith("submod_2 for 1 opens as `0/0`") for row in summary(model).rows)


def test_the_page_and_markdown_say_the_table(tmp_path: Path) -> None:
    capture = read(exported(tmp_path))
    text = markdown(capture)
    for words in ("1 token: 4.00 s", "= submod_2", "not compiled", "the graph of submod_2"):
        assert words in text
    told = {section["title"]: [row[:2] for row in section["rows"]] for section in CaptureSections(capture).whole()}
    (rows,) = (rows for title, rows in told.items() if title.startswith("tiny, backbone"))
    assert ["submod_1", "not compiled"] in rows


@pytest.mark.parametrize(
    "written", ["demo::attention", '["demo::attention"]', "demo.attention,aten::softmax", "[]", ""]
)
def test_a_part_that_the_graph_is_cut_at_is_not_compiled_however_the_operators_are_written(written: str) -> None:
    split = """class GraphModule(torch.nn.Module):
    def forward(self, x):
        submod_0 = self.submod_0(x);  x = None
        return submod_0

    class submod_0(torch.nn.Module):
        def forward(self, x):
            attention = torch.ops.demo.attention(x);  x = None
            return attention
"""
    (part,) = submodules(split, {}, "", {"splitting_ops": written}, ())
    assert part.cut == (("demo.attention",) if "demo" in written else ())
