"""Packs: right against eager, refused where they cannot run, and never loaded without trust."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import inspector
from inspector.cli.main import main
from inspector.errors import TargetFailed, UsageError
from inspector.protocol import Measured, StartPack
from inspector.targets.base import Built, Inputs, TargetOptions
from inspector.worker.packs import load, make
from inspector.worker.packs import manifest as manifests
from inspector.worker.packs.load import load_pack
from inspector.worker.packs.make import Packed, make_pack
from inspector.worker.packs.manifest import (
    MANIFEST,
    PACKAGE,
    ExpectedTensor,
    PackManifest,
    Weight,
    instructions,
    read,
    system,
)


class Gate(nn.Module):
    """Two weights of one module, a buffer that no checkpoint holds, and a keyword argument."""

    def __init__(self) -> None:
        super().__init__()
        self.up = nn.Linear(8, 16)
        self.down = nn.Linear(16, 8)
        self.register_buffer("shift", torch.full((8,), 0.5), persistent=False)

    def forward(self, x: Tensor, *, scale: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        hidden = torch.nn.functional.silu(self.up(x)) * scale
        return self.down(hidden) + self.shift, {"hidden": hidden}


def gate() -> Built:
    torch.manual_seed(0)
    options = TargetOptions(batch=2, seq=5)
    made = options.built(Gate(), lambda batch, seq: Inputs((torch.randn(batch, seq, 8),), {"scale": torch.ones(16)}))
    return replace(made, name="gate")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Packed, Built]:
    """A pack without weights, for any length: made once."""
    folder = tmp_path_factory.mktemp("packs") / "gate.pack"
    built = gate()
    return folder, make_pack(built, folder, weights=False), built


pytestmark = pytest.mark.compiles


@pytest.mark.parametrize("seq", [2, 5, 17])
def test_a_pack_computes_what_eager_computes(packed: tuple[Path, Packed, Built], seq: int) -> None:
    folder, made, built = packed
    assert built.reshape is not None
    call = inspector.load_pack(folder, trust=f"sha256:{made.identity}", weights=built.call)
    args, kwargs = built.reshape(2, seq)
    with torch.no_grad():
        expected = built.call(*args, **kwargs)
    found = call(*args, **kwargs)
    torch.testing.assert_close(found, expected)
    assert found[1].keys() == {"hidden"}


def test_arguments_that_it_was_not_compiled_for_never_reach_the_code(packed: tuple[Path, Packed, Built]) -> None:
    folder, _, built = packed
    call = load_pack(folder, trust=True, weights=built.call)
    x, scale = torch.randn(2, 5, 8), torch.ones(16)
    for args, kwargs, says in (
        ((x,), {}, "named arguments are scale, not none"),
        ((x[:1],), {"scale": scale}, r"takes x=f32\[2,seq,8\], not f32\[1,5,8\]"),
        ((x.double(),), {"scale": scale}, r"not f64\[2,5,8\]"),
        ((x, x), {"scale": scale}, "takes 2 tensors, not 3"),
        ((x[..., 0],), {"scale": scale}, r"not f32\[2,5\]"),
    ):
        with pytest.raises(TypeError, match=says):
            call(*args, **kwargs)
    turned = x.transpose(0, 1).contiguous().transpose(0, 1)
    assert not turned.is_contiguous()
    torch.testing.assert_close(call(turned, scale=scale), call(x, scale=scale))


def test_the_weights_given_are_the_weights_used(packed: tuple[Path, Packed, Built]) -> None:
    folder, _, built = packed
    module = built.call
    assert isinstance(module, nn.Module)
    named = [*module.named_parameters(), *module.named_buffers()]
    state = {name: torch.zeros_like(tensor) for name, tensor in named}
    out, _ = load_pack(folder, trust=True, weights=state)(*built.args, **built.kwargs)
    assert not out.any()


def test_a_manifest_says_what_it_is(packed: tuple[Path, Packed, Built]) -> None:
    folder, made, _ = packed
    found, identity = read(folder)
    assert (found, identity) == (made.manifest, made.identity)
    assert (found.target, found.weights, found.dynamic) == ("gate", False, ("seq",))
    assert [str(item) for item in found.inputs] == ["x=f32[2,seq,8]", "scale=f32[16]"]
    assert found.keywords == ("scale",)
    assert (found.torch, found.system, found.instructions) == (torch.__version__, system(), instructions())
    assert found.size == (folder / PACKAGE).stat().st_size
    assert sorted(item.name for item in folder.iterdir()) == [MANIFEST, PACKAGE]


@pytest.mark.parametrize("trust", [False, "", "sha256:00", "1"])
def test_nothing_is_loaded_without_trust(
    packed: tuple[Path, Packed, Built], trust: str | bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _, built = packed
    monkeypatch.setattr("inspector.worker.packs.load._load", lambda *_: pytest.fail("code was loaded"))
    with pytest.raises(UsageError, match="trusted"):
        load_pack(folder, trust=trust, weights=built.call)


def changed(packed: tuple[Path, Packed, Built], tmp_path: Path, **changes: object) -> Path:
    """A copy of the pack, whose manifest says something else."""
    folder = tmp_path / "copy.pack"
    folder.mkdir()
    (folder / PACKAGE).hardlink_to(packed[0] / PACKAGE)
    replace(packed[1].manifest, **changes).write(folder)  # type: ignore[arg-type]
    return folder


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"torch": "1.0"}, r"made with torch 1\.0"),
        ({"system": "Plan9 vax"}, "made for Plan9 vax"),
        ({"instructions": ("avx9000", "sse2")}, "lacks avx9000, which its code may use"),
        ({"sha256": "0" * 64}, "not what was packed"),
    ],
)
def test_the_wrong_machine_is_refused_before_anything_is_loaded(
    packed: tuple[Path, Packed, Built],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, object],
    says: str,
) -> None:
    folder = changed(packed, tmp_path, **changes)
    monkeypatch.setattr("inspector.worker.packs.load._load", lambda *_: pytest.fail("code was loaded"))
    with pytest.raises(UsageError, match=says):
        load_pack(folder, trust=True, weights=packed[2].call)


def test_the_wrong_machine_compiles_where_that_is_wanted(
    packed: tuple[Path, Packed, Built], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = changed(packed, tmp_path, torch="1.0")
    compiled: list[object] = []
    monkeypatch.setattr(torch, "compile", lambda call: compiled.append(call) or call)
    built = packed[2]
    assert load_pack(folder, trust=True, otherwise=built.call) is built.call
    assert compiled == [built.call]


def test_a_changed_package_is_not_loaded(packed: tuple[Path, Packed, Built], tmp_path: Path) -> None:
    folder = tmp_path / "copy.pack"
    folder.mkdir()
    (folder / MANIFEST).write_bytes((packed[0] / MANIFEST).read_bytes())
    content = bytearray((packed[0] / PACKAGE).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / PACKAGE).write_bytes(content)
    with pytest.raises(UsageError, match="not what was packed"):
        load_pack(folder, trust=f"sha256:{packed[1].identity}", weights=packed[2].call)


def test_what_is_swapped_in_after_the_hash_was_taken_is_not_loaded(
    packed: tuple[Path, Packed, Built], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copy.pack"
    shutil.copytree(packed[0], folder)
    right = (folder / PACKAGE).read_bytes()
    loaded = []

    def swapped(path: str, *_: object) -> None:
        (folder / PACKAGE).write_bytes(b"another's code")  # in place, and then another file
        (tmp_path / "other").write_bytes(b"another's code")
        (tmp_path / "other").replace(folder / PACKAGE)
        loaded.append(Path(path).read_bytes())
        raise RuntimeError("enough seen")

    monkeypatch.setattr("torch._C._aoti.AOTIModelPackageLoader", swapped)
    with pytest.raises(UsageError, match="enough seen"):
        load_pack(folder, trust=f"sha256:{packed[1].identity}", weights=packed[2].call)
    assert loaded == [right]


def test_a_pipe_in_place_of_the_package_does_not_hang(packed: tuple[Path, Packed, Built], tmp_path: Path) -> None:
    folder = tmp_path / "copy.pack"
    folder.mkdir()
    (folder / MANIFEST).write_bytes((packed[0] / MANIFEST).read_bytes())
    os.mkfifo(folder / PACKAGE)
    with pytest.raises(UsageError, match="is no file"):
        load_pack(folder, trust=True, weights=packed[2].call)


def test_weights_that_are_missing_are_named(packed: tuple[Path, Packed, Built]) -> None:
    folder, _, _ = packed
    with pytest.raises(UsageError, match="no weights inside"):
        load_pack(folder, trust=True)
    with pytest.raises(UsageError, match=r"lack .*\b(up|down)\."):
        load_pack(folder, trust=True, weights={"shift": torch.zeros(8)})


@pytest.mark.parametrize(
    "change",
    [lambda w: w[:-1], lambda w: w.double(), lambda w: w.t().contiguous().t()],
    ids=["size", "dtype", "stride"],
)
def test_weights_of_another_make_never_reach_the_code(
    packed: tuple[Path, Packed, Built], change: Callable[[Tensor], Tensor]
) -> None:
    folder, _, built = packed
    assert isinstance(built.call, nn.Module)
    given = dict(built.call.named_parameters()) | dict(built.call.named_buffers())
    given["up.weight"] = change(given["up.weight"].detach())
    with pytest.raises(UsageError, match=r"up\.weight has to be f32\[16,8\] with strides 8,1, not "):
        load_pack(folder, trust=True, weights=given)


@pytest.mark.parametrize("lengths", [(64, 8), (8, 64)])
def test_all_lengths_of_a_call_are_one(lengths: tuple[int, int]) -> None:
    takes = tuple(ExpectedTensor(name, "f32", (1, None)) for name in "xy")
    made = PackManifest("t", "0", 1, "", "", (), "", "", True, takes, (), ("seq",), {})
    with pytest.raises(TypeError, match="one and the same, not 8, 64"):
        load._fitting(made, tuple(torch.zeros(1, length) for length in lengths), {})


def test_sizes_that_follow_the_length_in_different_ways(tmp_path: Path) -> None:
    options = TargetOptions(batch=1, seq=5)
    inputs = lambda batch, seq: Inputs((torch.ones(batch, seq), torch.ones(batch, seq + 1)))  # noqa: E731
    built = replace(options.built(lambda x, y: x + y[:, 1:], inputs), name="shifted")
    with pytest.raises(TargetFailed, match="different ways: 5 → 8, 6 → 9") as caught:
        make_pack(built, tmp_path / "x.pack")
    assert "--static" in caught.value.hint


def test_settings_reach_the_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}
    monkeypatch.setattr(
        torch._inductor, "aoti_compile_and_package", lambda *_, inductor_configs, **__: given.update(inductor_configs)
    )
    make._compile(None, tmp_path / "x", {"max_autotune": True}, weights=True)
    assert given == {"max_autotune": True, "aot_inductor.package_constants_in_so": True}


def test_what_cannot_be_exported_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    def breaks(x: Tensor) -> Tensor:
        return x + 1 if x.sum().item() > 0 else x - 1

    options = TargetOptions(batch=1, seq=2)
    built = replace(options.built(breaks, lambda batch, seq: Inputs((torch.ones(batch, seq),))), name="breaks")
    with pytest.raises(TargetFailed, match="breaks cannot be exported"):
        make_pack(built, tmp_path / "breaks.pack")
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_nothing_can_be_written_is_told_before_anything_is_compiled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["pack", "softmax", "-o", str(tmp_path / "file" / "x.pack")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_the_command_packs_with_weights_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, temporary = tmp_path / "new" / "softmax.pack", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    assert main(["pack", "softmax", "-o", str(folder), "--json"]) == 0
    assert list(temporary.iterdir()) == [], "torch's folder and its header among them"
    assert [item.name for item in folder.parent.iterdir()] == [folder.name]
    said = json.loads(capsys.readouterr().out)
    assert said["pack"] == str(folder)
    assert said["manifest"]["weights"] is True
    from inspector.model.request import CaptureRequest
    from inspector.worker.resolve import resolve

    built = resolve(CaptureRequest(target="softmax"))
    found = inspector.load_pack(folder, trust=said["trust"])(*built.args, **built.kwargs)
    torch.testing.assert_close(found, built.call(*built.args, **built.kwargs))
    assert main(["pack", "softmax", "-o", str(folder)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["pack", "softmax", "-o", str(tmp_path), "--force"]) == 2
    assert "it is no pack" in capsys.readouterr().err
    assert folder.exists()


def test_a_pack_is_replaced_only_by_a_finished_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[str] = []

    def run_worker(
        start: Callable[[Path, float], StartPack], on_done: Callable[[Path], object], **_: object
    ) -> Measured:
        run = tmp_path / "run"
        output = Path(start(run, 0.0).output)
        if not made:
            raise TargetFailed("AOTInductor failed")
        output.mkdir(parents=True)
        (output / MANIFEST).write_text(made[0])
        on_done(run)
        shutil.rmtree(run)
        said = {"weights": True, "dynamic": [], "target": "softmax", "size": 1, "trust": "0", "notes": []}
        return Measured("Pack", said, {})

    monkeypatch.setattr("inspector.work.measuring.run_worker", run_worker)
    folder, link = tmp_path / "softmax.pack", tmp_path / "link.pack"
    folder.mkdir()
    (folder / MANIFEST).write_text("the former one")
    link.symlink_to(folder)
    assert main(["pack", "softmax", "-o", str(link), "--force"]) == 1
    assert (folder / MANIFEST).read_text() == "the former one"
    made.append("the new one")
    half = tmp_path / ".softmax.pack.new-left"  # by a command that was killed while it copied
    half.mkdir()
    assert main(["pack", "softmax", "-o", str(link), "--force"]) == 0
    assert (folder / MANIFEST).read_text() == "the new one"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["link.pack", "softmax.pack"]
    assert "AOTInductor failed" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"format": "inspector-pack"}', '{"format": "other"}', "[" * 100_000]
)
def test_damaged_manifests(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(UsageError, match=r"manifest\.json is"):
        read(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": 1},
        {"weights": "false"},
        {"instructions": "avx2"},
        {"keywords": [1]},
        {"size": "12"},
        {"size": True},
        {"size": -1},
        {"size": 10**30},
        {"sha256": None},
        {"inputs": {}},
        {"inputs": [{"name": "x", "dtype": "f32", "sizes": "12"}]},
        {"inputs": [{"name": "x", "dtype": "f32", "sizes": [1.5]}]},
        {"inputs": ["x"]},
        {"wanted": []},
        {"wanted": {"w": {"dtype": "f32", "sizes": [2], "strides": [-1]}}},
    ],
    ids=str,
)
def test_wrong_types_in_a_manifest_are_refused(
    packed: tuple[Path, Packed, Built], tmp_path: Path, wrong: dict[str, object]
) -> None:
    data = {"format": manifests.FORMAT, "version": manifests.VERSION, **asdict(packed[1].manifest), **wrong}
    (tmp_path / MANIFEST).write_text(json.dumps(data))
    with pytest.raises(UsageError, match=r"manifest\.json is damaged"):
        read(tmp_path)


def test_a_pipe_is_no_manifest(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / MANIFEST)
    with pytest.raises(UsageError, match="is no file"):
        read(tmp_path)


def test_words_of_a_hostile_manifest_are_quoted(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(json.dumps({"format": manifests.FORMAT, "version": "\x1b]0;owned\x07"}))
    with pytest.raises(UsageError) as caught:
        read(tmp_path)
    assert "\x1b" not in caught.value.message


def test_a_newer_pack_and_no_pack(tmp_path: Path, packed: tuple[Path, Packed, Built]) -> None:
    with pytest.raises(UsageError, match="is no pack"):
        read(tmp_path)
    data = {"format": manifests.FORMAT, "version": 2, **asdict(packed[1].manifest)}
    (tmp_path / MANIFEST).write_text(json.dumps(data))
    with pytest.raises(UsageError, match="pack version 2"):
        read(tmp_path)


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = PackManifest(
        "t",
        "0",
        1,
        "2.13",
        "Linux x86_64",
        ("avx2",),
        "avx2",
        "g++",
        True,
        (ExpectedTensor("x", "f32", (1, None)),),
        (),
        ("seq",),
        {"up.weight": Weight("f32", (2, 3), (3, 1))},
    )
    identity = made.write(tmp_path)
    assert read(tmp_path) == (made, identity)


@pytest.mark.parametrize("arguments", [["softmax", "--train"], ["softmax", "--device", "cuda"], ["no-such-target"], []])
def test_what_makes_no_pack(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pack", *arguments]) == 2
    assert capsys.readouterr().err.startswith("inspector: ")
