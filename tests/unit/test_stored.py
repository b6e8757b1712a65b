"""Folders of compiled code, made here with Python's own pickles: nothing of torch's is in them, and nothing is run."""

from __future__ import annotations

import json
import os
import pickle
import struct
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.cli.main import main
from inspector.jsontext import Malformed
from inspector.model.pieces import Submodule
from inspector.say.pieces import NOT_RECORDED, table
from inspector.trace import stored
from inspector.trace.pickled import MadeObject, Named, read_pickle
from inspector.work.opening import open_path
from tests import json_schema


class CompiledFxGraph:
    pass


class BundledCompiledForward:
    pass


class BundledAOTAutogradResult:
    pass


class AOTAutogradResult:
    pass


class CompiledForward:
    pass


class StandaloneCompiledArtifacts:
    pass


class SourceInfo:
    pass


class InlinedSource:
    pass


class SystemInfo:
    pass


def made(kind: type, **fields: object) -> Any:
    value = kind()
    vars(value).update(fields)
    return value


CODE = """# AOT ID: ['0_inference']
async_compile = AsyncCompile()

cpp_fused_{name}_0 = async_compile.cpp_pybinding(['const float*', 'float*'], r'''
extern "C"  void  kernel(const float* in_ptr0, float* out_ptr0)
{{
    out_ptr0[0] = std::{name}(in_ptr0[0]);
}}
''')
"""


def aten(name: str) -> str:
    return (
        'class <lambda>(torch.nn.Module):\n    def forward(self, arg0_1: "f32[8]"):\n'
        f'        {name}: "f32[8]" = torch.ops.aten.{name}.default(arg0_1);  arg0_1 = None\n        return ({name},)\n'
    )


def result(name: str) -> Any:
    graph = made(
        CompiledFxGraph,
        cache_key=f"c{name}",
        source_code=CODE.format(name=name),
        runnable_graph_str="",
        inductor_post_grad_graph_str=aten(name),
    )
    return made(
        BundledAOTAutogradResult,
        compiled_fw=made(BundledCompiledForward, result=graph),
        compiled_bw=None,
        aot_forward_graph_str=aten(name),
        forward_time_taken_ns=1_500_000_000,
        backward_time_taken_ns=0,
    )


NAMES = {"submod_0_(1, 1)": "one", "submod_0_(1, 64)": "two", "submod_2_(1, 64)": "two"}


def aot_model(checksum: str = "aa", names: dict[str, str] = NAMES) -> bytes:
    pieces = {"one": pickle.dumps(pickle.dumps(result("exp"))), "two": pickle.dumps(pickle.dumps(result("sin")))}
    pieces["again"] = pieces["one"]
    artifacts = made(StandaloneCompiledArtifacts, submodule_bytes=names, submodule_bytes_store=pieces)
    inner = {"prefix": "backbone", "execution_code": "", "standalone_compile_artifacts": artifacts}
    source = made(InlinedSource, module="demo.layers", firstlineno="7", checksum=checksum)
    outer = {
        "compiled_fn": (print, pickle.dumps(inner)),
        "system_info": made(SystemInfo, python_version="3.11.7", torch_version="2.13.0", triton_version=(3, 9)),
        "source_info": made(SourceInfo, inlined_sources={source}),
        "device_type": "cpu",
    }
    return pickle.dumps(outer)


def aot_folder(root: Path, key: str = "0a1b", checksum: str = "aa") -> Path:
    folder = root / "torch_compile_cache" / "torch_aot_compile" / key
    (folder / "rank_0_0").mkdir(parents=True)
    (folder / "rank_0_0" / "model").write_bytes(aot_model(checksum))
    return folder


def inductor_folder(root: Path, name: str = "exp") -> Path:
    folder = root / "aotautograd" / "akey"
    folder.mkdir(parents=True)
    (folder / "entry").write_bytes(pickle.dumps(result(name)))
    return root


