"""Figures as SVG, drawn by matplotlib: the one place that imports it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

from inspector.client.logs import sanitise
from inspector.errors import EnvironmentLacking
from inspector.study.document import Figure

_INK = "#010203"
"""Drawn with, and replaced by `currentColor`, so that a picture is readable on a light and on a dark page."""

_COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
"""Paul Tol's bright scheme, which people with colour-blindness can tell apart."""

_STYLE: Any = {
    "svg.fonttype": "none",  # texts stay texts: small, searchable, read aloud
    "svg.hashsalt": "inspector",  # the same figure gives the same bytes
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "text.parse_math": False,  # a label with a dollar sign is a label
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


def svg(figure: Figure) -> str:
    """One figure as an `<svg>` element, in the page's own colour of text; the same data give the same bytes.

    Raises:
        EnvironmentLacking: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure as Canvas
    except ImportError as error:
        raise EnvironmentLacking(
            f"Plots need matplotlib: {error}.", "pip install matplotlib, or take --text, --markdown, --csv or --json."
        ) from error
    height = 1.2 + 0.22 * len(figure.ticks) * (1 if figure.stacked else len(figure.series)) if figure.bars else 3.6
    with mpl.rc_context(_STYLE):
        canvas = Canvas(figsize=(7.0, max(2.0, height)), layout="constrained")
        FigureCanvasSVG(canvas)
        (_draw_bars if figure.bars else _draw)(canvas.add_subplot(), figure)
        out = io.StringIO()
        canvas.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _embedded(out.getvalue(), figure)


def _draw(axes: object, figure: Figure) -> None:
    from matplotlib.axes import Axes
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    assert isinstance(axes, Axes)
    for number, series in enumerate(figure.series):
        colour = _COLOURS[number % len(_COLOURS)]
        marker = "o" if len(series.x) < 2 or figure.ticks else ""
        axes.plot(
            series.x, series.y, label=sanitise(series.label), color=colour, linewidth=1.4, marker=marker, markersize=3
        )
    for number, (place, word) in enumerate(figure.marks):
        axes.axvline(place, color=_INK, linewidth=0.8, linestyle=":")
        top = number % 2 == 1  # what is predicted and what was seen may be a token apart
        axes.annotate(
            sanitise(word),
            (place, 0.98 if top else 0.02),
            xycoords=("data", "axes fraction"),
            xytext=(3, 0),
            textcoords="offset points",
            va="top" if top else "bottom",
            fontsize=7,
            rotation=90,
        )
    if figure.log_y and all(value > 0 for series in figure.series for value in series.y):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    elif figure.series:
        axes.set_ylim(bottom=0)
    if figure.ticks:
        axes.set_xticks(range(len(figure.ticks)), [sanitise(tick) for tick in figure.ticks], rotation=60, fontsize=7)
    axes.set_xlabel(figure.x_label)
    axes.set_ylabel(figure.y_label)
    axes.grid(axis="y", color=_INK, alpha=0.12, linewidth=0.6)
    _legend(axes, figure)


def _draw_bars(axes: object, figure: Figure) -> None:
    """Bars from the left, the first place at the top, each with its value behind it."""
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    count = 1 if figure.stacked else len(figure.series)
    thick = 0.8 / max(1, count)
    ends = [0.0] * len(figure.ticks)
    for number, series in enumerate(figure.series):
        shift = 0.0 if figure.stacked else (number - (count - 1) / 2) * thick
        before = [ends[int(place)] for place in series.x] if figure.stacked else [0.0] * len(series.x)
        colour = _COLOURS[number % len(_COLOURS)]
        axes.barh(
            [place + shift for place in series.x], series.y, thick, before, label=sanitise(series.label), color=colour
        )
        for place, value, begin in zip(series.x, series.y, before, strict=True):
            ends[int(place)] = begin + value
            if not figure.stacked or number == len(figure.series) - 1:
                axes.annotate(
                    f"{begin + value:.3g}",
                    (begin + value, place + shift),
                    xytext=(3, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=7,
                )
    axes.set_yticks(range(len(figure.ticks)), [sanitise(tick) for tick in figure.ticks], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(figure.y_label)
    axes.set_ylabel(figure.x_label)
    axes.margins(x=0.08)
    axes.grid(axis="x", color=_INK, alpha=0.12, linewidth=0.6)
    _legend(axes, figure)


def _legend(axes: object, figure: Figure) -> None:
    """Above the axes, where it covers nothing."""
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    if len(figure.series) > 1:
        columns = legend_columns([series.label for series in figure.series])
        axes.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns, borderaxespad=0.2)


def legend_columns(labels: Sequence[str]) -> int:
    """How many labels fit side by side in a figure's width: long ones stand below each other, and none is cut off."""
    return max(1, min(3, len(labels), _WIDE // (max(map(len, labels), default=0) + 6)))


_WIDE = 90
"""Letters of a legend's size that a figure is wide; a line's sign takes some six."""


def _embedded(document: str, figure: Figure) -> str:
    """The element without XML prologue, scaling with the page, with a name for those who cannot see it."""
    from html import escape

    element = document[document.index("<svg") :].replace(_INK, "currentColor")
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", element, count=1)
    element = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", element, count=1)
    return element.replace("<svg", f'<svg role="img" aria-label="{escape(sanitise(figure.title))}"', 1)
