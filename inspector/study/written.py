"""A report in the format that somebody wants, and as a file."""

from __future__ import annotations

from pathlib import Path

from inspector.errors import UsageError
from inspector.files import check_free, write_file
from inspector.study.document import Report
from inspector.targets.nearest import listed

ENDINGS = {".html": "html", ".htm": "html", ".md": "markdown", ".txt": "text", ".csv": "csv", ".json": "json"}
"""A file's ending, and the format that it stands for."""


def format_of(path: Path) -> str:
    """The format that a file's ending stands for.

    Raises:
        UsageError: it stands for none.
    """
    if path.suffix in ENDINGS:
        return ENDINGS[path.suffix]
    raise UsageError(
        f"{path.name} does not say in which form to write.", f"Its name ends with {listed(ENDINGS, 'or')}."
    )


def check_form(path: Path, kind: str | None) -> None:
    """Whether a file's ending says what is to be written into it; an ending that stands for nothing says nothing.

    Raises:
        UsageError: it stands for another format than `kind`.
    """
    ending = ENDINGS.get(path.suffix, kind)
    if kind is not None and ending != kind:
        raise UsageError(
            f"{path.name} would be {ending}, and --{kind} is given.", "Leave the option out, or rename it."
        )


def rendered(kind: str, report: Report) -> str:
    """A report as `text`, `markdown`, `html`, `csv` or `json`.

    Raises:
        EnvironmentLacking: matplotlib, which draws the plots of the page, is not installed.
    """
    from inspector.study import render

    match kind:
        case "markdown":
            return render.markdown(report)
        case "csv":
            return render.as_csv(report)
        case "json":
            return render.as_json(report)
        case "html":
            from inspector.study.html import page

            return page(report)
        case _:
            return render.text(report)


def write_text(path: Path, content: str, *, force: bool) -> None:
    """Writes a text file.

    Raises:
        UsageError: it is there already and `force` is not given, or it cannot be written.
    """
    check_free(path, force=force)
    write_file(path, content.encode(), force=force)