def vllm_key(root: Path, name: str, **changed: object) -> Path:
    folder = root / name / "rank_0_0" / "backbone"
    folder.mkdir(parents=True)
    factors = {
        "env": {"VLLM_USE_V2": "0", "CUDA_HOME": None},
        "config": {"model": {"dtype": "float32"}},
        "config_hash": "1",
        "code": [["/opt/demo/llama.py", "aa"], ["/opt/demo/ops.py", "bb"]],
        "code_hash": "2",
        "compiler_hash": "3",
    }
    (folder / "cache_key_factors.json").write_text(json.dumps(factors | changed))
    return root / name


def run(*words: object) -> int:
    return main([str(word) for word in words])


# --- what is read -------------------------------------------------------------------------------------------------


def test_an_artifact_shows_its_pieces_and_which_share_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    aot_folder(tmp_path)
    assert run("show", tmp_path / "torch_compile_cache") == 0
    out = capsys.readouterr().out
    assert "torch_aot_compile/0a1b: vLLM's ahead-of-time artifact" in out
    assert "3 pieces, 2 with code of their own, 1 sharing another's; compiling them took 3.00 s" in out
    assert "python 3.11.7, torch 2.13.0, triton 3.9, device cpu, prefix backbone" in out
    assert [line.split()[:4] for line in out.splitlines() if line.startswith("  submod")] == [
        ["submod_0", "1", "1.50", "s"],
        ["submod_0", "1…64", "1.50", "s"],
        ["submod_2", "1…64", "=", "submod_0"],
    ]
    assert run("show", tmp_path, "--json") == 0
    (key,) = json_schema.check(capsys.readouterr().out)["keys"]
    assert (key["factors"], key["unread"], key["pieces"][2]["opens"]) == ({"code: demo.layers:7": "aa"}, [], "0/0:1")


@pytest.mark.parametrize("given", [(), ("--pieces",)])
def test_pieces_that_were_compiled_twice_are_shown_where_why_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: tuple[str, ...]
) -> None:
    folder = aot_folder(tmp_path)
    twice = "submod_0 for 1 and submod_0 for 65…512 have one ATen graph up to names, and one output code"
    assert run("show", folder, *given) == 0
    assert "one ATen graph" not in capsys.readouterr().out
    (folder / "rank_0_0" / "model").write_bytes(aot_model(names={**NAMES, "submod_0_(65, 512)": "again"}))
    assert run("why", folder) == 0
    said = capsys.readouterr().out
    assert twice in said and f"pieces.twice: inspector show {folder} --pieces" in said
    assert run("show", folder, *given) == 0
    out = capsys.readouterr().out
    assert twice in out
    assert ("demo.layers:7" in out) == (not given)


def test_code_that_parts_share_is_kept_of_one_and_the_other_is_not_called_not_begun(tmp_path: Path) -> None:
    pieces = open_path(aot_folder(tmp_path)).pieces()
    (model,) = pieces.models
    shared = replace(model, submodules=(*model.submodules, Submodule("submod_2", same_as="submod_0")))
    _, items = table(shared)
    row = next(item for item in items if item.key == "submod_2")
    assert NOT_RECORDED in [cell.text for cell in row.cells] and "not begun" not in [cell.text for cell in row.cells]


def test_a_folder_says_nothing_of_what_only_a_log_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    aot_folder(tmp_path)
    folder = tmp_path / "torch_compile_cache"
    assert run("recompiles", folder) == 0
    assert capsys.readouterr().out.startswith("No recompile is recorded; but torch gave no compile id to 0/0.")
    assert run("why", folder) == 0
    said = capsys.readouterr().out
    assert "not recorded  recompiles: torch gave no compile id to 0/0" in said
    for limit in ("recompiles", "given-up", "pieces"):
        assert run("check", folder, f"--max-{limit}", "9") == 4
        assert f"unknown --max-{limit} cannot be checked" in capsys.readouterr().out


def test_the_time_that_a_folder_records_of_a_piece_is_its_time_everywhere(tmp_path: Path) -> None:
    aot_folder(tmp_path)
    (model,) = open_path(tmp_path / "torch_compile_cache").pieces().models
    assert [cell.seconds for cell in model.cells] == [1.5, 1.5]


