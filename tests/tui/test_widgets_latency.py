"""The latency chart, by what stands on its rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from textual.app import App, ComposeResult
from textual.widget import Widget

from inspector.model.latency import Difference, LatencyRun
from inspector.tui.widgets import glyphs as alphabet
from inspector.tui.widgets.braille import Canvas
from inspector.tui.widgets.latency import LatencyChart


class One(App[None]):
    """One widget, filling the screen."""

    CSS = "Screen > * { height: 1fr; width: 1fr; }"

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget

    def rows(self) -> list[str]:
        return [self.widget.render_line(y).text.rstrip() for y in range(self.widget.size.height)]


@pytest.fixture
def ascii_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("INSPECTOR_ASCII", "1")
    alphabet.glyphs.cache_clear()
    yield
    alphabet.glyphs.cache_clear()


RUN = LatencyRun("batch 1 · seq 8", (0.010,) * 30, (0.005,) * 29 + (0.02,), 8, Difference(2.5e-6, 1e-4))


async def latency_rows(size: tuple[int, int], run: LatencyRun | None, **options: str) -> list[str]:
    app = One(LatencyChart())
    async with app.run_test(size=size):
        app.widget.update_run(run, **options)  # type: ignore[attr-defined]
        return app.rows()


async def test_the_table_says_it_all() -> None:
    rows = "\n".join(await latency_rows((120, 16), RUN, state="running"))
    for words in (
        "2.00× faster (2.00–2.00, 95 %)",
        "10.0 ms",
        "5.00 ms",
        "outliers",
        "1 (3 %)",
        "Difference: at most 2.5e-06 absolute, 0.0001",
    ):
        assert words in rows
    assert "800" in rows and "1,600" in rows, "tokens a second"
    assert "batch 1 · seq 8  30 pairs" in rows and "eager" in rows and "distribution" in rows


async def test_samples_stand_at_their_height() -> None:
    rows = await latency_rows((120, 16), RUN)
    dotted = [y for y, row in enumerate(rows) if any("\u2800" < c <= "\u28ff" for c in row)]
    assert len(dotted) == 2, "two flat sides; the outlier lies above the chart's range and is drawn at its edge"


async def test_small_sizes_keep_what_matters() -> None:
    for size in ((80, 1), (80, 3), (40, 3)):
        rows = await latency_rows(size, RUN)
        assert "10.0 ms" in rows[0] or "2.00×" in rows[0]
    assert len(await latency_rows((40, 20), RUN)) == 20


async def test_no_samples_yet() -> None:
    assert (await latency_rows((60, 5), None, state="warming"))[0] == " warming up…"
    assert (await latency_rows((60, 5), None, note="The race starts soon."))[0] == " The race starts soon."
    empty = LatencyRun("x", (), ())
    assert (await latency_rows((60, 5), empty))[0] == " not started"


async def test_slower_and_equal_are_said_in_words() -> None:
    slower = dataclasses.replace(RUN, eager=RUN.compiled, compiled=RUN.eager)
    assert "2.00× slower" in (await latency_rows((120, 12), slower))[0]
    same = dataclasses.replace(RUN, compiled=RUN.eager)
    assert "no measurable difference (1.00–1.00×)" in "\n".join(await latency_rows((120, 12), same))


@pytest.mark.usefixtures("ascii_only")
async def test_chart_in_ascii() -> None:
    chart = [row[:73] for row in await latency_rows((120, 12), RUN)]
    assert any(row.count("o") > 5 for row in chart) and any(row.count("*") > 5 for row in chart)
    assert not any("\u2800" <= c <= "\u28ff" for row in chart for c in row)


async def test_a_summary_is_not_made_for_every_sample() -> None:
    now = [0.0]
    app = One(LatencyChart(clock=lambda: now[0]))
    async with app.run_test(size=(100, 12)):
        chart = app.widget
        assert isinstance(chart, LatencyChart)
        chart.update_run(RUN, state="running")
        first = chart.summary
        chart.update_run(
            dataclasses.replace(RUN, eager=(*RUN.eager, 0.01), compiled=(*RUN.compiled, 0.01)), state="running"
        )
        assert chart.summary is first
        now[0] = 1.0
        assert chart.summary is not first and chart.summary is not None and chart.summary.pairs == 31


def test_braille_dots() -> None:
    canvas = Canvas(2, 1, 2)
    canvas.dot(0, 0, 0)
    canvas.dot(1, 3, 0)
    canvas.dot(3, 1, 1)
    canvas.dot(9, 9, 1)
    assert canvas.cells(0) == [(chr(0x2800 + 0x81), 0), (chr(0x2800 + 0x10), 1)]
