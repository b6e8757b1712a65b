"""What the pages about bundles, notes, links and profiles list is what the program has: files, keys, facts, limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from captures import full

from inspector.bundle import differences, layout, write
from inspector.bundle.export import export
from inspector.model.annotation import Fact
from inspector.model.busy import BUSY
from inspector.model.link import Origin
from inspector.model.profile import ADDS_UP, CALLING, FAR_SHARE, LAUNCH_BOUND, NOTHING_TO_GAIN, OWN_SHARE, SPREAD
from inspector.notes.blocks import LONGEST, BlockKind, blocks

DOCS = Path(__file__).parents[2] / "docs"


@cache
def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def rows(name: str) -> dict[str, str]:
    """The tables of a page: what stands in the first column → the rest of the row."""
    cells = (line.strip("|").split("|", 1) for line in page(name).splitlines() if re.match(r"\| [`a-z]", line))
    return {first.strip(): rest for first, rest in cells}


def keys(data: Any, depth: int) -> Iterator[str]:
    """Keys of objects, down to a depth; an object whose keys are data's own (ids, names) is told by its first."""
    if isinstance(data, dict) and depth:
        for key, value in data.items():
            yield key
            yield from keys(value, depth - 1)
    elif isinstance(data, list):
        for item in data:
            yield from keys(item, depth)


def quoted(text: str) -> set[str]:
    return set(re.findall(r'"(\w+)"', text)) | set(re.findall(r"`(\w+)`", text))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(full(), tmp_path_factory.mktemp("it") / "it")


def loaded(bundle: Path, name: str) -> Any:
    found = max(bundle.rglob(name), key=lambda file: file.stat().st_size)
    return json.loads(found.read_bytes().decode(errors="surrogatepass"))


@pytest.mark.parametrize(
    ("name", "depth"),
    [
        ("graph_breaks.json", 2),
        ("recompiles.json", 2),
        ("guard_tree.json", 2),
        ("metrics.json", 1),
        ("fusion.json", 2),
        ("links.json", 2),
        ("facts.json", 1),
        ("latency.json", 2),
        ("profile.json", 1),
        ("annotations.json", 2),
    ],
)
def test_every_key_of_a_bundles_file_is_on_its_page_and_no_other(bundle: Path, name: str, depth: int) -> None:
    (said,) = (rest for first, rest in rows("bundle.md").items() if first.strip("`").endswith(name))
    data = loaded(bundle, name)
    assert set(keys(data, depth)) - quoted(said) == set()
    assert set(re.findall(r'"(\w+)"', said)) - set(keys(data, 9)) == set()


def test_every_key_of_the_manifest_is_on_its_page_and_no_other(bundle: Path, tmp_path: Path) -> None:
    data, said = loaded(bundle, "manifest.json"), page("bundle.md").partition("## manifest.json")[2]
    table = {key: rest for key, rest in rows("bundle.md").items() if key in said and ".json" not in key}
    named = {word for key in table for word in re.findall(r"`(\w+)`", key)}
    assert set(data) - named == set()
    for key in ("compilations", "artifacts", "tool"):
        entry = data[key][0] if isinstance(data[key], list) else data[key]
        assert set(entry) == set(re.findall(r'"(\w+)"', table[f"`{key}`"])), key


def test_every_file_of_a_bundle_is_on_its_page(tmp_path: Path) -> None:
    exported = export(full(), tmp_path / "it")
    shapes = [
        re.sub(r"`", "", part.strip())
        for first in rows("bundle.md")
        for part in first.split(", ")
        if "." in part or "/" in part
    ]
    known = [
        re.compile(
            re.escape(item)
            .replace("0_0", r"[^/]+")
            .replace("NN", r"\d\d")
            .replace("STAGE", r"[\w-]+")
            .replace("NAME", r".+")
            .replace("EXT", r"\w+")
            .replace("A\\-B", r".+\-.+")
        )
        for item in shapes
    ]
    for file in exported.rglob("*"):
        if file.is_file():
            path = file.relative_to(exported).as_posix()
            assert any(item.match(path) for item in known), path


def test_every_kind_of_fact_is_on_the_page_about_notes_and_no_other() -> None:
    table = page("notes.md").partition("## What the facts say")[2].partition("## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == sorted(
        (item.value for item in Fact), key=lambda name: table.index(f"`{name}`")
    )


def test_every_origin_is_on_the_page_about_links_and_no_other() -> None:
    table = page("links.md").partition("## The four origins")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == {item.value for item in Origin}
    used = set(
        re.findall(
            r"\| (\w+) \|$", page("links.md").partition("## How each pair is tied")[2].partition("## ")[0], re.MULTILINE
        )
    )
    assert used - {"origin"} <= {item.value for item in Origin}


@pytest.mark.parametrize(
    ("name", "said", "value"),
    [
        ("notes.md", "longer than {:,}\ncharacters", LONGEST),
        ("bundle.md", "At most {}", differences.MOST),
        ("bundle.md", "larger than {} MiB", layout.MAX_FILE >> 20),
        ("bundle.md", "more than {} GiB in all", layout.MAX_TOTAL >> 30),
        ("bundle.md", "more than {:,}\nfiles", layout.MAX_FILES),
        ("profile.md", "More than {} % apart is", round(ADDS_UP * 100)),
        ("profile.md", "Above {} % the profile says so", round(BUSY * 100)),
        ("profile.md", "less than {} µs", round(CALLING * 1e6)),
        ("profile.md", "already reaches {} % of that", round(NOTHING_TO_GAIN * 100)),
    ],
)
def test_limits_on_the_pages_are_the_programs(name: str, said: str, value: int) -> None:
    assert said.format(value) in page(name)


def test_shares_on_the_page_about_profiles_are_the_programs() -> None:
    """Written as words: half, three quarters, a quarter below."""
    assert (FAR_SHARE, LAUNCH_BOUND, OWN_SHARE, SPREAD) == (0.5, 0.5, 0.75, 0.75)
    text = page("profile.md")
    for words in (
        "Below half of its limit a part is bound by neither",
        "waits for more than half of a compiled call",
        "ran less than three quarters of the time",
        "more than a quarter below the median",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("levels", "typed"),
    [
        *(("\n".join("  " * depth + "- a" for depth in range(count)), count > 9) for count in (9, 10)),
        *(("> " * count + "a", count > 19) for count in (19, 20)),
    ],
)
def test_how_deep_a_note_may_be_is_what_the_page_says(levels: str, typed: bool) -> None:
    assert "deeper than 19 quotations or 9 lists" in page("notes.md")
    assert (blocks(levels)[0].kind is BlockKind.CODE) == typed
