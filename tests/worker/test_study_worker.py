"""The study's worker: what the timing loop counts, what is read from generated code, and one study of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from inspector.cli.main import main
from inspector.errors import UsageError
from inspector.model.study import Experiment, Generation, Shapes, StudyRequest, Way
from inspector.study import store
from inspector.worker.study import models
from inspector.worker.study.counts import Counts
from inspector.worker.study.generation import generation, stepper, timed
from inspector.worker.study.kernels import count_kernels, normalised
from inspector.worker.study.layers import apply_way, compiled_layers, layers

SMALL = "llama-tiny,num_hidden_layers=2,hidden_size=64,intermediate_size=128,vocab_size=128"


class Counter:
    """A model that says the number of the call, 1 for the first, and a clock that ticks once at every look."""

    def __init__(self) -> None:
        self.seen: list[Tensor] = []
        self.events: list[str] = []

    def step(self, name: str, ids: Tensor) -> Tensor:
        self.seen.append(ids)
        self.events.append(name)
        logits = torch.zeros(ids.shape[0], 1, 10)
        logits[:, -1, len(self.seen)] = 1
        return logits

    def clock(self) -> float:
        self.events.append("clock")
        return float(self.events.count("clock"))


def test_the_loop_times_each_step_once_and_feeds_the_answer_back() -> None:
    counter = Counter()
    prompt = torch.tensor([[7, 8, 9], [7, 8, 9]])
    stamps = timed(
        lambda ids: counter.step("prefill", ids),
        lambda ids: counter.step("decode", ids),
        prompt,
        3,
        clock=counter.clock,
        between=lambda: counter.events.append("between"),
        after=lambda number, now: counter.events.append(f"{number} at {now:g}"),
    )
    assert counter.events == [
        *("clock", "prefill", "clock", "between"),
        *("decode", "clock", "1 at 3", "decode", "clock", "2 at 4", "decode", "clock", "3 at 5"),
    ]
    assert (stamps.start_prefill, stamps.end_prefill, stamps.tokens) == (1, 2, (3, 4, 5))
    assert stamps.answer.tolist() == [[1, 2, 3, 4]] * 2
    assert [ids.tolist() for ids in counter.seen] == [prompt.tolist(), [[1]] * 2, [[2]] * 2, [[3]] * 2]


def request(**changes: object) -> StudyRequest:
    return StudyRequest(Experiment.SPOT, SMALL, prompt=5, tokens=4, **changes)  # type: ignore[arg-type]


def test_decoding_with_the_cache_gives_what_the_whole_text_gives() -> None:
    """The paper started one position too late; here every position is where it belongs."""
    torch.manual_seed(0)
    model, chosen = models.build(request())
    cache = models.static_cache(chosen, 1, 9)
    prompt = torch.randint(128, (1, 5))
    with torch.no_grad():
        step = stepper(model, cache)
        answer = timed(step, step, prompt, 4).answer
        text = torch.cat([prompt, answer], dim=1)
        logits = model(input_ids=text, use_cache=False).logits
    assert answer[0].tolist() == logits[0, 4:-1].argmax(-1).tolist()


def test_a_generation_in_this_process() -> None:
    phases: list[str] = []
    run = generation(request(variant="decode", backend="eager", batch=2), 0.0, phases.append)
    assert isinstance(run, Generation)
    assert (len(run.stamps), run.batch, run.prompt, run.graphs) == (4, 2, 5, (0, 1))
    assert [phase for phase in phases if ", " not in phase] == ["building the model", "prefill", "decoding"]
    assert list(run.stamps) == sorted(run.stamps)


def test_bytes_of_a_step() -> None:
    model, chosen = models.build(request())
    assert chosen.heads == (4, 32)
    cache = 2 * 2 * 1 * 4 * 32 * 9 * 4  # keys and values × layers × batch × heads × width × positions × bytes
    assert chosen.cache_bytes(1, 9) == cache
    weights = sum(parameter.numel() for parameter in model.parameters()) * 4
    assert models.step_bytes(model, chosen, 1, 9) == weights + cache, "the embedding is the output layer's too"
    model.get_output_embeddings().weight = torch.nn.Parameter(torch.zeros(128, 64))
    assert models.step_bytes(model, chosen, 1, 9) == weights + cache


def test_what_does_not_fit_is_refused_with_both_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "available_memory", lambda _device: 2**30)
    with pytest.raises(UsageError, match=r"needs about \d+\.\d+ GiB, and 1 GiB are available"):
        models.build(request())
    model, _ = models.build(request(memory=False))
    assert model.config.num_hidden_layers == 2


def test_an_estimate_builds_nothing_large() -> None:
    found = models.estimate(
        StudyRequest(Experiment.ESTIMATE, "llama-1b", batch=256, prompt=32, tokens=200, backend="eager")
    )
    assert found["needed"] > 5 * 2**30
    assert found["bandwidth"] is None


def test_bandwidth_is_measured() -> None:
    assert models.read_bandwidth(1 << 10, 1 << 10, 3) > 0


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("llama-tiny,no_such_key=1", "has no 'no_such_key'"),
        ("llama-tiny,num_attention_heads=0", "There can be no"),
        ("no-such-model", "knows no model type"),
        ("bert", "does not"),
    ],
)
def test_impossible_models(model: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        models.build(StudyRequest(Experiment.SPOT, model))


def test_positions_that_a_model_does_not_have() -> None:
    with pytest.raises(UsageError, match="has 131072 positions"):
        models.estimate(StudyRequest(Experiment.ESTIMATE, "llama-tiny", prompt=131072, tokens=1))


@pytest.fixture
def dynamo() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def test_counts_are_of_what_is_new(dynamo: None, tmp_path: Path) -> None:
    counts = Counts()
    compiled = torch.compile(lambda x: x + 1, backend="eager", dynamic=False)
    compiled(torch.ones(2))
    assert (counts.graphs(), counts.reasons()) == (1, ())
    compiled(torch.ones(2))
    assert counts.graphs() == 0
    compiled(torch.ones(3))
    assert counts.graphs() == 1
    [reason] = counts.reasons()
    assert "size mismatch at index 0" in reason
    assert counts.breaks() == ()


def test_reasons_are_found_when_torch_has_forgotten_the_first_compiles(dynamo: None) -> None:
    for _ in range(70):  # torch keeps the metrics of 64
        torch._dynamo.reset()
        torch.compile(lambda x: x + 1, backend="eager", dynamic=False)(torch.ones(2))
    counts = Counts()
    compiled = torch.compile(lambda x: x * 2, backend="eager", dynamic=False)
    compiled(torch.ones(2))
    compiled(torch.ones(3))
    [reason] = counts.reasons()
    assert "size mismatch at index 0" in reason


def test_graph_breaks_are_read_from_the_trace(tmp_path: Path) -> None:
    log = tmp_path / "dedicated_log_torch_trace_1.log"
    record = (
        'V0101 00:00:00.000000 1 a.py:1] {"artifact": {"name": "dynamo_graph_break_reason", "encoding": "string"}}\n'
    )
    other = 'V0101 00:00:00.000000 1 a.py:1] {"dynamo_guards": {}}\n\t[]\n'
    log.write_text(other + record + '\t{"reason": "Unsupported Tensor.item()\\nmore"}\n' + other)
    counts = Counts(tmp_path)
    assert counts.breaks() == ("Unsupported Tensor.item()",)
    with log.open("a") as file:
        file.write(record + "\tplain words\n")
    assert counts.breaks() == ("plain words",)


KERNEL = """
{name} = async_compile.cpp_pybinding(['const float*', 'float*'], r'''
#include <torch/csrc/inductor/cpp_prefix.h>
extern "C"  void  kernel(const float* in_ptr0, float* out_ptr0)
{{
    for(int64_t x0=0; x0<static_cast<int64_t>({size}L); x0+=1)
    {{
        auto tmp{first} = in_ptr0[x0];  // {name}
        out_ptr0[x0] = tmp{first} {operator} 2;
    }}
}}
''')
"""


def test_kernels_are_counted_by_calls_definitions_and_bodies() -> None:
    definitions = [
        KERNEL.format(name="cpp_fused_add_0", size=8, first=0, operator="+"),
        KERNEL.format(name="cpp_fused_add_1", size=16, first=3, operator="+"),
        KERNEL.format(name="cpp_fused_mul_2", size=8, first=0, operator="*"),
    ]
    calls = "def call(args):\n    cpp_fused_add_0(a, b)\n    cpp_fused_add_0(b, c)\n    cpp_fused_add_1(a, c)\n"
    found = count_kernels(["".join(definitions) + calls + "    cpp_fused_mul_2(a, b)\n"])
    assert (found.calls, found.definitions, found.bodies) == (4, 3, 2)
    assert count_kernels([]).definitions == 0


def test_bodies_differ_by_what_they_do() -> None:
    add, again, mul = (
        normalised(KERNEL.format(name=name, size=size, first=first, operator=operator))
        for name, size, first, operator in (
            ("cpp_fused_a_0", 1, 0, "+"),
            ("cpp_fused_b_7", 9, 4, "+"),
            ("cpp_fused_a_0", 1, 0, "*"),
        )
    )
    assert add == again != mul


@pytest.mark.parametrize(
    ("way", "compiled", "graphs"),
    [
        (Way.EAGER, 0, 0),
        (Way.WHOLE, 3, 1),
        (Way.NESTED, 3, 1),
        (Way.ISOLATED, 3, 3),
        (Way.LAYER, 2, 2),
        (Way.UNSPEC, 2, 2),
        (Way.TENSOR, 3, 5),
        (Way.LIMIT, 3, 3),
        (Way.SHARED, 3, 1),
    ],
)
def test_layers_left_eager_without_a_word_are_found(dynamo: None, way: Way, compiled: int, graphs: int) -> None:
    """Plain `layer.compile()` recompiles for each layer's index, and stops at the limit, here of 2 rather than 8."""
    asked = StudyRequest(
        Experiment.LAYERS, SMALL.replace("layers=2", "layers=3"), prompt=4, tokens=1, backend="eager", memory=False
    )
    model, chosen = models.build(asked)
    blocks = list(model.get_decoder().layers)
    ids = torch.randint(128, (1, 4))
    cache, counts = models.static_cache(chosen, 1, 4), Counts()
    with torch.no_grad(), torch._dynamo.config.patch(allow_unspec_int_on_nn_module=False, recompile_limit=2):
        expected = stepper(model, cache)(ids)
        cache.reset()
        step = stepper(apply_way(way, model, blocks, asked), cache)
        torch.testing.assert_close(step(ids), expected)
        assert counts.graphs() == graphs
        cache.reset()
        assert compiled_layers(way, lambda: step(ids), len(blocks)) == compiled


