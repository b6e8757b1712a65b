"""`path/to/file.py:name` and `package.module:name`."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from inspector.errors import InspectorError, TargetFailed, UsageError
from inspector.model.request import CaptureRequest
from inspector.targets.base import Built
from inspector.worker.forward_errors import explain_forward_error
from inspector.worker.resolve import resolve

SAMPLES = Path(__file__).parents[2] / "samples"

CODE = """
import torch
from torch import nn

COUNT = 3
LAYER = nn.Linear(4, 2)
NEST = nn.Sequential(nn.Linear(4, 4), nn.ModuleList([nn.Linear(4, 3)]))

class Needs(nn.Module):
    def __init__(self, width):
        super().__init__()

class Fine(nn.Module):
    def forward(self, x):
        return x + 1

class Broken(nn.Module):
    def __init__(self):
        raise ValueError("no luck")

class Callable:
    def __call__(self, x):
        return x * 2

class Plain:
    pass

THING = Callable()

def double(x):
    return x * 2

def constant():
    return torch.ones(2).sin()

def module_only():
    return nn.Linear(4, 2)

def factory(batch=2, seq=5):
    return LAYER, (torch.randn(batch, seq, 4),)

def listed(batch=3):
    return [double, [torch.randn(batch)], {}]

def fails():
    raise KeyError("inside")

compiled = torch.compile(LAYER)
compiled_function = torch.compile(double)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own_code.py"
    path.write_text(CODE)
    return path


def build(file: Path, name: str, *inputs: str, **options: object) -> Built:
    return resolve(CaptureRequest(target=f"{file}:{name}", inputs=inputs, **options))  # type: ignore[arg-type]


def refused(file: Path, name: str, *inputs: str, **options: object) -> InspectorError:
    with pytest.raises(InspectorError) as caught:
        build(file, name, *inputs, **options)
    return caught.value


def result(built: Built) -> torch.Tensor:
    with torch.no_grad():
        out = built.call(*built.args, **built.kwargs)
    assert isinstance(out, torch.Tensor)
    return out


@pytest.mark.parametrize(
    ("name", "inputs", "shape"),
    [
        ("LAYER", ("f32[3,4]",), (3, 2)),
        ("Fine", ("x=f32[3]",), (3,)),
        ("THING", ("x=f32[3]",), (3,)),
        ("double", ("x=f32[3]",), (3,)),
        ("constant", (), (2,)),
        ("module_only", ("f32[4]",), (2,)),
        ("factory", (), (2, 5, 2)),
        ("factory", ("f32[7,4]",), (7, 2)),
        ("listed", (), (3,)),
        ("NEST.0", ("f32[1,4]",), (1, 4)),
        ("NEST.1.0", ("f32[1,4]",), (1, 3)),
        ("compiled", ("f32[1,4]",), (1, 2)),
        ("compiled_function", ("f32[4]",), (4,)),
    ],
)
def test_what_a_name_may_stand_for(file: Path, name: str, inputs: tuple[str, ...], shape: tuple[int, ...]) -> None:
    assert result(build(file, name, *inputs)).shape == shape


def test_what_was_compiled_already_is_taken_apart_and_said(file: Path) -> None:
    built = build(file, "compiled", "f32[1,4]")
    assert type(built.call) is nn.Linear
    assert "compiled in its own code" in built.notes[0]


def test_a_factory_follows_batch_and_seq(file: Path) -> None:
    built = build(file, "factory", batch=4)
    assert built.describe_inputs() == "input=f32[4,5,4]"
    assert (built.batch, built.seq) == (4, 5)
    assert built.reshape is not None
    assert built.reshape(None, 9).args[0].shape == (4, 9, 4)
    one_size = build(file, "listed")
    assert (one_size.batch, one_size.seq) == (3, None)
    assert one_size.reshape is not None
    with pytest.raises(UsageError, match="seq changes nothing"):
        one_size.reshape(None, 4)
    assert "--seq does nothing" in refused(file, "listed", seq=4).message


