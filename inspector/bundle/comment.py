"""What a check found as Markdown, for a pull request: the verdict, what was held against what, and how they differ."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from inspector.bundle.markdown import GITHUB, row_item
from inspector.model.baseline import BaselineReport, Growth
from inspector.model.difference import CaptureDifference
from inspector.model.limits import Finding
from inspector.model.visible import visible
from inspector.notes.markup import code, prose
from inspector.say import baseline as say
from inspector.say.difference_brief import brief_sections
from inspector.say.doc import Section
from inspector.say.findings import SIGNS
from inspector.say.limits import finding_words


def comment(
    title: str,
    limits: Sequence[Finding] = (),
    report: BaselineReport | None = None,
    difference: CaptureDifference | None = None,
    *,
    looked: str = "",
    limit: int = GITHUB,
) -> str:
    """A check as one Markdown text; every text of a capture stands where it cannot become markup.

    Args:
        title: what was checked.
        limits: what limits found.
        report: what the baseline was held against.
        difference: of the baseline's newest start and the first that was checked.
        looked: of how much the verdicts are, in words.
        limit: characters; what is beyond is cut off, and that is said.
    """
    page = "\n".join(_lines(title, looked, limits, report, difference))
    if len(page) <= limit:
        return page
    rest = "\n\n… cut off here: this is longer than a comment may be.\n"
    kept = page[: limit - len(rest) - len(_END)].rpartition("\n")[0]
    return f"{kept}{_END if '<details>' in kept and '</details>' not in kept else ''}{rest}"


_END = "\n\n</details>"


def _lines(
    title: str,
    looked: str,
    limits: Sequence[Finding],
    report: BaselineReport | None,
    difference: CaptureDifference | None,
) -> Iterator[str]:
    yield f"## inspector check: {code(title)}\n"
    if looked:
        yield f"{prose(looked)}\n"
    for item in limits:
        word = "ok" if item.kept else "**over**" if item.over else "unknown"
        yield f"- {word}: {prose(finding_words(item))}"
    if limits:
        yield ""
    if report is not None:
        yield from _report(report)
    if difference is not None:
        yield f"<details><summary>{html.escape(visible(_summary(difference)))}</summary>\n"
        for section in brief_sections(difference, say.BASELINE_AND_NOW):
            yield from _section(section)
        yield "</details>\n"


def _report(report: BaselineReport) -> Iterator[str]:
    grew = "**" if report.grew else ""
    yield f"{grew}{prose(say.verdict_words(report))}{grew}\n"
    yield "| | quantity | baseline | now | |\n|---|---|---|---|---|"
    for item in report.findings:
        word = say.MARKS[item.growth][0] or "–"
        before, after = (say.value_words(item, values) for values in (item.baseline, item.now))
        said = say.judged_words(item, report.tolerance)
        cells = " | ".join(map(prose, (say.quantity_words(item), before, after, said)))
        yield f"| {f'**{word}**' if item.growth is Growth.MORE else word} | {cells} |"
    yield ""
    if report.unlike:
        yield "The sides are unlike in what a time depends on:\n"
        yield from (f"- {code(say.unlike_words(fact))}" for fact in report.unlike)
        yield ""
    for words in say.advice_words(report):
        yield f"{prose(words)}\n"


def _summary(difference: CaptureDifference) -> str:
    return f"How {difference.title_b} differs from {difference.title_a}"


def _section(section: Section) -> Iterator[str]:
    yield f"**{prose(section.title)}**\n"
    for row in section.rows:
        sign = f"{SIGNS[row.change].sign} " if row.change is not None else ""
        yield row_item(row).replace("- ", f"- {sign}", 1)
    for item in section.table:
        yield f"{'  ' * item.depth}- {prose(item.name)}: {' → '.join(code(value) for value in item.values)}"
    yield ""