@pytest.mark.compiles
def test_a_study_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cold starts in processes of their own, on the smallest model, then the report of them."""
    file = tmp_path / "study.jsonl"
    options = ["--model", SMALL, "--batches", "1", "--prompt", "4", "--tokens", "3", "--compile", "eager,decode"]
    assert main(["study", "spot", *options, "-o", str(file)]) == 0
    runs = {run.request.variant: run for run in store.read(file).runs}
    assert set(runs) == {"eager", "decode"}
    for run in runs.values():
        assert isinstance(run.result, Generation)
        assert len(run.result.stamps) == 3
        assert run.result.started is not None and run.result.started < run.result.start_prefill
        assert {"cpu", "torch", "compiler", "threads", "bandwidth"} <= run.environment.keys()
    compiled = runs["decode"].result
    assert isinstance(compiled, Generation) and compiled.graphs == (0, 1)
    assert compiled.first > compiled.prefill, "the first step compiles"
    shown = capsys.readouterr().out
    assert "Break-even" in shown or "break-even" in shown
    assert "2 runs finished" in shown
    assert main(["study", "spot", *options, "-o", str(file)]) == 0
    assert "0 runs finished, 2 were there already" in capsys.readouterr().out


@pytest.mark.compiles
def test_shapes_count_graphs_per_call(tmp_path: Path) -> None:
    file = tmp_path / "shapes.jsonl"
    options = ["--model", SMALL, "--prompts", "3,6", "--tokens", "2", "--backend", "eager", "--dynamic", "none,true"]
    assert main(["study", "shapes", *options, "-o", str(file)]) == 0
    found = {run.request.variant: run.result for run in store.read(file).runs}
    none, true = found["none"], found["true"]
    assert isinstance(none, Shapes) and isinstance(true, Shapes)
    assert [call.graphs for call in none.calls] == [(1, 1), (1, 0)]
    assert [call.graphs for call in true.calls] == [(1, 1), (0, 0)]
    assert any("size mismatch" in reason for reason in none.calls[1].reasons)


@pytest.mark.compiles
def test_layers_share_their_kernels(dynamo: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))  # a hit in a cache generates no code to count
    asked = StudyRequest(Experiment.LAYERS, SMALL, prompt=4, tokens=1, variant="whole", memory=False)
    found = layers(asked, lambda _: None)
    assert found.calls > found.definitions >= found.bodies > 0
    assert (found.layers, found.compiled_layers, found.eager_layers, found.graphs) == (2, 2, 0, 1)


def test_a_worker_that_cannot_makes_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "study.jsonl"
    assert main(["study", "spot", "--model", "no-such-model", "-o", str(file)]) == 2
    assert "knows no model type 'no-such-model'" in capsys.readouterr().err
    assert not file.exists()
