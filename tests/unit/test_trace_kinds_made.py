"""Kinds that a small program on one CPU does not write, from records made by hand."""

from __future__ import annotations

import json

import pytest
from test_trace_builder import event, feed, record

from inspector.model import recompiles
from inspector.model.artifact import Language
from inspector.model.cache import KeyPart
from inspector.model.capture import CompileStatus, Frame
from inspector.model.guards import Guard
from inspector.model.shapes import ShapeFactKind
from inspector.model.stage import Stage
from inspector.trace import CaptureBuilder, Record
from inspector.trace.compile_ids import Prefixes
from inspector.trace.failures import read_failure
from inspector.trace.guards import GuardFinder, read_guard_tree
from inspector.trace.kinds.pgo import read_code_state
from inspector.trace.others import readable
from inspector.trace.runs import without_run

GRAPH = 'class GraphModule(torch.nn.Module):\n    def forward(self, x: "f32[2]"):\n        return (x,)\n'


def start(**common: object) -> Record:
    return record("dynamo_start", details={"stack": [{"line": 3, "name": "f", "filename": "a.py"}]}, **common)


# --- caches ---------------------------------------------------------------------------------------------------


def test_a_cache_lookup_has_its_key_cut_into_parts() -> None:
    lines = ["[wkc3hpvz] gm: f()\n\n\ndef forward(self): ...", "[7fcwxrra] inductor_config[cpp.threads]: -1", "odd"]
    payload = {"cache_state": "miss", "key": "fabc", "components": lines, "cache_event_time": 17}
    (lookup,) = feed(record("artifact:fx_graph_cache_miss", payload)).cache_lookups
    assert (lookup.cache, lookup.answer, lookup.key, lookup.backward) == ("fx_graph", "miss", "fabc", False)
    assert lookup.parts == (
        KeyPart("wkc3hpvz", "gm", "f()\n\n\ndef forward(self): ..."),
        KeyPart("7fcwxrra", "inductor_config[cpp.threads]", "-1"),
        KeyPart("", "", "odd"),
    )
    assert lookup.details == {"cache_event_time": 17}


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        ("aotautograd_cache_bypass", {"cache_bypass_reason": "no", "key": None}, ("aotautograd", "bypass", "no")),
        ("aotautograd_cache_hash", {"cache_state": "miss", "key": "a"}, ("aotautograd", "miss", "")),
        ("fx_graph_bundled_cache_hit", {"key": "f"}, ("fx_graph_bundled", "hit", "")),
        ("precompile_cache_bypass", {"_reason": "a hook", "n": 1}, ("precompile", "bypass", "a hook")),
        ("dynamo_cache_bypass", '"a sentence"', ("dynamo", "bypass", "a sentence")),
        ("dynamo_cache_bypass", "not JSON", ("dynamo", "bypass", "not JSON")),
        ("dynamo_cache_exception", {"key": "k", "error": "lost"}, ("dynamo", "exception", "lost")),
        (
            "aotautograd_cache_pickle_failure",
            {"error": "no", "field": "compiled_fw"},
            ("aotautograd", "not stored", "no (in compiled_fw)"),
        ),
        ("aotautograd_cache_pickle_failure", {"error": "lambda"}, ("aotautograd", "not stored", "lambda")),
    ],
)
def test_every_cache_says_what_it_answered_and_why(kind: str, payload: object, expected: tuple[str, ...]) -> None:
    capture = feed(record(f"artifact:{kind}", payload))
    (lookup,) = capture.cache_lookups
    assert (lookup.cache, lookup.answer, lookup.reason) == expected
    assert capture.others[0].variant == kind


def test_the_time_that_a_hit_saved() -> None:
    hits = (
        record("artifact:fx_graph_cache_hit", {"time_saved_ns": 2_500_000_000}),
        record("artifact:aotautograd_cache_hit", {"time_saved_ms": 12.5}),
    )
    assert [item.saved for item in feed(*hits).cache_lookups] == [2.5, 0.0125]


def test_a_question_about_the_backward_graph() -> None:
    capture = feed(
        record("aot_forward_graph", GRAPH),
        record("artifact:fx_graph_cache_miss", {"key": "f1"}),
        record("aot_backward_graph", GRAPH.replace("x", "tangents_1")),
        record("inductor_post_grad_graph", GRAPH.replace("x", "tangents_1")),
        record("artifact:fx_graph_cache_miss", {"key": "f2"}),
    )
    assert [(item.key, item.backward) for item in capture.cache_lookups] == [("f1", False), ("f2", True)]


