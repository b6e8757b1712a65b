"""Lessons as texts: read, refused with a reason, and held against a recorded capture."""

from __future__ import annotations

from pathlib import Path

import pytest
from captures import full

from inspector.cli.main import main
from inspector.errors import UsageError
from inspector.lessons import find_lesson, lessons, parse_lesson
from inspector.lessons.facts import FACTS
from inspector.lessons.library import ORDER
from inspector.lessons.truth import verdicts
from inspector.model.request import CacheMode
from inspector.model.stage import Stage
from inspector.trace import read_capture

ROOT = Path(__file__).parents[2]
TRACES = ROOT / "tests" / "traces"

HEAD = '+++\ntitle = "T"\nsummary = "S"\nminutes = 3\n[capture]\ntarget = "softmax"\ncache = "cold"\n+++\n'


def lesson(body: str, head: str = HEAD) -> str:
    return f"{head}\n{body}"


def test_a_lesson_is_read_with_all_its_blocks() -> None:
    read = parse_lesson(
        "mine",
        lesson(
            "## One\n\nWords `here`.\n\n```show\npanes = ['source', 'aten']\n"
            "light = { stage = 'aten', text = 'exp' }\ncompile_id = '0/0'\n```\n\n"
            "```predict\nquestion = 'How many?'\nchoices = ['1', '2']\nfact = 'kernels'\nreveal = '{answer}'\n```\n"
            "```claim\nfact = { name = 'lines', stage = 'aten', text = 'exp' }\nat_least = 1\n```\n"
            "```claim\nfact = 'graph_breaks'\nequal = 0\nneeds = 'avx512'\n```\n"
            "```python\nx = 1\n```\n```notes\nOnly me.\n```\n"
            "## Two\n\n```capture\ntarget = 'llama-mlp'\n```\n```run\nseq = 16\nrace = true\n```\n"
        ),
    )
    one, two = read.steps
    assert (read.title, read.minutes, read.request.target, read.request.cache) == ("T", 3, "softmax", CacheMode.COLD)
    assert one.text == "Words `here`.\n\n```python\nx = 1\n```"
    assert one.show.panes == (Stage.SOURCE, Stage.ATEN)
    assert one.show.light is not None
    assert (one.show.light.stage, one.show.light.text, one.show.compile_id) == (Stage.ATEN, "exp", "0/0")
    assert one.prediction is not None
    assert (one.prediction.choices, one.prediction.fact.name) == (("1", "2"), "kernels")
    assert [(item.fact.name, item.wanted, item.needs) for item in one.claims] == [
        ("lines", "at least 1", ""),
        ("graph_breaks", "0", "avx512"),
    ]
    assert one.notes == "Only me."
    assert two.request is not None
    assert (two.request.target, two.shape, two.race) == ("llama-mlp", (None, 16), True)
    assert [request.target for request in read.requests()] == ["softmax", "llama-mlp"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("## One\n", "does not begin with TOML"),
        ("+++\ntitle = \n+++\n## One\n", "the front matter is not TOML"),
        (HEAD, "it has no step"),
        (HEAD.replace("minutes = 3\n", "") + "## One\n", "minutes is missing"),
        (HEAD.replace("target", "goal") + "## One\n", "which target is compiled"),
        (HEAD.replace('"cold"', '"icy"') + "## One\n", "icy"),
        (lesson("## One\n```show\npanes = ['attic']\n```\n"), r"step 1 \(One\), show: there is no stage 'attic'"),
        (lesson("## One\n```show\nlamp = 1\n```\n"), "'lamp' is not known; known are panes, light, compile_id"),
        (lesson("## One\n```show\n```\n```show\n```\n"), "2 blocks of show"),
        (
            lesson("## One\n```claim\nfact = 'luck'\nequal = 1\n```\n"),
            "there is no fact 'luck'; there are break_reason",
        ),
        (lesson("## One\n```claim\nfact = 'lines'\nequal = 1\n```\n"), "the fact lines needs a stage"),
        (lesson("## One\n```claim\nfact = 'kernels'\n```\n"), "either equal or at_least"),
        (lesson("## One\n```predict\nquestion = 'Q'\nchoices = ['1']\nfact = 'kernels'\n```\n"), "two to 6 texts"),
    ],
)
def test_a_lesson_that_cannot_be_read_says_where_and_why(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        parse_lesson("mine", text)
    assert "docs/lessons.md" in caught.value.hint


def test_what_a_lesson_claims_is_held_against_the_capture() -> None:
    capture = full()
    read = parse_lesson(
        "mine",
        lesson(
            "## One\n```show\npanes = ['aten', 'sass']\nlight = { stage = 'aten', text = 'nowhere' }\n```\n"
            "```predict\nquestion = 'Kernels?'\nchoices = ['70', '80']\nfact = 'kernels'\n```\n"
            "```claim\nfact = 'graph_breaks'\nequal = 77\n```\n"
            "```claim\nfact = 'kernels'\nat_least = 0\n```\n"
            "```claim\nfact = 'kernels'\nequal = 99\nneeds = 'no-such-isa'\n```\n"
        ),
    )
    found = list(verdicts(read, {read.request: capture}))
    assert [item.holds for item in found] == [False, False, False, False, True, True]
    assert [item.made for item in found] == [True] * 5 + [False]
    assert "there is no sass" in found[0].words
    assert "which is none of the choices" in found[2].words
    assert "the lesson says 77" in found[3].words


def test_facts_of_recorded_captures() -> None:
    from inspector.lessons import LessonFact, find

    broken = read_capture(TRACES / "graph_break.log")
    assert find(broken, LessonFact("graph_breaks")) == len(broken.graph_breaks) > 0
    assert find(broken, LessonFact("graphs")) == len(broken.find(Stage.DYNAMO)) > 1
    again = read_capture(TRACES / "recompile.log")
    assert find(again, LessonFact("recompiles")) == len(again.recompiles) > 0
    assert find(again, LessonFact("recompile_reason", text="size mismatch")) in {"yes", "no"}
    assert find(again, LessonFact("compilations")) == len({item.compile_id for item in again.find(Stage.DYNAMO)})


def test_every_fact_explains_itself_and_is_documented() -> None:
    documented = (ROOT / "docs" / "lessons.md").read_text()
    for name, finder in FACTS.items():
        assert finder.__doc__
        assert f"`{name}`" in documented


def test_the_package_has_the_course() -> None:
    listed = lessons()
    assert [item.lesson.name for item in listed] == list(ORDER)
    assert len(listed) >= 8
    for item in listed:
        assert item.lesson.summary
        assert len(item.lesson.steps) >= 3
        assert any(step.prediction for step in item.lesson.steps)
        assert any(step.claims for step in item.lesson.steps)
        assert any(step.notes for step in item.lesson.steps)


def test_a_lesson_is_found_by_name_number_and_file(tmp_path: Path) -> None:
    assert find_lesson("fusion") == find_lesson("5")
    assert find_lesson(str(ROOT / "samples" / "lessons" / "softmax.md")).request.target == "softmax"
    with pytest.raises(UsageError) as caught:
        find_lesson("fussion")
    assert "Did you mean fusion?" in caught.value.hint
    with pytest.raises(UsageError, match="There is no file"):
        find_lesson(str(tmp_path / "none.md"))
    (tmp_path / "binary.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        find_lesson(str(tmp_path / "binary.md"))


def test_the_verb_lists_and_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson"]) == 0
    out = capsys.readouterr().out
    assert "fusion" in out
    assert "Fusion in the Llama MLP" in out
    assert main(["lesson", "fusion", "--print"]) == 0
    out = capsys.readouterr().out
    assert "## 2. The loop" in out
    assert "compiles `inspector llama-mlp`" in out
    assert main(["lesson", "--check"]) == 2
    assert "Which lesson?" in capsys.readouterr().err
