"""A report as one HTML file: no script, nothing loaded from anywhere, light and dark."""

from __future__ import annotations

import re
from html import escape

from inspector.client.logs import sanitise
from inspector.study.document import Figure, Report, Section, Table
from inspector.study.plots import svg

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_STYLE = """
:root { color-scheme: light dark; --line: #8884; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .8rem 0; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
th, td { padding: .15rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th.name, td.name { text-align: left; }
.note, figcaption { font-size: .85rem; opacity: .75; max-width: 46rem; }
figure { margin: 1rem 0; } figure svg { width: 100%; height: auto; max-width: 46rem; }
nav ul { columns: 2; font-size: .9rem; }
@media print { section { break-inside: avoid; } nav { display: none; } }
"""


def page(report: Report) -> str:
    """The whole page; whatever stood in a file is escaped.

    Raises:
        EnvironmentLacking: matplotlib, which draws the plots, is not installed.
    """
    sections = [_section(section, number) for number, section in enumerate(report.sections)]
    links = "".join(
        f'<li><a href="#s{number}">{_text(section.title)}</a></li>' for number, section in enumerate(report.sections)
    )
    notes = "".join(f"<li>{_text(note)}</li>" for note in report.notes)
    body = "\n".join(sections) + (f"<section><h2>Notes</h2><ul>{notes}</ul></section>" if notes else "")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(report.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{_text(report.title)}</h1>\n<nav><ul>{links}</ul></nav>\n{body}\n</body>\n</html>\n"
    )


def _section(section: Section, number: int) -> str:
    parts = [f'<section id="s{number}"><h2>{_text(section.title)}</h2>']
    parts += [f"<p>{_text(paragraph)}</p>" for paragraph in section.text]
    parts += [_table(table) for table in section.tables]
    parts += [_figure(figure, f"s{number}f{place}") for place, figure in enumerate(section.figures)]
    return "\n".join([*parts, "</section>"])


def _table(table: Table) -> str:
    def row(cells: tuple[str, ...], tag: str) -> str:
        made = [
            f"<{tag}{' class=name' if index < table.names else ''}>{_text(cell)}</{tag}>"
            for index, cell in enumerate(cells)
        ]
        return f"<tr>{''.join(made)}</tr>"

    body = "\n".join(row(cells, "td") for cells in table.rows)
    note = f'<p class="note">{_text(table.note)}</p>' if table.note else ""
    return (
        f'<div class="wide"><table><caption>{_text(table.title)}</caption>\n'
        f"<thead>{row(table.columns, 'th')}</thead>\n<tbody>{body}</tbody></table></div>{note}"
    )


def _figure(figure: Figure, prefix: str) -> str:
    """The ids inside an SVG are the page's: two figures must not share one."""
    element = re.sub(r'(\bid="|xlink:href="#|url\(#)', rf"\g<1>{prefix}-", svg(figure))
    caption = " ".join(part for part in (f"{figure.title}.", figure.says, figure.note) if part)
    return f"<figure>{element}<figcaption>{_text(caption)}</figcaption></figure>"


def _text(content: str) -> str:
    return escape(sanitise(content))
