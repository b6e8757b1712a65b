"""The gallery: what can be said without torch, and that every target is what it says."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils import _pytree as pytree

from inspector import targets
from inspector.errors import UsageError
from inspector.model.request import CaptureRequest
from inspector.targets import memory, weights
from inspector.targets.base import Built, TargetOptions
from inspector.worker.resolve import resolve

BUILDABLE = [name for name in targets.GALLERY if not name.startswith("llama-1b")]
SMALL = {"batch": 2, "seq": 6}


def run(built: Built) -> list[torch.Tensor]:
    with torch.no_grad():
        out = built.call(*built.args, **built.kwargs)
    return [leaf for leaf in pytree.tree_leaves(getattr(out, "to_tuple", lambda: out)()) if torch.is_tensor(leaf)]


def test_the_catalog_needs_neither_torch_nor_a_terminal() -> None:
    code = (
        "import sys, inspector.targets as t; lines = [(i.name, i.summary, i.default_inputs, i.warning) "
        "for i in t.catalog()]; assert lines; print({'torch', 'transformers', 'textual'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


def test_every_target_says_what_it_is_in_one_line() -> None:
    for info in targets.catalog():
        assert 10 < len(info.summary) < 58, info.name  # beside the longest name in 80 columns
        assert len(info.warning) < 58 and info.description, info.name
        assert not info.summary.endswith(".")
        assert info.batch >= 1 and info.seq >= 1
    assert {info.name for info in targets.catalog() if info.warning} == {"llama-1b", "llama-1b-decode", "gpt2"}


def test_every_file_with_a_build_function_is_in_the_gallery() -> None:
    folder = Path(targets.__file__).parent
    files = {path.stem.replace("_", "-") for path in folder.glob("*.py") if "def build(" in path.read_text()}
    assert files == set(targets.GALLERY)


def test_an_unknown_name_answers_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no target named 'lama-mlp'.*llama-mlp") as caught:
        targets.find("lama-mlp")
    assert "inspector targets" in caught.value.hint


@pytest.mark.parametrize("name", BUILDABLE)
def test_a_target_builds_runs_and_takes_another_shape(name: str) -> None:
    built = resolve(CaptureRequest(target=name, **SMALL))
    assert (built.name, built.batch, built.seq) == (name, 2, 6)
    assert built.tokens == (2 if name == "llama-decode" else 12)
    assert built.summary and built.source is not None and Path(built.source.file).is_file()
    assert not (isinstance(built.call, torch.nn.Module) and built.call.training)
    first = run(built)
    assert first and all(torch.isfinite(leaf).all() for leaf in first)

    assert built.reshape is not None
    args, kwargs = built.reshape(3, None)
    with torch.no_grad():
        built.call(*args, **kwargs)
    assert any(3 in leaf.shape for leaf in pytree.tree_leaves((args, kwargs)) if torch.is_tensor(leaf))
    for inputs in built.further_calls:
        built.call(*inputs.args, **inputs.kwargs)


def test_a_decoding_step_does_the_same_work_at_every_call() -> None:
    built = resolve(CaptureRequest(target="llama-decode", **SMALL))
    first, cache = run(built), [tensor.clone() for _, tensor in built.tensors()]
    assert torch.equal(run(built)[0], first[0])
    assert all(torch.equal(one, other) for one, (_, other) in zip(cache, built.tensors(), strict=True))


def test_decoding_step_by_step_gives_what_the_whole_text_gives() -> None:
    built = resolve(CaptureRequest(target="llama-decode", **SMALL))
    keys, values = ([torch.full_like(tensor, 9.0) for tensor in tensors] for tensors in built.args[2:])
    text = torch.randint(4096, (2, 5))
    with torch.no_grad():
        steps = [built.call(text[:, at : at + 1], torch.tensor(at), keys, values) for at in range(5)]
        whole = built.call.model(input_ids=text).logits
    torch.testing.assert_close(torch.cat(steps, dim=1), whole, rtol=1e-4, atol=1e-5)
    assert (keys[0][:, :, 5:] == 9).all(), "what is not reached yet is neither read nor written"


def test_a_decoding_step_is_not_trained() -> None:
    with pytest.raises(UsageError, match="not trained"):
        resolve(CaptureRequest(target="llama-decode", train=True, **SMALL))


@pytest.mark.parametrize("name", ["llama-rmsnorm", "moe-block", "softmax", "recompiles"])
def test_the_seed_decides_weights_and_inputs(name: str) -> None:
    one, same, other = (resolve(CaptureRequest(target=name, seed=seed, **SMALL)) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(run(one), run(same), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(run(one), run(other), strict=True))


def test_the_same_shape_has_the_same_values_again() -> None:
    built = resolve(CaptureRequest(target="softmax", **SMALL))
    assert built.reshape is not None
    assert torch.equal(built.reshape(2, 6).args[0], built.args[0])


@pytest.mark.parametrize("dtype", ["bf16", "f64"])
def test_the_dtype_reaches_weights_and_inputs(dtype: str) -> None:
    built = resolve(CaptureRequest(target="llama-tiny", dtype=dtype, **SMALL))
    assert {p.dtype for p in built.call.parameters()} == {weights.torch.bfloat16 if dtype == "bf16" else torch.float64}
    assert torch.get_default_dtype() is torch.float32
    layer = resolve(CaptureRequest(target="gpt2-block", dtype=dtype, **SMALL))
    assert layer.describe_inputs() == f"hidden_states={dtype}[2,6,768]"


@pytest.mark.parametrize("name", ["llama-attention-eager", "moe-block", "softmax", "graph-break"])
def test_training_gives_every_part_its_gradient(name: str) -> None:
    built = resolve(CaptureRequest(target=name, train=True, **SMALL))
    out = built.call(*built.args, **built.kwargs)
    (out[0] if isinstance(out, tuple) else out).sum().backward()
    assert built.args[0].grad is not None
    if isinstance(built.call, torch.nn.Module):
        assert built.call.training
        assert all(parameter.grad is not None for parameter in built.call.parameters())


def test_eager_attention_and_sdpa_are_the_same_attention() -> None:
    sdpa, eager = (resolve(CaptureRequest(target=f"llama-attention{kind}", **SMALL)) for kind in ("", "-eager"))
    torch.testing.assert_close(run(sdpa)[0], run(eager)[0], rtol=1e-4, atol=1e-5)


def test_quick_weights_tie_and_fill_like_real_ones() -> None:
    model = resolve(CaptureRequest(target="gpt2", **SMALL)).call
    assert model.lm_head.weight is model.transformer.wte.weight
    assert torch.equal(model.transformer.h[0].ln_1.weight, torch.ones(768))
    assert torch.equal(model.transformer.h[0].ln_1.bias, torch.zeros(768))
    matrix = model.transformer.h[3].mlp.c_fc.weight.detach()
    assert abs(float(matrix.mean())) < 1e-3 and abs(float(matrix.std()) - weights.SPREAD) < 1e-3
    assert not torch.equal(matrix[0], matrix[1])


def test_too_large_for_the_machine_is_said_with_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda device: 3 * 2**30)
    with pytest.raises(UsageError, match=r"llama-1b needs about 5\.75 GiB \(weights 4\.60 GiB\) and 3 GiB") as caught:
        resolve(CaptureRequest(target="llama-1b"))
    assert "llama-tiny" in caught.value.hint
    with pytest.raises(UsageError, match="to train"):
        resolve(CaptureRequest(target="llama-1b", train=True))
    with pytest.raises(UsageError, match="llama-1b-decode needs about 5") as caught:
        resolve(CaptureRequest(target="llama-1b-decode"))
    assert "llama-decode" in caught.value.hint


def test_available_memory_is_what_the_container_leaves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cpu = torch.device("cpu")
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("400000\n")
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 100000\n")
    monkeypatch.setattr(memory, "_CGROUPS", ((tmp_path, "memory.max", "memory.current", "inactive_file"),))
    assert memory.available_memory(cpu) == 700000
    (tmp_path / "memory.max").write_text("max\n")
    assert (memory.available_memory(cpu) or 0) > 2**20


def test_the_break_does_not_hang_on_rounding() -> None:
    for seed in range(20):
        built = resolve(CaptureRequest(target="graph-break", seed=seed))
        hidden = torch.relu(built.call.linear(built.args[0]))
        assert (hidden / hidden.mean()).max() > 1.5


def test_options_default_to_evaluation_on_the_cpu() -> None:
    options = TargetOptions(batch=1, seq=2)
    assert not options.randn(1).requires_grad
    assert options.device.type == "cpu"