# --- runs, attempts, logs -------------------------------------------------------------------------------------


def test_a_compile_that_begins_again_is_another_one() -> None:
    capture = feed(
        event("B", "dynamo", 1e6),
        start(),
        record("dynamo_output_graph", "one"),
        record("compilation_metrics", details={"co_name": "f"}),
        event("E", "dynamo", 2e6),
        event("B", "dynamo", 3e6),
        record("artifact:recompile_reasons", ["0/9: nothing"]),
        start(),
        record("dynamo_output_graph", "two"),
        event("E", "dynamo", 5e6),
    )
    assert [(item.compile_id, item.status) for item in capture.compilations] == [
        ("0/0", CompileStatus.DONE),
        ("0/0~2", CompileStatus.LIVE),
    ]
    assert [item.text for item in capture.find(Stage.DYNAMO, "0/0~2")] == ["two"]
    assert [(item.compile_id, item.duration) for item in capture.phases] == [("0/0", 1.0), ("0/0~2", 2.0)]
    assert [item.compile_id for item in capture.recompiles] == ["0/0~2"]
    assert without_run("rank1/0/0~12") == "rank1/0/0"


def test_a_later_attempt_keeps_the_bytecode_that_all_begin_with() -> None:
    capture = feed(
        start(),
        record("artifact:f_ORIGINAL_BYTECODE", "LOAD_FAST"),
        record("dynamo_output_graph", "thrown away"),
        record("dynamo_output_graph", "kept", attempt=1),
        record("artifact:f_MODIFIED_BYTECODE", "CALL", attempt=1),
        record("aot_inference_graph", GRAPH),
    )
    assert [item.text for item in capture.artifacts] == ["LOAD_FAST", "CALL", "kept", GRAPH]
    assert [(item.variant, item.text) for item in capture.others] == [("attempt-0:dynamo", "thrown away")]
    assert capture.compilations[0].restarts == 1


def test_a_text_that_another_takes_the_place_of_is_kept() -> None:
    capture = feed(record("dynamo_output_graph", "first"), record("dynamo_output_graph", "second"))
    assert [item.text for item in capture.artifacts] == ["second"]
    assert [(item.variant, item.text) for item in capture.others] == [("earlier:dynamo", "first")]


def test_prefixes_may_be_given() -> None:
    prefixes = Prefixes()
    prefixes.of("a.log", 0)
    builder = CaptureBuilder(prefixes)
    builder.feed(record("dynamo_output_graph", "x", file="b.log", rank=3))
    capture = builder.snapshot()
    assert [item.compile_id for item in capture.compilations] == ["rank3/0/0"]
    assert [(log.name, log.rank, log.prefix) for log in capture.logs] == [("b.log", 3, "rank3/")]


def test_an_event_that_names_its_compile_id_itself_belongs_to_its_own_log() -> None:
    outside = {"frame_id": None, "frame_compile_id": None}
    named = event("X", "later", 2e6, dur=1.0, args={"compile_id": "0/0"})
    capture = feed(
        record("dynamo_output_graph", "x", file="trace_rank_0.log"),
        Record(0, 0.0, "", {**named.metadata, **outside}, named.payload, "trace_rank_1.log"),
    )
    assert [(item.compile_id, item.track) for item in capture.phases] == [("rank1/0/0", "rank1")]


def test_phases_of_two_threads_that_torch_does_not_tell_apart_have_their_own_ends() -> None:
    capture = feed(
        event("B", "one", 0.0),
        event("B", "two", 1e6),
        event("E", "one", 2e6),
        event("E", "two", 5e6),
        event("i", "hit", 6e6),
    )
    assert [(item.name, item.start, item.duration) for item in capture.phases] == [("one", 0.0, 2.0), ("two", 1.0, 4.0)]
    assert [(item.name, item.at, item.compile_id) for item in capture.instants] == [("hit", 6.0, "0/0")]


# --- guards ---------------------------------------------------------------------------------------------------

