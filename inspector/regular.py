"""Opening what somebody points at: a file, and nothing that has no end.

A pipe waits for whoever writes into it, a device gives for ever, a folder of somebody else's may hold either under any
name. Every file that comes from outside is opened here; what it is is asked of what was opened, not of its name.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_KINDS = (
    (stat.S_ISDIR, errno.EISDIR, "it is a folder"),
    (stat.S_ISFIFO, errno.EINVAL, "it is a pipe"),
    (stat.S_ISSOCK, errno.EINVAL, "it is a socket"),
    (stat.S_ISCHR, errno.EINVAL, "it is a device, not a file"),
    (stat.S_ISBLK, errno.EINVAL, "it is a device, not a file"),
)
MOST = 64 << 20
"""Bytes of a file that is read as a whole: sources, plans, settings have thousands."""


def check_regular(path: Path, mode: int, *, pipes: bool = False) -> None:
    """Whether what has these bits of `st_mode` is a file.

    Args:
        path: what it is called.
        pipes: whether a pipe will do: it comes to its end where its writer does.

    Raises:
        OSError: it is none; `strerror` says what it is.
    """
    for is_one, number, words in _KINDS:
        if is_one(mode) and not (pipes and is_one is stat.S_ISFIFO):
            raise OSError(number, words, str(path))


def open_regular(path: Path | str, *, pipes: bool = False, links: bool = True) -> int:
    """A descriptor to read a file by; whoever asks for it closes it.

    Args:
        path: a file.
        pipes: whether a pipe will do, which is waited for until somebody writes into it.
        links: whether a symbolic link is followed.

    Raises:
        OSError: it cannot be opened, or is no file.
    """
    path = Path(path)
    # Opening does something to what is none: it lets a pipe's writer begin, who then finds nobody who reads.
    check_regular(path, path.stat(follow_symlinks=links).st_mode, pipes=pipes)
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY
    descriptor = os.open(path, flags | (0 if pipes else os.O_NONBLOCK) | (0 if links else os.O_NOFOLLOW))
    try:
        check_regular(path, os.fstat(descriptor).st_mode, pipes=pipes)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def read_regular(path: Path | str, most: int = MOST) -> bytes:
    """A file's bytes.

    Raises:
        OSError: it cannot be read, is no file, or is longer than `most` bytes.
    """
    with os.fdopen(open_regular(path), "rb") as stream:
        if os.fstat(stream.fileno()).st_size <= most and len(data := stream.read(most + 1)) <= most:  # it may grow
            return data
    raise OSError(errno.EFBIG, f"it is longer than {most >> 20:,} MiB", str(path))
