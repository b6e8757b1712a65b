"""What keeps a guard from failing, by its kind, where no symbol does."""

from __future__ import annotations

from functools import reduce

Key = tuple[str, str]
"""What is guarded, and which property of it: `("x", "size at index 0")`."""


def cure(key: Key, *, resumed: bool) -> str | None:
    """What keeps a guard of this kind from failing, as the subject of a sentence; None where nothing is known to.

    Args:
        key: what is guarded.
        resumed: whether the function is the rest of one behind a graph break: nobody calls it, and what it is called
            with is made before the break, or was given to the whole function.
    """
    source, what = key
    for begins, words in _CURES.items():
        if what.startswith(begins):
            said = reduce(lambda so_far, pair: so_far.replace(*pair), _KEPT_INSIDE if resumed else (), words)
            return said.replace("{source}", named(source.replace("{", "").replace("}", "")))
    return None


def named(source: str) -> str:
    """What a person calls it; what lay on Python's stack at a graph break has no name."""
    return "it" if not source or source.startswith("___stack") else source


_KEPT_INSIDE = (
    ("Passing {source} ", "Having {source} behind the graph break "),
    ("before the call", "before the graph break"),
    ("before every call", "before the graph break"),
    ("in every call", "each time"),
)
"""What a caller can see to → what the function before its break can."""


_CURES = {
    "stride": "Passing {source} in one memory layout, .contiguous() for instance,",
    "rank": "Passing {source} with one number of dimensions",
    "dtype": "Casting {source} to one dtype before the call",
    "device": "Moving {source} to one device before the call",
    "requires_grad": "Calling it always with gradients for {source} or always without",
    "dispatch key set": "Calling it always in one mode (inference, autocast, subclasses of tensors)",
    "global state": "Setting gradients, autocast, threads and the default dtype once, before the first call,",
    "length": "Passing {source} with one length, or one tensor in its place,",
    "type": "Passing {source} always as one type",
    "identity": "One and the same object as {source} in every call, where others need not compute other things,",
    "item": "Passing {source} with the same keys",
    "key": "Passing {source} with the same keys in one order",
    "attribute": "Giving {source} the same attributes before every call",
    "marked dimensions": "Marking the same dimensions before every call",
    "default device": "Setting the default device once, before the first call,",
    "torch function modes": "Calling it always under the same torch function modes",
    "backend": "Compiling it once, with one backend and one set of options, and keeping what was returned",
    "value": "Keeping {source} the same",
}
"""How the property begins → what to do."""