TREE = """
TREE_GUARD_MANAGER:
+- RootGuardManager
| +- DEFAULT_DEVICE: utils_device.CURRENT_DEVICE == None                           # _dynamo/output_graph.py:5 in init
| +- GuardManager: source=L['a'], accessed_by=DictGetItemGuardAccessor('a'), type=<class 'x'>, tag_safe=(True, False)
| | +- TENSOR_MATCH: check_tensor(L['a'], size=[2])  # y = a + 1  # model.py:7 in <lambda> (HINT: twice)
| | +- NO_TENSOR_ALIASING: check_no_aliasing(L['a'], L['b'])
| +- GuardManager: source=L['b'], accessed_by=DictGetItemGuardAccessor('b')
| | +- NO_TENSOR_ALIASING
| | +- DictGuardManager: source=L['b'].d, accessed_by=GetAttrGuardAccessor(d)
| | | +- KeyValueManager pair at index=0
| | | | +- KeyManager: GuardManager: source=list(L['b'].d.keys())[0]
| | | | | +- EQUALS_MATCH: list(L['b'].d.keys())[0] == 'k
more of it'
+- LAMBDA_GUARD: L['a'].size()[0] > 5  # (unknown source L['a'].size()[0], please file a bug)

Guard latency = 15.88 us
"""


def test_the_guard_tree_as_torch_prints_it() -> None:
    tree = read_guard_tree(TREE)
    assert [(node.depth, node.kind, node.source, node.guards) for node in tree.managers] == [
        (0, "RootGuardManager", "", (0, 4)),
        (1, "GuardManager", "L['a']", (1, 2)),
        (1, "GuardManager", "L['b']", (2,)),
        (2, "DictGuardManager", "L['b'].d", ()),
        (3, "KeyValueManager", "", ()),
        (4, "KeyManager", "list(L['b'].d.keys())[0]", (3,)),
    ]
    assert tree.managers[1].accessor == "DictGetItemGuardAccessor('a')"
    assert tree.managers[4].details == "pair at index=0"
    assert tree.seconds == pytest.approx(15.88e-6)
    assert tree.guards[0].place == "_dynamo/output_graph.py:5 in init"
    assert tree.guards[1] == Guard(
        "check_tensor(L['a'], size=[2])", "TENSOR_MATCH", "L['a']", "model.py:7 in <lambda>: y = a + 1"
    )
    assert tree.guards[3].code == "list(L['b'].d.keys())[0] == 'k\nmore of it'"
    assert tree.guards[4] == Guard("L['a'].size()[0] > 5", "LAMBDA_GUARD", "L['a']")


@pytest.mark.parametrize(
    ("words", "position"),
    [
        ("tensor 'a' size mismatch at index 0. expected 2, actual 3", 1),
        ("tensor 'L['a']' dtype mismatch. expected Float, actual Double", 1),
        ("tensor 'a' Tensor device index mismatch. Expected device index to be 0, actual 1", 1),
        ("expected type of 'L['a']' to be a tensor type, but found <class 'NoneType'>", 1),
        ("tensor 'nobody' size mismatch at index 0. expected 2, actual 3", None),
        ("utils_device.CURRENT_DEVICE == None", 0),
        ("a.size()[0]  >  5  # if a.shape[0] > 5:  # model.py:9 in f", 4),
        ("GLOBAL_STATE changed: grad_mode ", None),
        ("", None),
    ],
)
def test_torchs_words_about_a_recompile_find_their_guard(words: str, position: int | None) -> None:
    assert GuardFinder(read_guard_tree(TREE).guards).find(recompiles.read_failure(words)) == position


@pytest.mark.parametrize("text", [" " * 200_000 + "#", "| " * 50_000 + "+- X: " + "  # " * 50_000, "L['" * 60_000])
def test_a_guard_that_nobody_printed_costs_no_time(text: str) -> None:
    """Lines like these take minutes where an expression goes back and forth over them; the suite's time limit tells."""
    assert len(read_guard_tree(f"+- RootGuardManager\n| +- X: {text}\n{text}\n").guards) >= 1


# --- shapes, export -------------------------------------------------------------------------------------------


