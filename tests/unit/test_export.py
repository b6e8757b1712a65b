"""What is handed on: the same bytes every time, and nothing of what was to be left out."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from inspector.bundle import read, verify
from inspector.bundle.differences import difference_links
from inspector.bundle.export import Wanted, export, prepared
from inspector.bundle.graph_code import refused
from inspector.bundle.repro import repro
from inspector.cli.main import main
from inspector.errors import UsageError
from inspector.model.artifact import Artifact, Language
from inspector.model.capture import Capture, Frame, GraphBreak, Note
from inspector.model.link import Origin
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.trace import read_capture

TRACES = Path(__file__).parents[1] / "traces"


@cache
def gated() -> Capture:
    return read_capture(TRACES / "live_gated.log")


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- the bundle -------------------------------------------------------------------------------------------


def test_the_same_capture_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two", "one.inspector", "two.inspector"):
        export(gated(), tmp_path / name)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert (tmp_path / "one.inspector").read_bytes() == (tmp_path / "two.inspector").read_bytes()
    assert {"index.html", "README.md", "repro.py", "manifest.json"} <= files(tmp_path / "one").keys()


def test_what_is_exported_again_is_the_same(tmp_path: Path) -> None:
    export(gated(), tmp_path / "one")
    export(read(tmp_path / "one"), tmp_path / "two")
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    assert [name for name in one if one[name] != two.get(name)] == []


def test_the_page_is_one_of_the_checked_files(tmp_path: Path) -> None:
    place = export(gated(), tmp_path / "one")
    assert verify(place) == len(files(place)) - 1
    (place / "index.html").write_text("<script>alert(1)</script>")
    with pytest.raises(UsageError, match=r"index\.html"):
        read(place)


def test_nothing_hostile_leaves_its_place_in_the_readme(tmp_path: Path) -> None:
    nasty = "x`\n\n# A heading\n<script>alert(1)</script>\n```\n[a](http://b)\x1b[31m"
    capture = replace(gated(), request=CaptureRequest(nasty), environment={"torch": nasty}, notes=(Note(nasty, nasty),))
    text = (export(capture, tmp_path / "one") / "README.md").read_text()
    tokens = [token for block in MarkdownIt().parse(text) for token in (block, *(block.children or ()))]
    assert not any(token.type.startswith("html") for token in tokens)
    assert {token.attrs.get("href") for token in tokens if token.type == "link_open"}.isdisjoint({"http://b"})
    assert sum(token.type == "heading_open" for token in tokens) == 3
    assert "\x1b" not in text


# --- leaving out ------------------------------------------------------------------------------------------


def secretive() -> Capture:
    """A capture with a person's name, a machine's and paths everywhere that text can stand."""
    frame = Frame("/home/ada.l/secret/model.py", 3, "forward", "return self.secret(x)")
    graph = (
        "def forward(self):\n"
        "    # File: /home/ada.l/secret/model.py:3 in forward, code: return self.secret(x)\n"
        '    neg: "f32[1]" = torch.ops.aten.neg.default(x);  x = None\n'
        "    # kept in /tmp/torchinductor_ada.l/ab/cab.py on lovelace-01\n"
    )
    return replace(
        gated(),
        request=CaptureRequest("/home/ada.l/secret/model.py:net"),
        target={"name": "/home/ada.l/secret/model.py:net", "file": "/home/ada.l/secret/model.py"},
        environment={"torch": "2.13.0", "hostname": "lovelace-01", "user": "ada.l", "compiler": "/opt/secret/bin/g++"},
        artifacts=(
            *gated().artifacts,
            Artifact("9/0:aten", Stage.ATEN, "9/0", None, Language.FX, graph, "/home/ada.l/secret/x"),
        ),
        graph_breaks=(GraphBreak("0/0", "in /home/ada.l/secret/model.py", "by ada.l", (), (frame,)),),
        notes=(Note("warning", "/home/ada.l/secret/model.py on lovelace-01 cannot be read"),),
    )


def test_redacting_leaves_no_name_path_or_source(tmp_path: Path) -> None:
    for name, data in files(export(secretive(), tmp_path / "one", Wanted(redact=True))).items():
        for secret in (b"ada.l", b"lovelace", b"secret", b"/home", b"/tmp/", b"self.gate(x)", b"project"):
            assert secret not in data, f"{secret!r} in {name}"
    kept = read(tmp_path / "one")
    assert kept.find(Stage.SOURCE) == ()
    assert kept.environment["compiler"] == "…/g++"
    assert kept.graph_breaks[0].stack == (Frame("…/model.py", 3, "forward", ""),)
    assert "…/model.py:3 in forward\n" in kept.by_id["9/0:aten"].text


def test_redacting_moves_no_line_and_keeps_links() -> None:
    before, after = gated(), prepared(gated(), Wanted(redact=True))
    for item in after.artifacts:
        assert len(item.lines) == len(before.by_id[item.id].lines)
    kernel = before.find(Stage.KERNEL)[0].id
    for line in (13, 16, 20):
        wanted = {
            (found.span.artifact, found.span.start.line)
            for found in before.index.relatives(kernel, line)
            if found.span.artifact in after.by_id
        }
        assert {(found.span.artifact, found.span.start.line) for found in after.index.relatives(kernel, line)} == wanted


def test_without_source_says_nothing_of_the_source_and_keeps_paths() -> None:
    capture = prepared(secretive(), Wanted(source=False))
    assert capture.find(Stage.SOURCE) == ()
    assert not any("self.gate(x)" in item.text or "self.secret(x)" in item.text for item in capture.artifacts)
    assert "/home/ada.l/secret/model.py:3 in forward\n" in capture.by_id["9/0:aten"].text
    assert capture.graph_breaks[0].stack[0].code == ""


def test_without_source_the_stack_traces_within_a_metric_have_none_either() -> None:
    """torch records its kernels' stack traces as JSON in a text of a compile's metrics."""
    frames = '  File "/home/ada.l/model.py", line 3, in forward\n    z = self.secret(x,\n      y)\n    ^^^^\n'
    kept = '{"kernel:1": ["%s"]}'
    secret = kept % frames.replace("\n", "\\n").replace('"', '\\"')
    capture = secretive()
    first = replace(capture.compilations[0], metrics={"inductor_provenance": [secret]})
    capture = replace(capture, compilations=(first, *capture.compilations[1:]))
    (text,) = prepared(capture, Wanted(source=False)).compilations[0].metrics["inductor_provenance"]
    assert json.loads(text) == {"kernel:1": ['  File "/home/ada.l/model.py", line 3, in forward\n    …\n']}


def test_only_some_stages_stay_linked_through_those_that_are_gone() -> None:
    whole, some = gated(), prepared(gated(), Wanted(only=[Stage.SOURCE, Stage.KERNEL]))
    assert some.stages() == (Stage.SOURCE, Stage.KERNEL)
    source, kernel = some.find(Stage.SOURCE)[0].id, some.find(Stage.KERNEL)[0].id
    for line in (17, 19):
        found = some.index.relatives(source, line).by_artifact[kernel]
        wanted = whole.index.relatives(source, line).by_artifact[kernel]
        assert {item.span for item in found} == {item.span for item in wanted}
        assert {item.origin for item in found} == {Origin.EXACT}


# --- the reproducer ---------------------------------------------------------------------------------------


def test_the_reproducer_needs_torch_alone() -> None:
    script = repro(gated())
    assert script is not None
    tree = ast.parse(script)
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"sys", "torch", "torch._inductor.utils"}
    assert "L_x_ = tensor(torch.float32, (4, 32), (32, 1), 'cpu')" in script


HEAD = 'class GraphModule(torch.nn.Module):\n    def forward(self, L_x_: "f32[2][1]cpu"):\n'
GRAPH = HEAD + "        {}\n        return (y,)\n"


@pytest.mark.parametrize(
    "line",
    [
        "y = torch.relu(L_x_)",
        "y = torch.ops.aten.mm.default(L_x_, L_x_);  L_x_ = None",
        "y = L_x_.view(-1).sum()",
        "y = L_x_[(slice(None, None, None), 0)] * 2 > inf",
        "y = torch._C._nn.linear(L_x_, L_x_, None)",
        "y = torch.nn.functional.silu(L_x_, inplace = False)",
        "y = L_x_[(Ellipsis, slice(None, 1, None))]",
        "y = L_x_.exp();  y /= L_x_",
        "_log_api_usage_once = torch._C._log_api_usage_once('python.nn_module');  y = L_x_ + 1",
        "_set_grad_enabled = torch._C._set_grad_enabled(False);  y = L_x_ + 1",
        "_enter = torch.amp.autocast_mode._enter_autocast('cpu', torch.bfloat16, True, None);  y = L_x_ + 1",
    ],
)
def test_what_torch_prints_is_plain(line: str) -> None:
    assert refused(GRAPH.format(line)) == ""


@pytest.mark.parametrize(
    "line",
    [
        "y = __import__('os').system('true')",
        "y = torch.os.system('true')",
        "y = torch.load('x')",
        "y = torch.hub.load('x')",
        "y = L_x_.__class__.__mro__",
        "y = exec('1')",
        "y = (lambda: 1)()",
        "y = [i for i in L_x_]",
        "import os; y = os",
        "torch = L_x_; y = torch.system('true')",
        "y = torch.utils.cpp_extension.load('x')",
        "y = self.other(L_x_)",
    ],
)
def test_what_nobody_should_run_is_not(line: str) -> None:
    assert refused(GRAPH.format(line))
    artifact = Artifact("0/0:dynamo", Stage.DYNAMO, "0/0", None, Language.FX, GRAPH.format(line))
    script = repro(Capture(artifacts=(artifact,)))
    assert script is not None
    assert "NOT IN HERE:\n    0/0: it" in script
    assert not any(isinstance(node, ast.ClassDef) for node in ast.walk(ast.parse(script)))


@pytest.mark.parametrize("text", ["", "class (", "x = 1", "class A(torch.nn.Module):\n    import os\n"])
def test_what_is_no_graph_is_not_plain(text: str) -> None:
    assert refused(text)


def test_a_title_cannot_leave_the_docstring() -> None:
    capture = replace(gated(), request=CaptureRequest('x"""\nimport os\n"""\\'))
    script = repro(capture)
    assert script is not None
    assert not any(isinstance(node, ast.Import) and node.names[0].name == "os" for node in ast.walk(ast.parse(script)))


# --- the verb ---------------------------------------------------------------------------------------------

LOG = str(TRACES / "live_gated.log")


def test_the_verb_writes_a_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", LOG, "-o", str(tmp_path / "it"), "--only", "aten,kernel"]) == 0
    assert str(tmp_path / "it" / "index.html") in capsys.readouterr().out
    assert read(tmp_path / "it").stages() == (Stage.ATEN, Stage.KERNEL)
    assert main(["export", LOG, "-o", str(tmp_path / "it")]) == 2
    assert "--force" in capsys.readouterr().err


def test_the_verb_names_a_bundle_after_its_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main(["export", LOG]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["live_gated-2.inspector", "live_gated.inspector"]


@pytest.mark.parametrize(
    ("options", "beginning"),
    [
        (["--page"], "<!doctype html>"),
        (["--markdown"], "## `"),
        (["--svg", "kernel", "--at", "source:17", "--lines", "10-20", "--light"], "<svg "),
    ],
)
def test_the_verb_prints_one_text(options: list[str], beginning: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", LOG, *options]) == 0
    assert capsys.readouterr().out.startswith(beginning)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--only", "nonsense"], "no stage called 'nonsense'"),
        (["--svg", "nonsense"], "no stage called 'nonsense'"),
        (["--svg", "kernel", "--lines", "9-1"], "no lines"),
        (["--svg", "kernel", "--lines", "900"], "no line 900"),
        (["--svg", "kernel", "--at", "aten"], "no place"),
        (["--at", "aten:3"], "--svg"),
        (["--page", "--markdown"], "not allowed"),
        (["--page", "-o", "/nowhere/there.html"], "cannot be written"),
    ],
)
def test_the_verb_says_what_is_wrong(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", LOG, *options]) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.out == ""


def test_a_redacted_manifest_says_when_nothing_was_written(tmp_path: Path) -> None:
    export(gated(), tmp_path / "one", Wanted(redact=True))
    assert json.loads((tmp_path / "one" / "manifest.json").read_bytes())["created"] is None


def test_a_recompile_has_a_page_beside_the_page(tmp_path: Path) -> None:
    capture = read_capture(TRACES / "recompile.log")
    place = export(capture, tmp_path / "one")
    links = difference_links(capture)
    again = {item.compile_id for item in capture.recompiles}
    assert links.keys() == again != set()
    for compile_id, (before, path) in links.items():
        assert f"<title>{before} ↔ {compile_id}</title>" in (place / path).read_text(encoding="utf-8")
        assert path in json.loads((place / "manifest.json").read_bytes())["files"]
    assert "`differences/`" in (place / "README.md").read_text()
    assert difference_links(capture, ()) == {}
