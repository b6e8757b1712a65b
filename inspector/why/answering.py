"""One rule's answer, of its verdicts and of what it could not look at."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.model.limits import Lacking
from inspector.say.limits import lacking_words
from inspector.why.verdict import Answer, Verdict


def answer_of(topic: str, verdicts: Iterable[Verdict], none: str, unknown: Lacking | str | None = None) -> Answer:
    """What a rule has to say.

    Args:
        topic: what it looks at.
        verdicts: what it found.
        none: what was looked at and is fine, said where nothing was found and all is recorded.
        unknown: what is not recorded, so that more may be wrong.
    """
    found = tuple(verdicts)
    return Answer(
        topic, found, "" if found or unknown else none, unknown if isinstance(unknown, str) else lacking_words(unknown)
    )
