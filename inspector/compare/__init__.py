"""What differs between two captures, compilations or texts, and between ranks; aligned by meaning, not by names."""

from inspector.compare.caches import compare_caches, compare_lookups
from inspector.compare.captures import compare_captures, pair_compilations
from inspector.compare.compilations import compare_compilations
from inspector.compare.ranks import compare_ranks
from inspector.compare.texts import compare_texts, text_of

__all__ = [
    "compare_caches",
    "compare_captures",
    "compare_compilations",
    "compare_lookups",
    "compare_ranks",
    "compare_texts",
    "pair_compilations",
    "text_of",
]
