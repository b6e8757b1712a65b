"""A report as one HTML file: no script, nothing loaded from anywhere, light and dark."""

from __future__ import annotations

import re
from importlib.resources import files

from inspector.client.logs import sanitise
from inspector.study.document import Figure, Report
from inspector.study.plots import svg


def page(report: Report) -> str:
    """The whole page; whatever stood in a file is escaped.

    Raises:
        EnvironmentLacking: matplotlib, which draws the plots, is not installed.
    """
    from jinja2 import Environment  # takes a while, and only who writes a page needs it
    from markupsafe import Markup

    def drawn(figure: Figure, prefix: str) -> Markup:
        """The ids inside an SVG are the page's: two figures must not share one."""
        return Markup(re.sub(r'(\bid="|xlink:href="#|url\(#)', rf"\g<1>{prefix}-", svg(figure)))

    surroundings = Environment(autoescape=True, finalize=_shown, keep_trailing_newline=True)
    template = files("inspector.study").joinpath("report.html").read_text(encoding="utf-8")
    return surroundings.from_string(template).render(report=report, drawn=drawn)


def _shown(value: object) -> object:
    return sanitise(value) if type(value) is str else value
