"""A report as pages to turn: one for each topic, the same for every set of results. No Textual here."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.study.document import Figure, Report, ReportSection

TITLES = {
    "latency": "Latency",
    "wall time": "Wall time",
    "steps": "Steps",
    "Table 1": "Table 1",
    "limit": "Limit",
    "lengths": "Lengths",
    "graphs": "Graphs",
    "layers": "Layers",
    "cures": "Cures",
    "compared": "Compared",
    "results": "Results",
}
"""What each topic's page is called, in the order of their keys."""
PAGES = 9
"""How many pages have a number of their own."""


@dataclass(frozen=True)
class PagePlace:
    """Which page is open, and where on it."""

    topic: str = ""
    """Empty for the first."""
    set: str = ""
    """Whose results; empty for the last set, which is the one that grows."""
    subject: str = ""
    """Which of several figures; empty for the first."""


def topics(report: Report) -> tuple[str, ...]:
    """Every topic that a report has something about."""
    there = {section.topic for section in report.sections}
    return tuple(topic for topic in TITLES if topic in there)


def sets(report: Report) -> tuple[str, ...]:
    """The names of the sets, in order."""
    return tuple(dict.fromkeys(section.set for section in report.sections if section.set))


def section_at(report: Report, place: PagePlace) -> ReportSection | None:
    """The section of a page: of the wanted set, or of the first one that has something about the topic."""
    topic = place.topic or next(iter(topics(report)), "")
    names = sets(report)
    wanted = place.set if place.set in names else names[-1] if names else ""
    about = [section for section in report.sections if section.topic == topic]
    return next((section for section in about if section.set in (wanted, "")), about[0] if about else None)


def figure_at(section: ReportSection | None, place: PagePlace) -> tuple[Figure | None, int, int]:
    """The figure of a page, its number from 1, and how many there are."""
    if section is None or not section.figures:
        return None, 0, 0
    subjects = [figure.subject for figure in section.figures]
    at = subjects.index(place.subject) if place.subject in subjects else 0
    return section.figures[at], at + 1, len(subjects)