def test_inputs_with_sizes_in_words_follow_them(file: Path) -> None:
    built = build(file, "double", "x=f32[batch,3]", batch=5)
    assert built.describe_inputs() == "x=f32[5,3]"
    assert built.reshape is not None
    assert built.reshape(2, None).args[0].shape == (2, 3)
    assert build(file, "double", "x=f32[5,3]").reshape is None
    assert "batch" in refused(file, "double", "x=f32[5,3]", batch=2).hint


def test_dtype_and_training_reach_the_users_module(file: Path) -> None:
    built = build(file, "factory", dtype="f64", train=True)
    assert isinstance(built.call, nn.Module)
    assert built.call.training and built.describe_inputs() == "input=f64[2,5,4]"
    assert result(built).dtype is torch.float64


def test_when_training_a_function_its_inputs_want_the_gradients(file: Path) -> None:
    assert build(file, "listed", train=True).args[0].requires_grad
    assert not build(file, "factory", train=True).args[0].requires_grad  # there the module's parameters do


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("doubel", r"has no 'doubel'\. Did you mean double"),
        ("COUNT", "is an int, which cannot be compiled"),
        ("Plain", "a class that is not a Module"),
        ("Needs", "a class whose constructor needs width"),
        ("double", "needs x, and nothing says"),
        ("", "does not say which object"),
        ("NEST.7", "has no '7'"),
        ("LAYER.wait", r"has no 'wait'\. Did you mean weight"),
    ],
)
def test_what_cannot_be_compiled_says_why(file: Path, name: str, words: str) -> None:
    error = refused(file, name)
    assert error.exit_code == 2
    assert re.search(words, str(error))


def test_an_unknown_name_shows_what_the_file_defines(file: Path) -> None:
    hint = refused(file, "nothing_like_it").hint
    assert "double" in hint and "Fine" in hint and "Plain" not in hint and "COUNT" not in hint


@pytest.mark.parametrize(("name", "words"), [("Broken", "ValueError: no luck"), ("fails", "KeyError: 'inside'")])
def test_code_that_raises_is_told_at_its_own_line(file: Path, name: str, words: str) -> None:
    error = refused(file, name)
    assert isinstance(error, TargetFailed) and error.exit_code == 1
    kind, _, _ = words.partition(":")
    line = next(n for n, text in enumerate(CODE.split("\n"), 1) if f"raise {kind}" in text)
    assert words in error.message and error.hint == f"At {file}:{line}."
    assert "user_code.py" not in error.detail and str(file) in error.detail


@pytest.mark.parametrize(
    ("code", "words", "line"),
    [
        ("import torch\n1 / 0\n", "ZeroDivisionError: division by zero", 2),
        ("x = (\n", "SyntaxError: '(' was never closed", 1),
        ("import not_there_at_all\n", "ModuleNotFoundError: No module named 'not_there_at_all'", 1),
    ],
)
def test_a_file_that_raises_shows_the_users_line(tmp_path: Path, code: str, words: str, line: int) -> None:
    path = tmp_path / "bad.py"
    path.write_text(code)
    error = refused(path, "anything")
    assert isinstance(error, TargetFailed)
    assert words in error.message and error.hint == f"At {path}:{line}."
    assert "importing.py" not in error.detail


