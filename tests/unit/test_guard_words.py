"""Each kind of guard, refused on the real torch: what it expected and what came; and wordings of other versions."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.cli.printable import one_line
from inspector.model.compile_row import GuardFailure
from inspector.model.guard_words import KINDS, split_comment
from inspector.model.overview import Overview
from inspector.model.overview_of import overview_of
from inspector.model.recompiles import read_failure
from inspector.trace import TraceLog, read_capture
from inspector.trace.overview import read_overview

TRACES = Path(__file__).parent.parent / "traces"
SCRIPT = TRACES / "scripts" / "guard_kinds.py"

# What the calls in scripts/guard_kinds.py differ in: function, kind, source, property, expected, came. Ids as `#`.
RECORDED = [
    ("tensor_or_none", "tensor type", "y", "type", "a tensor of type Tensor", "<class 'NoneType'>"),
    ("tensor_or_none", "none", "y", "value", "None", "a torch.Tensor"),
    ("tensor_or_none", "tensor", "y", "dtype", "Float", "Double"),
    ("tensor_or_number", "tensor type", "y", "type", "a tensor of type Tensor", "<class 'int'>"),
    ("tensor_or_number", "type", "y", "type", "<class 'int'>", "<class 'float'>"),
    ("tensor_or_number", "tensor type", "y", "type", "a tensor of type Tensor", "<class 'float'>"),
    ("forward", "value", "self.n", "value", "2", "3"),
    ("forward", "value", "self.n", "value", "3", "4"),
    ("forward", "value", "self.n", "value", "2", "4"),
    ("equals_tuple", "value", "size[0]", "value", "4", "2"),
    ("equals_tuple", "length", "size", "length", "2", "3"),
    ("dict_keys", "keys", "d", "key 0", "'a'", "'b'"),
    ("dict_keys", "length", "d", "length", "1", ""),
    ("set_contains", "item", "d", "item 'a'", "'a' in d", "'a' not in d"),
    ("set_contains", "item", "d", "item 'a'", "'a' not in d", "'a' in d"),
    ("set_contains", "value", "d", "value", "{'a'}", "{'b', 'a'}"),
    ("default_device", "torch function modes", "", "torch function modes", "", ""),
    ("default_device", "default device", "", "default device", "device(type='meta')", "device(type='cpu')"),
    ("shape_range", "tensor", "x", "size at index 0", "4", "8"),
    ("shape_range", "condition", "x", "condition", "2 <= x.size()[0]", "x.size()[0] = 1"),
    ("shape_range", "tensor", "x", "size at index 0", "4", "1"),
    ("marked", "marked dimensions", "", "marked dimensions", "none", "x: {0}"),
    ("marked", "marked dimensions", "", "marked dimensions", "within {0}", "{1}"),
    ("marked", "marked dimensions", "", "marked dimensions", "none", "x: {1}"),
    ("tensor_size", "tensor", "x", "size at index 0", "4", "8"),
    ("tensor_stride", "tensor", "x", "stride at index 0", "4", "16"),
    ("tensor_dtype", "tensor", "x", "dtype", "Float", "Double"),
    ("tensor_rank", "tensor", "x", "rank", "1", "2"),
    (
        "tensor_device",
        "tensor",
        "x",
        "dispatch key set",
        "CPU",
        "Meta",
    ),
    ("tensor_requires_grad", "tensor", "x", "requires_grad", "0", "1"),
    ("tensor_type", "tensor type", "x", "type", "a tensor of type Tensor", "<class 'torch.nn.parameter.Parameter'>"),
    ("type_id", "type", "holder", "type", "<class '__main__.Holder'>", "<class '__main__.Other'>"),
    (
        "object_id",
        "identity",
        "act",
        "identity",
        "builtin_function_or_method, id #",
        "builtin_function_or_method, id #",
    ),
    ("equals_int", "value", "n", "value", "3", "4"),
    ("equals_float", "value", "n", "value", "0.5", "0.25"),
    ("equals_text", "value", "mode", "value", "'relu'", "'a  # b; c\\n0/0: d'"),
    ("equals_enum", "identity", "mode", "identity", "__main__.Mode, id #: G['Mode'].RELU", "__main__.Mode, id #"),
    ("equals_dtype", "value", "dtype", "value", "torch.float64", "torch.int32"),
    ("equals_bool", "value", "flag", "value", "True", "False"),
    ("equals_none", "none", "y", "value", "None", "'y'"),
    ("equals_nan", "not a number", "y", "value", "nan", "1.5"),
    ("subclass_of_int", "number subclass", "n", "value as a plain number", "3", "4"),
    ("length_of_list", "length", "xs", "length", "2", "3"),
    ("length_zero", "length", "xs", "length", "0", "1"),
    ("dict_contains", "item", "d", "item 'a'", "'a' in d", "'a' not in d"),
    ("dict_not_contains", "item", "d", "item 'a'", "'a' not in d", "'a' in d"),
    ("mapping_keys", "keys", "d", "keys", "['a']", "['b']"),
    ("has_attribute", "attribute", "h", "attribute", "an attribute of it", "it is missing; which one is not recorded"),
    ("global_value", "value", "G['WIDTH']", "value", "3", "7"),
    ("global_function", "identity", "G['helper'].__code__", "identity", "code, id #", "code, id #"),
    ("closure_value", "value", "scale", "value", "2", "3"),
    ("default_argument", "value", "g.__defaults__[0]", "value", "2", "5"),
    ("grad_mode", "global state", "", "global state: grad_mode", "True", "False"),
    ("deterministic", "global state", "", "global state: deterministic_algorithms", "False", "True"),
    ("autocast", "global state", "", "global state: autocast(cpu)_enabled", "False", "True"),
    ("torch_function_mode", "torch function modes", "", "torch function modes", "", ""),
    ("aliasing", "aliasing", "a", "aliasing", "no two tensors the same", "a and b are one tensor"),
    ("same_object", "same object", "a", "same object", "the same object as b", "another object than b"),
    ("shape_branch", "condition", "x", "condition", "6 <= x.size()[0]", "x.size()[0] = 3"),
    ("shape_equal", "value", "y", "condition", "y.size()[0] == x.size()[0]", "y.size()[0] = 9, x.size()[0] = 8"),
    ("shape_modulo", "condition", "x", "condition", "(x.size()[0] % 2) == 0", "x.size()[0] = 7"),
    ("shape_eq_constant", "tensor", "x", "size at index 0", "6", "7"),
    ("float_symbol", "condition", "s", "condition", "s > 0.5", "s = 0.25"),
    ("marked_unbacked", "marked dimensions", "", "marked dimensions", "none", "x: {0}"),
    (
        "backend_f",
        "backend",
        "",
        "backend",
        "_TorchCompileWrapper(compiler='first', dynamic=None)",
        "_TorchCompileWrapper(compiler='second', dynamic=None)",
    ),
    ("weak_reference", "value", "w().scale", "value", "2", "3"),
    ("range_iterator", "iterator", "it", "start, stop, step", "(0, 3, 1)", "(0, 5, 1)"),
    ("tuple_iterator", "length", "it", "items left", "2", "3"),
    ("count_iterator", "iterator", "it", "start, step", "(3, 1)", "(5, 1)"),
    ("partial_function", "value", "g.keywords['n']", "value", "1", "2"),
    (
        "functorch",
        "tensor",
        "x",
        "dispatch key set",
        "CPU",
        "CPU FuncTorchDynamicLayerBackMode FuncTorchBatched FuncTorchDynamicLayerFrontMode",
    ),
    ("key_error", "item", "d['a']", "item", "present", "missing"),
    ("missing_attribute", "attribute", "h", "attribute", "has a", "has no a"),
    ("list_item", "value", "xs[0]", "value", "0.5", "0.25"),
    ("ordered", "keys", "d", "key 0", "'a'", "'b'"),
]
OTHER_VERSIONS = [
    # torch 2.0 to 2.5, and what C++ says where a value cannot be reached; then sources after 2.13.
    ("tensor 'L['x']' strides mismatch at index 0. expected 16, actual 8", "tensor", "stride at index 0", "16", "8"),
    (
        "tensor 'x' Tensor device index mismatch. Expected device index to be 0, actual 1",
        "tensor",
        "device index",
        "0",
        "1",
    ),
    (
        "Duplicate tensor found where not expected! L['x']should not alias to anything, but is aliased",
        "aliasing",
        "aliasing",
        "no two tensors the same",
        "the same tensor twice",
    ),
    ("GLOBAL_STATE changed: autocast num_threads ", "global state", "global state: autocast, num_threads", "", ""),
    ("not a tensor - grad field is accessed L['x'].grad", "gradient", "type", "a tensor", ""),
    ("IndexError on L['xs'][2]", "item", "item", "present", "missing"),
    ("Not a weakref obj L['w']", "weak reference", "type", "a weak reference", ""),
    ("CodeGuardAccessor: Not a callable obj L['f'].__code__", "accessor", "code", "present", "missing"),
    ("___dict_version(L['d']) == 117", "dict version", "dict version", "117", ""),
    ("Cache line invalidated because L['m'] got deallocated", "deallocated", "lifetime", "alive", "deallocated"),
    (
        "BACKEND_MATCH failure: torch.compile detected different backend callables. If this is unexpected, wrap",
        "backend",
        "backend",
        "",
        "",
    ),
    (
        "expected type of 'x' to be a tensor type, but found a different type",
        "tensor type",
        "type",
        "a tensor type",
        "a different type",
    ),
    (
        "expected type of 'x' to be <class 'torch.nn.parameter.Parameter'>, but found <class 'torch.Tensor'>",
        "tensor type",
        "type",
        "<class 'torch.nn.parameter.Parameter'>",
        "<class 'torch.Tensor'>",
    ),
    (
        "_dynamo_static_indices should be absent but is present on runtime tensor",
        "marked dimensions",
        "marked dimensions",
        "",
        "",
    ),
    ("torch.autograd.forward_ad._current_level == 0", "forward AD level", "forward AD level", "0", ""),
    ("torch._functorch.pyfunctorch.compare_functorch_state([])", "functorch layers", "functorch layers", "[]", ""),
    (
        "torch._functorch.aot_autograd.utils.top_saved_tensors_hooks ids == None",
        "saved tensor hooks",
        "saved tensor hooks",
        "None",
        "",
    ),
    ("ks.raw_repr() == DispatchKeySet(CPU).raw_repr()", "dispatch keys", "dispatch key set", "DispatchKeySet(CPU)", ""),
    ("___check_metadata_140_c0/0", "subclass metadata", "metadata of a tensor subclass", "", ""),
    (
        "t.__tensor_flatten__()[1] == {'axis': 0}",
        "subclass metadata",
        "metadata of a tensor subclass",
        "{'axis': 0}",
        "",
    ),
    ("not math.isnan(lr)", "not a number", "value", "a number", "nan"),
    ("hasattr(h, 'scale')", "attribute", "attribute scale", "has scale", "has no scale"),
    ("p.grad is not None", "not none", "value", "anything but None", "None"),
    ("a is not b", "same object", "same object", "another object than b", "the same object as b"),
    ("Eq(s0, 6)", "condition", "condition", "Eq(s0, 6)", ""),
    (
        "Unexpected recompilation: runtime guards failed even though they passed during recompilation",
        "none failed",
        "no guard failed: perhaps another thread compiled it meanwhile",
        "",
        "",
    ),
]


@pytest.fixture(scope="module")
def recorded() -> Overview:
    with TraceLog.open(TRACES / "guard_kinds.log") as log:
        return read_overview(log)


def failures(overview: Overview) -> list[tuple[str, GuardFailure]]:
    return [(chain.function, item) for chain in overview.chains for row in chain.rows for item in row.failures]


def readings(overview: Overview) -> list[tuple[str, ...]]:
    found = [
        (function, item.kind, item.source, item.what, item.expected, item.actual)
        for function, item in failures(overview)
    ]
    return list(dict.fromkeys(tuple(map(without_machine, item)) for item in found))


def without_machine(text: str) -> str:
    """Without addresses, and with sets of dispatch keys shortened to what tells them apart."""
    text = re.sub(r"id \d+", "id #", text)
    keys = re.fullmatch(r"DispatchKeySet\((.*)\)", text)
    common = ("BackendSelect", "ADInplaceOrView", "AutogradCPU", "AutogradMeta")
    return text if keys is None else " ".join(key for key in keys[1].split(", ") if key not in common)


def test_every_refusal_of_the_real_torch_is_read(recorded: Overview) -> None:
    assert readings(recorded) == RECORDED


def test_a_refusal_is_one_guard_however_many_lines_it_has(recorded: Overview) -> None:
    """torch writes a reason that is alone as bare text, its user stack in the lines below."""
    (row,) = [row for chain in recorded.chains if chain.function == "closure_value" for row in chain.rows[1:]]
    (failure,) = row.failures
    assert (failure.text.splitlines()[1:], failure.against) == ([], row.compile_id.replace("/1", "/0"))
    (frame,) = failure.stack
    assert (frame.function, frame.code) == ("closure_value", "return x * scale")


def test_a_capture_says_the_same_as_an_overview(recorded: Overview) -> None:
    """The one keeps all records, the other reads guards only of those compiles that it needs."""
    assert readings(overview_of(read_capture(TRACES / "guard_kinds.log"))) == readings(recorded)


def test_what_is_not_in_the_log_is_called_so_and_nothing_else(recorded: Overview) -> None:
    silent = {(function, item.what) for function, item in failures(recorded) if item.silent}
    assert silent == {
        ("dict_keys", "length"),  # C++ checks it without a guard of its own
        ("default_device", "torch function modes"),
        ("torch_function_mode", "torch function modes"),
    }


def test_a_guard_that_failed_is_marked_where_it_stands_in_the_tree() -> None:
    capture = read_capture(TRACES / "guard_kinds.log")
    marked = {(item.function, guard.kind) for item in capture.compilations for guard in item.guards if guard.failed_for}
    assert marked >= {
        ("tensor_size", "TENSOR_MATCH"),
        ("mapping_keys", "MAPPING_KEYS_MATCH"),
        ("equals_text", "EQUALS_MATCH"),
        ("grad_mode", "GLOBAL_STATE"),
        ("shape_modulo", "LAMBDA_GUARD"),
    }


@pytest.mark.parametrize(("words", "kind", "what", "expected", "actual"), OTHER_VERSIONS)
def test_wordings_of_other_versions(words: str, kind: str, what: str, expected: str, actual: str) -> None:
    found = read_failure(f"0/0: {words}")
    assert (found.kind, found.what, found.expected, found.actual) == (kind, what, expected, actual)
    assert found.text == words.strip(), "torch's own words stay"


def test_the_register_has_no_kind_that_nothing_was_read_by() -> None:
    seen = {item[1] for item in RECORDED} | {item[1] for item in OTHER_VERSIONS}
    assert {kind.name for kind in KINDS} <= seen


def test_a_value_may_look_like_a_comment() -> None:
    spoken = split_comment("mode == 'a  # b'   # f(x, \"#\")  # note  # model.py:3 in f (HINT: type str)")
    assert spoken == ("mode == 'a  # b'", 'f(x, "#")  # note', "model.py:3 in f", "type str")


@pytest.mark.compiles
def test_the_torch_that_is_installed_words_them_so(tmp_path: Path) -> None:
    chosen = ("tensor_requires_grad", "equals_text", "shape_range", "autocast", "module_number")
    environment = os.environ | {"TORCH_TRACE": str(tmp_path)}
    subprocess.run([sys.executable, str(SCRIPT), *chosen], env=environment, check=True)
    with TraceLog.open(tmp_path) as log:
        found = readings(read_overview(log))
    functions = {item[0] for item in found}
    assert len(functions) == len(chosen) == 5
    assert sorted(found) == sorted(item for item in RECORDED if item[0] in functions)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("mode == 'a  b'     # if mode:", "mode == 'a  b' # if mode:"),
        ("mode  ==\n  'a b'", "mode == 'a b'"),
        ('torch\'s  words\n  on "two   lines"', 'torch\'s words on "two   lines"'),
        ("an 'open\n  quote", "an 'open quote"),
    ],
)
def test_a_constant_keeps_its_blanks_on_one_line(text: str, line: str) -> None:
    assert one_line(text) == line