def test_conditions_on_data_name_their_sources_and_what_they_were_computed_from() -> None:
    frame = {"line": 9, "name": "forward", "filename": 4, "loc": "return z[:a]"}
    common = {"frame_id": None, "frame_compile_id": None}
    capture = feed(
        Record(0, 0.0, "", {"str": ["/home/model.py", 4]}, None, "a.log"),
        record("create_unbacked_symbol", details={"symbol": "u0", "vr": "[0, 9]", "node_id": 1}, **common),
        record(
            "expression_created",
            details={"method": "neg", "result": "-u0", "result_id": 5, "arguments": ["u0"], "argument_ids": [1]},
            **common,
        ),
        record(
            "expression_created",
            details={
                "method": "add",
                "result": "5 - u0",
                "result_id": 6,
                "arguments": ["-u0", "5"],
                "argument_ids": [5],
            },
            **common,
        ),
        record(
            "propagate_real_tensors_provenance",
            details={
                "expr": "Eq(5 - u0, 0)",
                "result": "False",
                "expr_node_id": 6,
                "user_stack": [frame],
                "symbol_to_sources": {"u0": ["x", "y"]},
                "frame_locals": {"loc": "", "locals": {"a": "5 - u0", "n": 3}, "symbols": {}},
            },
            **common,
        ),
        record(
            "guard_on_data_dependent_error", details={"expr": "u0", "unhinted_expr": "u0 + 1", "expr_id": 1}, **common
        ),
        record("mismatched_fake_kernel", details={"op": "lib.op", "reason": "strides"}, **common),
    )
    assert capture.dropped == 0
    (shapes,) = capture.shapes
    assumed, error = shapes.facts[-2:]
    assert (assumed.kind, assumed.result) == (ShapeFactKind.ASSUMED_DETAIL, "False")
    assert assumed.stack == (Frame("/home/model.py", 9, "forward", "return z[:a]"),)
    assert dict(assumed.sources) == {"u0": "x, y"}
    assert dict(assumed.locals) == {"a": "5 - u0", "n": "3"}
    assert [item.expression for item in shapes.origin(assumed)] == ["-u0", "5 - u0"]
    assert (error.kind, error.expression, error.result) == (ShapeFactKind.DATA_DEPENDENT, "u0", "u0 + 1")
    assert [(item.operator, item.reason, item.missing) for item in capture.fake_kernels] == [
        ("lib.op", "strides", False)
    ]


def test_the_recording_workers_own_calls_are_nobodys_program() -> None:
    """torch takes every file outside its own folder for the user's, and so the functions that record it."""
    frames = [
        {"line": 16, "name": "chosen", "filename": "/home/job.py", "loc": "x.nonzero()"},
        {"line": 157, "name": "call", "filename": "/elsewhere/site-packages/inspector/worker/recording.py"},
        {"line": 1, "name": "run", "filename": "/home/inspector/worker/of_my_own.py"},
    ]
    shown = record(
        "create_unbacked_symbol",
        details={"symbol": "u0", "vr": "[0, 9]", "node_id": 1, "user_stack": frames},
        frame_id=None,
        frame_compile_id=None,
    )
    (symbol,) = feed(shown).shapes[0].symbols
    assert [frame.file for frame in symbol.stack] == ["/home/job.py", "/home/inspector/worker/of_my_own.py"]


# --- provenance -----------------------------------------------------------------------------------------------


def test_the_mapping_of_older_logs_ties_kernels_to_nodes() -> None:
    code = "def call(args):\n    extern_kernels.mm(arg0_1, arg1_1, out=buf0)\n"
    graph = (
        "class <lambda>(torch.nn.Module):\n    def forward(self, arg0_1, arg1_1):\n"
        "        mm = torch.ops.aten.mm.default(arg0_1, arg1_1)\n        return (mm,)\n"
    )
    records = (
        record("aot_inference_graph", graph),
        record("inductor_post_grad_graph", graph),
        record("inductor_output_code", code, details={"filename": "/tmp/x.py"}),
    )
    mapping = record("artifact:inductor_triton_kernel_to_post_grad_nodes", {"extern_kernels.mm": ["mm"]})
    tied = {(link.a.artifact, link.b.artifact) for link in feed(*records, mapping).links}
    assert ("0/0:post_grad", "0/0:inductor") in tied - {
        (link.a.artifact, link.b.artifact) for link in feed(*records).links
    }


# --- texts ----------------------------------------------------------------------------------------------------