@pytest.mark.parametrize("below", ["", "torch_compile_cache", "torch_compile_cache/torch_aot_compile"])
def test_a_key_is_found_from_every_folder_above_it_and_opens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], below: str
) -> None:
    folder = aot_folder(tmp_path)
    for path in (tmp_path / below, folder, folder / "rank_0_0"):
        assert run("show", path, "--compile-id", "0/0:1", "--stage", "inductor") == 0
        assert "std::sin" in capsys.readouterr().out
        assert run("show", path, "--compile-id", "0/0:0", "--stage", "aten") == 0
        assert "aten.exp" in capsys.readouterr().out


def test_inductors_own_folder_of_any_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inductor_folder(tmp_path)
    assert run("show", tmp_path) == 0
    out = capsys.readouterr().out
    assert ".: Inductor's cache" in out
    assert "1 piece, 1 with code of their own" in out
    assert run("show", tmp_path, "--compile-id", "0/0", "--stage", "kernel") == 0
    assert "std::exp" in capsys.readouterr().out


def unbundled(root: Path, name: str, setting: str = "True") -> Path:
    """As torch keeps a graph without a bundle: AOTAutograd's entry names Inductor's by its key."""
    parts = [f"[{'a' * 20}] gm: whole graph", f"[{setting * 8}] inductor_config[cpp.simdlen]: <shortened>"]
    forward = made(CompiledForward, fx_graph_cache_info=(f"f{name}", parts))
    value = made(AOTAutogradResult, compiled_fw=forward, compiled_bw=None, aot_forward_graph_str=aten(name))
    for folder, what in ((root / "aotautograd" / f"a{name}", value), (root / "fxgraph" / "ab" / f"f{name}", None)):
        folder.mkdir(parents=True)
        (folder / "entry").write_bytes(pickle.dumps(what or result(name).compiled_fw.result))
    return root


def test_a_graph_whose_code_lies_in_inductors_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unbundled(tmp_path, "exp")
    unbundled(tmp_path, "sin")
    assert run("show", tmp_path) == 0
    out = capsys.readouterr().out
    assert "2 pieces, 2 with code of their own" in out
    assert "not read" not in out
    assert run("show", tmp_path, "--compile-id", "0/0:1", "--stage", "kernel") == 0
    assert "std::sin" in capsys.readouterr().out
    (tmp_path / "fxgraph" / "ab" / "fsin" / "second").write_bytes(pickle.dumps(result("cos").compiled_fw.result))
    assert run("show", tmp_path) == 0
    assert "asin: 2 codes are kept under its key" in capsys.readouterr().out


def test_settings_that_read_alike_and_are_not_are_told_by_their_digest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = unbundled(tmp_path / "a", "exp"), unbundled(tmp_path / "b", "exp", "None")
    assert run("diff", a, b, "--exit-code") == 1
    assert "inductor: inductor_config[cpp.simdlen]" in capsys.readouterr().out
    c = unbundled(tmp_path / "c", "exp")
    assert run("diff", a, c, "--exit-code") == 0


def test_machine_code_is_the_kernels_whose_text_the_shared_object_was_built_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inductor_folder(tmp_path)
    kernel = CODE.format(name="exp").partition("r'''")[2].partition("'''")[0]
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "cab.main.cpp").write_text(f"{kernel}\n// Python bindings to call kernel():\n")
    (tmp_path / "ab" / "cab.main.so").write_bytes(b"no library at all")
    assert run("show", tmp_path, "--json") == 0
    (key,) = json.loads(capsys.readouterr().out)["keys"]
    assert (key["pieces"][0]["kernels"], key["pieces"][0]["machine_code"]) == (1, 1)
    (tmp_path / "ab" / "cab.main.cpp").write_text("another kernel\n// Python bindings\n")
    assert run("show", tmp_path, "--json") == 0
    (key,) = json.loads(capsys.readouterr().out)["keys"]
    assert key["pieces"][0]["machine_code"] == 0


