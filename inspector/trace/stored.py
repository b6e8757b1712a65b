"""A folder of compiled code, read: which keys it holds, and for each its graphs, code and factors.

Nothing in it is run or imported: pickles are read as data (`pickled`), JSON within bounds, and links are not followed.
What cannot be read is named with why; what has a form that is not known here is counted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector.jsontext import Malformed, load
from inspector.model.cache import KEY_PART
from inspector.model.number import integer_or_none
from inspector.model.pieces import TokenRange
from inspector.model.stored import StoredKind
from inspector.regular import open_regular
from inspector.trace.factors import flat_factors
from inspector.trace.pickled import MAX_BYTES, MadeObject, read_pickle

MAX_FILES = 100_000
MAX_DEPTH = 12
_FACTORS = "cache_key_factors.json"
_MOST_JSON = 16 << 20
_MOST_TEXT = 64 << 20
_SHOWN = 400
_RANK = re.compile(r"rank_\d{1,6}_\d{1,6}")
_PIECE = re.compile(r"(?P<name>.+)_\((?P<first>\d{1,9}), (?P<last>\d{1,9})\)")
_OWN = ("aotautograd", "fxgraph")
_NAMES_OF_CACHES = frozenset(("torch_compile_cache", "torch_aot_compile", "inductor_cache", *_OWN))
_LOOK, _LOOK_DEPTH = 2_000, 4
"""Folders that are looked at to tell what a folder is, and how deep."""
_CODE = (
    ".py",
    ".cpp",
    ".so",
    ".h",
    ".gch",
    ".lock",
    ".json",
    ".best_config",
    ".cubin",
    ".ptx",
    ".ttir",
    ".ttgir",
    ".llir",
)
"""Endings of files whose form is known, though only some are read."""


@dataclass
class StoredEntry:
    """A graph and its code, as one artifact holds them."""

    name: str
    tokens: TokenRange | None
    rank: str
    size: int
    same_as: StoredEntry | None = None
    texts: dict[str, str] = field(default_factory=dict)
    """Record kind → text."""
    seconds: float | None = None
    code_name: str = ""
    """What its output code's file is called."""


@dataclass
class Key:
    """A key, while its files are read."""

    folder: Path
    kind: StoredKind
    files: list[Path]
    size: int = 0
    newest: float = 0.0
    ranks: list[str] = field(default_factory=list)
    made_with: dict[str, str] = field(default_factory=dict)
    factors: dict[str, str] = field(default_factory=dict)
    entries: list[StoredEntry] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    """Record kind → text, of the key as a whole."""
    unread: list[str] = field(default_factory=list)
    foreign: int = 0
    codes: dict[str, list[tuple[dict[Any, Any], str, int]]] = field(default_factory=dict)
    """Inductor's own key of a graph → what is kept under it, its rank and its bytes."""
    used: set[str] = field(default_factory=set)
    """Those that an entry of AOTAutograd's names."""
    parts: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    """Part of Inductor's keys → the digests and values that it has among them."""