def test_graphs_between_two_stages_are_kept_under_torchs_names() -> None:
    capture = feed(
        record("artifact:before_pre_grad_graph", GRAPH + "\n\n # graph id: 7"),
        record("artifact:after_pre_grad_graph", GRAPH + "\n\n # graph id: 7"),
        record("artifact:before_joint_graph", GRAPH),
        record("optimize_ddp_split_graph", GRAPH),
        record("optimize_ddp_split_child", GRAPH, details={"name": "submod_0"}),
        record("artifact:fuse_attention_post_grad", GRAPH),
        record("artifact:dynamo_side_effects", "x.append(1)"),
        record("artifact:torch._functorch.config", '{\n"cse": true\n}'),
    )
    assert capture.unknown == {}
    assert [item.text for item in capture.find(Stage.PRE_GRAD)] == [GRAPH]
    assert [(item.variant, item.language) for item in capture.others] == [
        ("before_pre_grad_graph", Language.FX),
        ("before_joint_graph", Language.FX),
        ("optimize_ddp_split_graph", Language.FX),
        ("optimize_ddp_split_child_submod_0", Language.FX),
        ("fuse_attention_post_grad", Language.FX),
        ("dynamo_side_effects", Language.TEXT),
        ("torch._functorch.config", Language.JSON),
    ]


def test_files_that_exist_in_memory_alone_and_places_on_the_web() -> None:
    dumped = Record(0, 0.0, "", {"dump_file": {"name": "<eval_with_key>.3"}}, "def forward(self): ...", "a.log")
    capture = feed(dumped, record("link", details={"name": "profile", "url": "https://example.org/p"}))
    (source,) = capture.find(Stage.SOURCE)
    assert (source.id, source.path, source.text) == (
        "source:<eval_with_key>.3",
        "<eval_with_key>.3",
        "def forward(self): ...",
    )
    assert [(item.variant, item.text) for item in capture.others] == [("profile", "https://example.org/p\n")]


def test_ahead_of_time_code_has_its_own_language() -> None:
    dump = Record(
        0,
        0.0,
        "",
        {"graph_dump": {"name": "inductor_aot_wrapper_code", "type": "cpp"}, "frame_id": 0},
        "#include <x>",
        "a",
    )
    (code,) = feed(dump).others
    assert (code.variant, code.language) == ("inductor_aot_wrapper_code", Language.CPP)


def test_a_record_that_is_not_what_it_should_be_is_dropped_and_its_text_kept() -> None:
    capture = feed(record("artifact:inductor_collective_schedule", "not a list"))
    assert capture.dropped == 1
    assert [item.text for item in capture.others] == ["not a list"]


@pytest.mark.parametrize("name", ["a\nb\x1b[31m", "../../etc/passwd", "x" * 500, "", "fx_graph_runnable-2"])
def test_a_hostile_name_is_one_short_printable_line(name: str) -> None:
    capture = feed(
        record(f"artifact:{name}", "x"), record(f"artifact:{name}", "y"), record("artifact:fx_graph_runnable", "z")
    )
    assert len({item.id for item in capture.others}) == 3
    assert all(item.variant.isprintable() and len(item.variant) < 140 for item in capture.others)


def test_half_a_surrogate_pair_can_be_printed() -> None:
    hostile = '["0/0: \\ud800 == 1"]', '{"key": "\\uDC00"}'
    capture = feed(record("artifact:recompile_reasons", hostile[0]), record("artifact:fx_graph_cache_miss", hostile[1]))
    assert capture.recompiles[0].reasons == ("0/0: \ufffd == 1",)
    assert capture.cache_lookups[0].key == "\ufffd"
    assert "\\udc00" in capture.others[1].text


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ('{"a":1}', "json", ('{\n  "a": 1\n}\n', Language.JSON)),
        ("{not JSON", "json", ("{not JSON", Language.TEXT)),
        ("[" * 100_000, "", ("[" * 100_000, Language.TEXT)),
        ("ExportedProgram:\n    class GraphModule(torch.nn.Module):\n", "", (None, Language.FX)),
        ("\nimport torch\n", "string", (None, Language.PYTHON)),
        ("#include <x>", "string", (None, Language.CPP)),
        ("words", None, (None, Language.TEXT)),
    ],
)
def test_what_a_text_is_written_in(text: str, encoding: object, expected: tuple[str | None, Language]) -> None:
    shown, language = readable(text, encoding)
    assert (shown, language) == (expected[0] or text, expected[1])


# --- failures, profile guidance, compiled autograd, the run ---------------------------------------------------


