"""The colours of one text, made line by line as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.highlight import languages
from inspector.highlight.regions import RegionMap
from inspector.highlight.tokens import Kind, Token
from inspector.model.artifact import Language

MAX_COLUMNS = 4096
"""Beyond this column a line is plain: a megabyte of constants on one line must not hold up a key press."""

_CACHED_LINES = 2048


class Highlighter:
    """Tokens of single lines.

    Args:
        language: what the text is written in.
        lines: the text, cut at newlines; kept, not copied.
    """

    def __init__(self, language: Language, lines: Sequence[str]) -> None:
        self._lines = lines
        self._regions = RegionMap(language, lines)
        self._cache: dict[int, tuple[Token, ...]] = {}

    def line(self, index: int) -> tuple[Token, ...]:
        """The tokens of `lines[index]`, in order, not overlapping; text between them is plain.

        Raises:
            IndexError: there is no such line.
        """
        if (known := self._cache.get(index)) is not None:
            return known
        if not 0 <= index < len(self._lines):
            raise IndexError(f"index {index} of {len(self._lines)} lines")
        if len(self._cache) >= _CACHED_LINES:
            self._cache.clear()
        tokens = self._cache[index] = tuple(self._tokens(index))
        return tokens

    def _tokens(self, index: int) -> list[Token]:
        text = self._lines[index]
        end = min(len(text), MAX_COLUMNS)
        found: list[Token] = []
        changes = self._regions.of_line(index)
        for change, following in zip(changes, [*changes[1:], None], strict=True):
            left = change.col
            right = min(following.col, end) if following is not None else end
            if left >= right:
                continue
            if change.region.inside:
                kind = Kind.COMMENT if change.region.inside == "*/" else Kind.STRING
                found.append(Token(left, right, kind))
            else:
                found.extend(languages.tokens(change.region.language, text, left, right))
        return found