def is_stored(folder: Path) -> bool:
    """Whether a folder looks like one that compiled code is kept in: by names alone, near its top."""
    waiting, looked = [(folder, 0)], 0
    while waiting and looked < _LOOK:
        at, depth = waiting.pop(0)
        looked += 1
        try:
            below = [Path(item.path) for item in os.scandir(at) if item.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        if keeps_code(at, [item.name for item in below]):
            return True
        if depth < _LOOK_DEPTH:
            waiting += ((item, depth + 1) for item in sorted(below))
    return False


def keeps_code(folder: Path, below: Collection[str]) -> bool:
    """Whether compiled code is kept in a folder itself, by the names of the folders in it."""
    if _RANK.fullmatch(folder.name) and ((folder / "model").is_file() or any(folder.glob(f"*/{_FACTORS}"))):
        return True
    return not _NAMES_OF_CACHES.isdisjoint(below)


def read_stored(folder: Path) -> tuple[list[Key], int]:
    """The keys of a folder, in order of their names, and how many files were not looked at.

    Raises:
        OSError: the folder itself cannot be read.
    """
    files, left_out = _files(folder)
    keys: dict[Path, Key] = {}
    for path in files:
        root, kind = _key_of(path, folder)
        if root is not None:
            keys.setdefault(root, Key(root, kind, [])).files.append(path)
    for key in keys.values():
        _read_key(key)
        one = ((name, next(iter(values))) for name, values in key.parts.items() if len(values) == 1)
        key.factors |= {f"inductor: {name}": f"{text}  #{digest[:16]}" for name, (digest, text) in one}
        key.factors = dict(sorted(key.factors.items()))
    return [keys[root] for root in sorted(keys)], left_out


def _files(folder: Path) -> tuple[list[Path], int]:
    found: list[Path] = []
    left_out, waiting = 0, [(folder, 0)]
    while waiting:
        at, depth = waiting.pop()
        try:
            items = sorted(os.scandir(at), key=lambda item: item.name)
        except OSError:
            if at == folder:
                raise
            left_out += 1
            continue
        for item in items:
            if item.is_symlink() or len(found) >= MAX_FILES or (depth >= MAX_DEPTH and item.is_dir()):
                left_out += 1
            elif item.is_dir():
                waiting.append((Path(item.path), depth + 1))
            elif item.is_file(follow_symlinks=False):
                found.append(Path(item.path))
            else:
                left_out += 1
    return sorted(found), left_out


def _key_of(path: Path, folder: Path) -> tuple[Path | None, StoredKind]:
    """The folder that is the key's of a file, and its kind; None for a file of no key's."""
    parents = [folder, *(folder / part for part in _steps(path.relative_to(folder).parent))]
    for at in parents:
        if _RANK.fullmatch(at.name) or (at / "inductor_cache").is_dir() or _has_rank(at):
            root = at.parent if _RANK.fullmatch(at.name) and at != folder else at
            aot = (
                root.parent.name == "torch_aot_compile"
                or any(root.glob("rank_*_*/model"))
                or (root / "model").is_file()
            )
            return root, StoredKind.AOT if aot else StoredKind.VLLM
        if any((at / name).is_dir() for name in _OWN):
            return at, StoredKind.INDUCTOR
    return None, StoredKind.INDUCTOR


def _steps(relative: Path) -> Iterator[Path]:
    for number in range(1, len(relative.parts) + 1):
        yield Path(*relative.parts[:number])


def _has_rank(folder: Path) -> bool:
    return any(_RANK.fullmatch(item.name) for item in folder.glob("rank_*_*"))


def _read_key(key: Key) -> None:
    for path in sorted(key.files, key=lambda path: "fxgraph" not in path.parts):  # which AOTAutograd's entries name
        try:
            facts = path.stat(follow_symlinks=False)
        except OSError as error:
            key.unread.append(f"{_short(key, path)}: {error.strerror}")
            continue
        key.size += facts.st_size
        key.newest = max(key.newest, facts.st_mtime)
        rank = next((part for part in path.relative_to(key.folder.parent).parts if _RANK.fullmatch(part)), "")
        if rank and rank not in key.ranks:
            key.ranks.append(rank)
        try:
            _read_file(key, path, rank, facts.st_size)
        except (Malformed, OSError, UnicodeError) as error:
            key.unread.append(f"{_short(key, path)}: {error}")

    for name, found in key.codes.items():
        if name not in key.used:
            for said, rank, size in found:
                _keep(key, {}, said, {}, StoredEntry(name[:12], None, rank, size))


def _short(key: Key, path: Path) -> str:
    return path.relative_to(key.folder).as_posix()


def _read_file(key: Key, path: Path, rank: str, size: int) -> None:
    if key.kind is StoredKind.AOT:
        if path.name == "model" and rank:
            _read_aot(key, _bytes(path, size), rank)
        elif not _known(key, path):
            key.foreign += 1
    elif path.name == _FACTORS:
        key.factors |= flat_factors(load(_bytes(path, size, _MOST_JSON)))
    elif path.name == "computation_graph.py":
        key.texts["artifact:vllm_piecewise_split_graph"] = _bytes(path, size, _MOST_TEXT).decode(errors="replace")
    elif path.parent.parent.name == "aotautograd":
        _add(key, read_pickle(_bytes(path, size)), StoredEntry(path.parent.name[:12], None, rank, size))
    elif path.parent.parent.parent.name == "fxgraph":
        value = read_pickle(_bytes(path, size))
        if not (isinstance(value, MadeObject) and isinstance(value.fields.get("source_code"), str)):
            raise Malformed("no code is in it")
        key.codes.setdefault(path.parent.name, []).append((value.fields, rank, size))
    elif not _known(key, path):
        key.foreign += 1


def _known(key: Key, path: Path) -> bool:
    return path.suffix in _CODE or any(part in (*_OWN, "locks") for part in path.relative_to(key.folder).parts)


def _bytes(path: Path, size: int, most: int = MAX_BYTES) -> bytes:
    """A file's bytes, never those behind a link.

    Raises:
        Malformed: there are too many.
        OSError: it cannot be read.
    """
    if size > most:
        raise Malformed(f"{size >> 20:,} MiB are more than {most >> 20:,}")
    with os.fdopen(open_regular(path, links=False), "rb") as stream:
        return stream.read(most)


# --- what artifacts hold ------------------------------------------------------------------------------------------


def _read_aot(key: Key, data: bytes, rank: str) -> None:
    """What `torch.compile(...).save_compiled_function` writes, with vLLM's artifact in it."""
    outer = _dict(read_pickle(data), "its outermost part")
    _read_system(key, outer)
    inner = outer.get("compiled_fn")
    inner = inner[1] if isinstance(inner, tuple) and len(inner) > 1 else inner
    held = read_pickle(inner) if isinstance(inner, bytes) else inner
    if not isinstance(held, dict):
        _add(key, held, StoredEntry("the whole graph", None, rank, len(data)))
        return
    if isinstance(code := held.get("execution_code"), str):
        key.texts["artifact:vllm_execution_code"] = code
    if isinstance(prefix := held.get("prefix"), str) and prefix:
        key.made_with["prefix"] = prefix
    artifacts = held.get("standalone_compile_artifacts")
    if not isinstance(artifacts, MadeObject):
        raise Malformed("no artifacts of pieces are in it")
    names = _dict(artifacts.fields.get("submodule_bytes"), "its list of pieces")
    store = _dict(artifacts.fields.get("submodule_bytes_store"), "its store of pieces")
    first: dict[Any, StoredEntry] = {}
    for name, digest in names.items():
        match = _PIECE.fullmatch(str(name)[:200])
        tokens = TokenRange(int(match["first"]), int(match["last"])) if match else None
        title = match["name"] if match else str(name)[:200]
        if digest in first:
            key.entries.append(StoredEntry(title, tokens, rank, 0, first[digest]))
            continue
        piece = store.get(digest)
        if not isinstance(piece, bytes):
            raise Malformed(f"{title} has no artifact")
        value = read_pickle(piece)
        value = read_pickle(value) if isinstance(value, bytes) else value
        if (entry := _add(key, value, StoredEntry(title, tokens, rank, len(piece)))) is not None:
            first[digest] = entry


def _read_system(key: Key, outer: Mapping[Any, Any]) -> None:
    """What it was made with, and the user code that was compiled into it."""
    system = outer.get("system_info")
    for name, value in (system.fields if isinstance(system, MadeObject) else {}).items():
        if (words := _words(value)) is not None:
            key.made_with[str(name).removesuffix("_version")] = words
    if (device := _words(outer.get("device_type"))) is not None:
        key.made_with["device"] = device
    info = outer.get("source_info")
    sources = info.fields.get("inlined_sources") if isinstance(info, MadeObject) else None
    for source in sources if isinstance(sources, set | list | tuple) else ():
        said = source.fields if isinstance(source, MadeObject) else {}
        module, line, checksum = (said.get(name) for name in ("module", "firstlineno", "checksum"))
        if isinstance(module, str) and isinstance(checksum, str):
            key.factors[f"code: {module}:{_words(line) or '?'}"] = checksum


def _words(value: Any) -> str | None:
    """A simple value in words; None for anything else."""
    if isinstance(value, MadeObject):  # torch's own type for its version is a text
        value = value.args[0] if isinstance(value.args, tuple) and value.args else None
    if isinstance(value, tuple) and value and all(isinstance(item, int) and abs(item) < 1 << 31 for item in value):
        return ".".join(map(str, value))
    if isinstance(value, str):
        return value[:400]
    return (
        str(value) if isinstance(value, bool) or (integer_or_none(value) is not None and abs(value) < 1 << 63) else None
    )


def _add(key: Key, value: Any, entry: StoredEntry) -> StoredEntry | None:
    """Fills one entry of AOTAutograd's or of Inductor's; one without code is named as unread."""
    value = value[0] if isinstance(value, tuple) and value else value
    said = value.fields if isinstance(value, MadeObject) else {}
    forward, backward = (_result(key, said.get(which), entry) for which in ("compiled_fw", "compiled_bw"))
    return _keep(key, said, forward, backward, entry)


def _keep(
    key: Key, said: Mapping[Any, Any], forward: Mapping[Any, Any], backward: Mapping[Any, Any], entry: StoredEntry
) -> StoredEntry | None:
    """Keeps an entry with the texts of its graphs and codes; one without code is named as unread."""
    if not isinstance(forward.get("source_code"), str):
        key.unread.append(f"{entry.name}: no code is in it")
        return None
    entry.seconds, entry.code_name = _seconds(said), f"{_words(forward.get('cache_key'))}.py"
    trains = isinstance(backward.get("source_code"), str)
    graph = "aot_forward_graph" if trains else "aot_inference_graph"
    for kind, text in (
        ("aot_joint_graph", said.get("aot_joint_graph_str")),
        (graph, said.get("aot_forward_graph_str")),
        ("artifact:fx_graph_runnable", forward.get("runnable_graph_str")),
        ("inductor_post_grad_graph", forward.get("inductor_post_grad_graph_str")),
        ("inductor_output_code", forward.get("source_code")),
        ("aot_backward_graph", said.get("aot_backward_graph_str")),
        ("backward:inductor_post_grad_graph", backward.get("inductor_post_grad_graph_str")),
        ("backward:inductor_output_code", backward.get("source_code")),
    ):
        if isinstance(text, str) and text:
            entry.texts[kind] = text
    key.entries.append(entry)
    return entry


def _result(key: Key, compiled: Any, entry: StoredEntry) -> Mapping[Any, Any]:
    """The fields of the Inductor graph that a compiled forward or backward holds, or names by its key."""
    said = compiled.fields if isinstance(compiled, MadeObject) else {}
    held, named = said.get("result"), said.get("fx_graph_cache_info")
    if isinstance(held, MadeObject):
        return held.fields
    name = named[0] if isinstance(named, tuple) and named and isinstance(named[0], str) else ""
    found = key.codes.get(name, [])
    if len(found) > 1:
        key.unread.append(f"{entry.name}: {len(found)} codes are kept under its key, and which is its own is not told")
    if len(found) != 1:
        return {}
    key.used.add(name)
    entry.size += found[0][2]
    for line in named[1] if isinstance(named, tuple) and len(named) > 1 and isinstance(named[1], list) else ():
        match = KEY_PART.match(line) if isinstance(line, str) else None
        if match is not None:
            key.parts.setdefault(match["name"], set()).add((match["digest"], match["text"][:_SHOWN]))
    return found[0][0]


def _seconds(said: Mapping[Any, Any]) -> float | None:
    times = [integer_or_none(said.get(f"{which}_time_taken_ns")) for which in ("forward", "backward")]
    known = [time for time in times if time is not None and 0 <= time < 1 << 60]
    return sum(known) / 1e9 if known else None


def _dict(value: Any, what: str) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"{what} is not what vLLM writes")
    return value
