"""A report in the format that somebody wants, and as a file that is written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from inspector.errors import EnvironmentLacking, UsageError
from inspector.study.document import Report

ENDINGS = {".html": "html", ".htm": "html", ".md": "markdown", ".txt": "text", ".csv": "csv", ".json": "json"}
"""A file's ending, and the format that it stands for."""


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
        UsageError: it is there already and `force` is not given, or its folder is not there.
        EnvironmentLacking: it cannot be written.
    """
    if path.exists() and not force:
        raise UsageError(f"{path} is there already.", "Take another name, or --force to replace it.")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}.")
    temporary = ""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".", delete=False, encoding="utf-8") as file:
            temporary = file.name
            file.write(content)
        os.chmod(temporary, 0o666 & ~_umask())  # noqa: PTH101 - a temporary file is private, a report is not
        Path(temporary).replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(temporary).unlink(missing_ok=True)
        raise EnvironmentLacking(f"{path} cannot be written: {error.strerror or error}.") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
