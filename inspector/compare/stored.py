"""Why two keys of compiled code are two: what each was made of, held against the other."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.errors import UsageError
from inspector.model.stored import FactorChange, Stored, StoredKey, StoredKind


def key_in(stored: Stored, title: str, kind: StoredKind | None = None) -> StoredKey:
    """The one key of a folder that its factors are kept of.

    Args:
        stored: the folder.
        title: what to call it.
        kind: only of this kind.

    Raises:
        UsageError: there is none, or there are several.
    """
    keys = [key for key in stored.keys if kind in (None, key.kind)]
    told = [key for key in keys if key.factors] or keys
    if len(told) == 1:
        return told[0]
    if not told:
        raise UsageError(f"{title} holds no key{f' of {kind.value}' if kind else ''}.", "Give a key's own folder.")
    names = ", ".join(key.name for key in told[:8])
    raise UsageError(f"{title} holds {len(told)} keys.", f"Give one of them: {names}.")


def factor_changes(a: StoredKey, b: StoredKey) -> tuple[FactorChange, ...]:
    """What two keys were not made of alike, by name."""
    changes = []
    for group, one, other in (("", a.factors, b.factors), ("made with: ", a.made_with, b.made_with)):
        names = [name for name in dict.fromkeys((*one, *other)) if one.get(name) != other.get(name)]
        changes += [
            FactorChange(f"{group}{name}", one.get(name), other.get(name)) for name in names if not _told(name, names)
        ]
    return tuple(changes)


def _told(name: str, names: Sequence[str]) -> bool:
    """Whether it is the digest of a group in which what differs is told one by one: `config_hash`."""
    group = name.removesuffix("_hash")
    return group != name and any(other.startswith(f"{group}: ") for other in names)
