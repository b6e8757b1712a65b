"""What differs from rank to rank only because they are ranks: the index of the device, and names of process groups."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from inspector.say.ranks import ranks_in_words

_DEVICE = re.compile(
    r"\b(cuda|xpu|npu|hpu|mtia|privateuseone):(\d{1,4})(?!\d)|\bdevice\(type='(\w+)', index=(\d{1,4})\)"
)
_GROUP = re.compile(r"(\b_c10d_functional\w*\.\w+\.\w+\(.*)'([^']*)'(?=\))")
"""A collective's last argument; of anything else a string is a string."""
_MANY = 4
"""Ranks whose own names are told one by one."""


@dataclass
class RankNames:
    """One rank's own device and process groups, as its graphs name them, in the order they are read."""

    label: str
    device: str = ""
    """The first device with an index that a graph names, `cuda:1`; empty where none does."""
    groups: dict[str, str] = field(default_factory=dict)
    """A process group's name → what ranks are compared by: which of the rank's groups it is."""

    def plain(self, text: str) -> str:
        """A graph with the rank's own device as `cuda:own`, and its groups by number; any other device stays."""
        return _GROUP.sub(self._group, _DEVICE.sub(self._device, text))

    def _device(self, match: re.Match[str]) -> str:
        kind, index = match[1] or match[3], match[2] or match[4]
        self.device = self.device or f"{kind}:{index}"
        if self.device != f"{kind}:{index}":
            return match[0]
        return f"{kind}:own" if match[1] else f"device(type='{kind}', index=own)"

    def _group(self, match: re.Match[str]) -> str:
        number = self.groups.setdefault(match[2], f"group {len(self.groups)}")
        return f"{match[1]}'{number}'"


def not_expected(ranks: Mapping[int, RankNames]) -> list[RankNames]:
    """The ranks on a device that is not theirs.

    Rank r of a machine with n devices has the device r mod n, or each rank has one that no other has. Where neither
    holds (rank 1 on `cuda:0` beside rank 0, and rank 2 on `cuda:2`), those that break the first rule are told.
    """
    own = {rank: int(names.device.partition(":")[2]) for rank, names in ranks.items() if names.device}
    if not own or len(set(own.values())) == len(own):
        return []
    count = max(own.values()) + 1
    return [ranks[rank] for rank, index in own.items() if index != rank % count]


def normalised(ranks: Sequence[RankNames]) -> Iterator[str]:
    """What was taken for one though ranks call it differently, in words."""
    if len({names.device for names in ranks if names.device}) > 1:
        yield f"the device's index ({_each([(names.label, names.device or 'none') for names in ranks])})"
    groups = [(names.label, ", ".join(map(repr, names.groups)) or "none") for names in ranks]
    if len({said for _, said in groups if said != "none"}) > 1:
        yield f"names of process groups, by the order of their first use ({_each(groups)})"


def shared_device(ranks: Sequence[RankNames]) -> str:
    """The one device that all ranks name, where there is one; empty otherwise."""
    devices = {names.device for names in ranks}
    return devices.pop() if len(devices) == 1 and len(ranks) > 1 else ""


def _each(items: Sequence[tuple[str, str]]) -> str:
    told = ", ".join(f"{label}: {said}" for label, said in items[:_MANY])
    rest = ranks_in_words(label for label, _ in items[_MANY:])
    return f"{told}, … {rest} likewise" if rest else told