def test_a_traceback_with_a_cause_is_about_the_last_exception() -> None:
    text = (
        'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nKeyError: 3\n\n'
        "The above exception was the direct cause of the following exception:\n\n"
        'Traceback (most recent call last):\n  File "b.py", line 2, in h\n    f()\n'
        "torch._dynamo.exc.BackendCompilerFailed: backend='x' raised:\nRuntimeError: broken\n\n"
        'from user code:\n   File "user.py", line 5, in fn\n    y = x\n\nSet TORCH_LOGS="+dynamo" for more\n'
    )
    failure = read_failure("0/0", text)
    assert (failure.kind, failure.reason) == ("BackendCompilerFailed", "backend='x' raised:\nRuntimeError: broken")
    assert failure.place == Frame("user.py", 5, "fn", "y = x")


@pytest.mark.parametrize(
    "text", ["", "\n", "no traceback at all", "Traceback (most recent call last):\n  File", "\n" * 99_999]
)
def test_what_is_no_traceback_is_taken_as_it_is(text: str) -> None:
    assert read_failure("0/0", text).compile_id == "0/0"


def test_counters_of_forward_and_backward_are_two_and_those_of_pieces_are_added() -> None:
    def counted(piece: int, count: int, *, backward: bool = False) -> Record:
        data = {"compile_id": "0/0", "piece": piece, "backward": backward, "inductor.fuse_attention": count}
        return record("artifact:inspector_metrics", data)

    capture = feed(counted(0, 1), counted(1, 2), counted(0, 4, backward=True))
    metrics = capture.compilations[0].metrics
    assert metrics["inductor"] == {"inductor.fuse_attention": 3}
    assert metrics["inductor_backward"] == {"inductor.fuse_attention": 4}


def test_an_error_and_its_metrics_are_one_failure() -> None:
    metrics = {
        "co_name": "f",
        "fail_type": "Unsupported",
        "fail_reason": "no",
        "fail_user_frame_filename": "u.py",
        "fail_user_frame_lineno": 7,
        "restart_reasons": ["again", "and again"],
        "dynamo_time_before_restart_s": 0.5,
    }
    error = 'Traceback (most recent call last):\n  File "t.py", line 1, in f\nUnsupported: no\n'
    capture = feed(record("artifact:dynamo_error", error), record("compilation_metrics", details=metrics))
    assert [(item.kind, item.reason, item.restarted) for item in capture.failures] == [
        ("Unsupported", "no", False),
        ("", "again", True),
        ("", "and again", True),
    ]
    assert capture.failures[0].place == Frame("u.py", 7, "")
    assert capture.failures[0].traceback == error
    assert capture.failures[1].seconds == 0.5
    assert capture.compilations[0].error == "Unsupported: no"


def test_code_states_of_other_shapes() -> None:
    assert read_code_state("") == ((), ())
    functions, sources = read_code_state(
        "hash(x)a.py:1:f:\n  L['x']: tensor size=[1]\n\nSet TORCH_COMPILE_DYNAMIC_SOURCES=\"\""
    )
    assert [(item.code, item.sources) for item in functions] == [("a.py:1:f", (("L['x']", "tensor size=[1]"),))]
    assert sources == ()


def test_why_compiled_autograd_made_a_graph_anew() -> None:
    reasons = record(
        "artifact:compiled_autograd_compile_reasons", ["a new node"], frame_id=None, compiled_autograd_id=1
    )
    (compilation,) = feed(reasons).compilations
    assert (compilation.compile_id, compilation.autograd_reasons) == ("!1", ("a new node",))


def test_estimates_are_seconds_and_survive_odd_numbers() -> None:
    operations = [
        {
            "name": "op0",
            "type": "compute",
            "estimated_runtime_ns": 1.5e-3,  # milliseconds, whatever it is called
            "outputs": [{"shape": [2], "dtype": "float16"}],
        },
        {"name": "all_reduce", "type": "collective", "estimated_runtime_ns": float("inf"), "outputs": None},
    ]
    (estimate,) = feed(record("artifact:inductor_runtime_and_tensor_meta", json.dumps({"ops": operations}))).estimates
    assert [(item.name, item.collective, item.seconds) for item in estimate.operations] == [
        ("op0", False, 1.5e-6),
        ("all_reduce", True, 0.0),
    ]
    assert estimate.seconds == 1.5e-6
    assert estimate.operations[0].outputs[0].dtype == "float16"