def test_a_program_that_exits_is_no_module(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("raise SystemExit(3)\n")
    error = refused(path, "main")
    assert "sys.exit(3)" in error.message and "__main__" in error.hint


def test_a_missing_file_and_module_are_named(file: Path) -> None:
    assert "Did you mean own_code.py" in refused(file.with_name("own_cod.py"), "x").message
    assert "is a folder" in refused(file.parent, "x").message
    with pytest.raises(UsageError, match="no module named 'no_such_package'"):
        resolve(CaptureRequest(target="no_such_package.part:x"))


def test_modules_packages_and_neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "own_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "helper.py").write_text("FACTOR = 3\n")
    (package / "model.py").write_text("from .helper import FACTOR\ndef triple(x):\n    return x * FACTOR\n")
    (tmp_path / "beside.py").write_text("ADD = 1\n")
    (tmp_path / "json.py").write_text("from beside import ADD\ndef add(x):\n    return x + ADD\n")
    assert build(package / "model.py", "triple", "f32[2]").args[0].shape == (2,)
    assert build(tmp_path / "json.py", "add", "f32[2]").source is not None  # its name is the standard library's
    monkeypatch.chdir(tmp_path)
    assert resolve(CaptureRequest(target="own_package.model:triple", inputs=("f32[2]",))).source is not None
    builtin = resolve(CaptureRequest(target="torch:sin", inputs=("f32[2]",)))
    assert builtin.source is None and result(builtin).shape == (2,)


def failure(built: Built, call: Callable[..., object] | None = None) -> InspectorError:
    with pytest.raises(Exception) as caught, torch.no_grad():
        (built.call if call is None else call)(*built.args, **built.kwargs)
    return explain_forward_error(built, caught.value)


def test_a_shape_from_the_command_line_that_does_not_fit_is_a_mistake_in_it(file: Path) -> None:
    error = failure(build(file, "LAYER", "f32[3,5]"))
    assert isinstance(error, UsageError)
    assert "mat1 and mat2 shapes cannot be multiplied (3x5 and 4x2)" in error.message
    assert "Inputs: input=f32[3,5]" in error.hint


@pytest.mark.parametrize(
    ("body", "shapes"),
    [
        ("torch.mv(a, b)", "[3,5] [4]"),
        ("a + b", "[3,5] [4]"),
        ("a @ b", "[3,5] [4,2]"),
        ("torch.cat([a, b])", "[3,5] [3,4]"),
        ("torch.nn.functional.layer_norm(a, [4]) + b", "[3,5] [4]"),
        ("torch.nn.functional.conv2d(a, b)", "[1,3,8,8] [4,2,3,3]"),
        ("a.view(7) + b", "[3,5] [3]"),
        ("torch.bmm(a, b)", "[2,3,5] [2,4,3]"),
        ("torch.stack([a, b])", "[2] [3]"),
    ],
)
def test_every_way_of_saying_that_shapes_do_not_fit(tmp_path: Path, body: str, shapes: str) -> None:
    path = tmp_path / "misfit.py"
    path.write_text(f"import torch\ndef function(a, b):\n    return {body}\n")
    a, b = shapes.split()
    for backend in (None, "eager"):
        built = build(path, "function", f"f32{a}", f"f32{b}")
        error = failure(built, backend and torch.compile(built.call, backend=backend))
        assert isinstance(error, UsageError), (backend, error)
        assert f"{path}:3" in error.hint


def test_what_torch_compile_makes_of_it_says_the_same(file: Path) -> None:
    built = build(file, "LAYER", "f32[3,5]")
    explained = failure(built, torch.compile(built.call, backend="eager"))
    assert isinstance(explained, UsageError)
    assert "a and b must have same reduction dim" in explained.message


def test_a_targets_own_mistake_is_its_own() -> None:
    error = failure(resolve(CaptureRequest(target=f"{SAMPLES / 'mistaken.py'}:example")))
    assert isinstance(error, TargetFailed)
    assert "cannot be multiplied (2x128 and 256x10)" in error.message


@pytest.mark.parametrize(
    ("target", "inputs", "shape"),
    [
        ("swiglu.py:swiglu", ("gate=f32[batch,seq,16]", "up=f32[batch,seq,16]"), (2, 4, 16)),
        ("block.py:example", (), (2, 4, 128)),
        ("pooler.py:Pooler", ("hidden=f32[batch,seq,64]", "mask=bool[batch,seq]"), (2, 64)),
    ],
)
def test_the_samples_do_what_they_say(target: str, inputs: tuple[str, ...], shape: tuple[int, ...]) -> None:
    built = resolve(CaptureRequest(target=str(SAMPLES / target), inputs=inputs, batch=2, seq=4))
    assert result(built).shape == shape
    file, _, _ = target.partition(":")
    text = (SAMPLES / file).read_text()
    assert f"inspector samples/{target}" in text
    assert all(f"--input '{item}'" in re.sub(r"seq,1024", "seq,16", text) for item in inputs)