# --- why two keys are two -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"env": {"VLLM_USE_V2": "1", "CUDA_HOME": None}}, "env: VLLM_USE_V2"),
        ({"config": {"model": {"dtype": "bfloat16"}}, "config_hash": "9"}, "config: model.dtype"),
        (
            {"code": [["/opt/demo/llama.py", "aa"], ["/opt/demo/ops.py", "cc"]], "code_hash": "9"},
            "code: /opt/demo/ops.py",
        ),
        ({"compiler_hash": "9"}, "compiler_hash"),
        ({"config_hash": "9"}, "config_hash"),
    ],
)
def test_the_factor_that_differs_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, object], said: str
) -> None:
    a, b = vllm_key(tmp_path, "one"), vllm_key(tmp_path, "two", **changed)
    assert run("diff", a, b, "--exit-code") == 1
    out = capsys.readouterr().out
    assert out.splitlines()[0].startswith("1 factor of ")
    assert out.splitlines()[1].strip() == said
    assert ("only this digest is kept" in out) == said.endswith("_hash")
    assert run("diff", a, b, "--json") == 0
    assert [item["name"] for item in json_schema.check(capsys.readouterr().out)["changes"]] == [said]


def test_equal_keys_and_keys_without_factors_are_not_called_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = vllm_key(tmp_path, "one"), vllm_key(tmp_path, "two")
    assert run("diff", a, b, "--exit-code") == 0
    assert "factors that are kept are the same" in capsys.readouterr().out
    one, other = inductor_folder(tmp_path / "x"), inductor_folder(tmp_path / "y", "sin")
    assert run("diff", one, other, "--exit-code") == 2
    assert "not kept" in capsys.readouterr().out
    assert run("diff", tmp_path, tmp_path) == 2
    assert "holds 2 keys" in capsys.readouterr().err


def test_the_code_of_which_function_differs_between_artifacts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = aot_folder(tmp_path, "a"), aot_folder(tmp_path, "b", "bb")
    assert run("diff", a, b) == 0
    assert "code: demo.layers:7" in capsys.readouterr().out


# --- what is refused ----------------------------------------------------------------------------------------------


class Runs:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.path}",)


def test_a_pickle_that_would_run_something_runs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    proof = tmp_path / "ran"
    value = read_pickle(pickle.dumps(Runs(proof)))
    assert isinstance(value, MadeObject)
    assert value.of == Named(os.system.__module__, "system")
    folder = inductor_folder(tmp_path / "cache")
    (folder / "aotautograd" / "akey" / "worse").write_bytes(pickle.dumps(Runs(proof)))
    assert run("show", folder) == 0
    assert "no code is in it" in capsys.readouterr().out
    assert not proof.exists()


def test_a_pickle_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "wicked_module.py").write_text("raise SystemExit('imported')\n")
    sys.path.insert(0, str(tmp_path))
    try:
        read_pickle(b"cwicked_module\nname\n.")
        read_pickle(b"\x80\x04\x8c\x0dwicked_module\x8c\x04name\x93.")
    finally:
        sys.path.remove(str(tmp_path))
    assert "wicked_module" not in sys.modules


DEEP = 300_000
HOSTILE = {
    "empty": b"",
    "no end": b"\x80\x04]",
    "nothing on the stack": b"\x80\x04.",
    "a mark as a value": b"(.",
    "no such memo": b"h\x05.",
    "a huge text that is not there": b"\x8d" + struct.pack("<Q", 1 << 60) + b"x.",
    "huge bytes that are not there": b"\x96" + struct.pack("<Q", 1 << 60) + b"x.",
    "a buffer from elsewhere": b"\x97.",
    "a registered extension": b"\x82\x01.",
    "a key that cannot be hashed": b"}]]s.",
    "a deep tuple as a key": b"}" + b")" + b"\x85" * DEEP + b"Ns.",
    "an odd number of items": b"}(NNNu.",
    "items for a number": b"K\x01(NNu.",
    "too many opcodes": b"\x80\x04" + b"N0" * 600_000 + b"N.",
    "a number of many digits": b"I" + b"9" * 10_000 + b"\n.",
    "text that is none": b"\x8c\x02\xff\xfe.",
    "a global that is no text": b"NN\x93.",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pickles_are_refused(name: str) -> None:
    with pytest.raises(Malformed):
        read_pickle(HOSTILE[name])


def test_a_deep_or_circular_pickle_is_only_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert isinstance(read_pickle(b"]" + b"\x85" * DEEP + b"."), tuple)
    assert read_pickle(b"(" * 3 + b"llt.") != ()
    assert isinstance(read_pickle(b"]\x94h\x00a."), list)  # a list in itself
    folder = inductor_folder(tmp_path)
    (folder / "aotautograd" / "akey" / "deep").write_bytes(b"]" + b"\x85" * DEEP + b".")
    assert run("show", folder, "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["keys"][0]["unread"]) == 1


def test_a_folder_with_damage_says_which_file_and_shows_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = inductor_folder(tmp_path)
    (folder / "aotautograd" / "akey" / "cut").write_bytes(pickle.dumps(result("sin"))[:-40])
    assert run("show", folder) == 0
    out = capsys.readouterr().out
    assert "not read" in out
    assert "aotautograd/akey/cut: no whole pickle" in out
    assert "1 piece" in out
    key = vllm_key(tmp_path / "v", "one")
    (key / "rank_0_0" / "backbone" / "cache_key_factors.json").write_text("[" * 9000)
    assert run("show", key) == 0
    assert "cache_key_factors.json: " in capsys.readouterr().out


def test_links_are_not_followed_and_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(pickle.dumps(result("sin")))
    folder = inductor_folder(tmp_path / "cache")
    (folder / "aotautograd" / "akey" / "link").symlink_to(secret)
    (folder / "aotautograd" / "loop").symlink_to(folder)
    os.mkfifo(folder / "aotautograd" / "akey" / "pipe")
    assert run("show", folder) == 0
    out = capsys.readouterr().out
    assert "1 piece, " in out
    assert "3 files not looked at" in out


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = inductor_folder(tmp_path)
    with (folder / "aotautograd" / "akey" / "large").open("wb") as stream:
        stream.truncate(stored.MAX_BYTES + 1)
    assert run("show", folder) == 0
    assert "large: 256 MiB are more than 256" in capsys.readouterr().out
    monkeypatch.setattr(stored, "MAX_FILES", 1)
    assert run("show", folder) == 0
    assert "1 file not looked at" in capsys.readouterr().out


def test_a_folder_that_holds_logs_too_is_one_of_logs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inductor_folder(tmp_path / "job" / "cache")
    aot_folder(tmp_path / "job")
    (tmp_path / "job" / "one.log").write_bytes((Path(__file__).parents[1] / "traces" / "two_ops.log").read_bytes())
    assert run("show", tmp_path / "job") == 0
    assert "1 log read" in capsys.readouterr().out
    assert run("show", tmp_path / "job" / "cache") == 0
    assert "Inductor's cache" in capsys.readouterr().out


def test_other_folders_are_what_they_were(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model").write_bytes(b"a program's own")
    (tmp_path / "rank_0_log").mkdir()
    assert run("show", tmp_path) == 2
    assert "There is no log in" in capsys.readouterr().err


def test_what_lies_deeper_than_is_searched_is_named_with_how_it_is_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deep = tmp_path / "a b" / "c" / "d" / "e" / "f" / "g"
    inductor_folder(deep)
    assert run("show", tmp_path) == 2
    said = capsys.readouterr().err
    assert "There is no log in" in said and "of compiled code)" in said
    (command,) = [line for line in said.splitlines() if "`inspector show '" in line]
    assert run("show", command.split("'")[1]) == 0
    assert "Inductor's cache" in capsys.readouterr().out
    (deep / "one.log").write_bytes((Path(__file__).parents[1] / "traces" / "two_ops.log").read_bytes())
    for item in (deep / "fxgraph", deep / "aotautograd"):
        if item.exists():
            item.rename(item.with_name("other"))
    assert run("show", tmp_path) == 2
    assert f"deeper lies {deep} (log)" in capsys.readouterr().err
    (tmp_path / "none").mkdir()
    assert run("show", tmp_path / "none") == 2
    assert "deeper lies" not in capsys.readouterr().err
