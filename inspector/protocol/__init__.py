"""What the front and the worker say to each other: versioned JSON lines over two dedicated descriptors.

The front writes requests, the worker writes events, one JSON object a line with a `type`. Stage texts do not
travel here: they go through the structured trace, so that a live capture and a recorded log have one reader.
"""

from __future__ import annotations

from collections.abc import Mapping

from inspector import codec
from inspector.jsontext import Malformed, load
from inspector.protocol.events import (
    VERSION,
    Alive,
    Calling,
    Compared,
    Compiled,
    Failed,
    GpuBusy,
    Hello,
    KernelEdited,
    LatencyState,
    Loaded,
    Measured,
    OutputsCompared,
    Profiled,
    Progress,
    Samples,
    ShapeChanged,
)
from inspector.protocol.forking import Fork, Gone, Kill, Prepared
from inspector.protocol.message import Message, ProtocolError
from inspector.protocol.requests import (
    CancelProfile,
    ChangeShape,
    CompareOutputs,
    EditKernel,
    PauseLatency,
    Prepare,
    ResetLatency,
    RunLatency,
    RunProfile,
    Shutdown,
    Start,
    StartPack,
    StartStudy,
)

# fmt: off
__all__ = [
    "EVENTS", "FROM_PARENT", "RECORD_CACHE", "RECORD_FOLDER", "RECORD_PASSES", "REQUESTS", "START_FOLDER", "TO_PARENT",
    "VERSION",
    "Alive", "Calling", "CancelProfile", "ChangeShape", "CompareOutputs", "Compared", "Compiled", "EditKernel",
    "Failed", "Fork", "Gone", "GpuBusy", "Hello", "KernelEdited", "Kill", "LatencyState", "Loaded", "Measured",
    "Message", "OutputsCompared", "PauseLatency", "Prepare", "Prepared", "Profiled", "Progress", "ProtocolError",
    "ResetLatency", "RunLatency", "RunProfile", "Samples", "ShapeChanged", "Shutdown", "Start", "StartPack",
    "StartStudy", "decode", "encode",
]
# fmt: on

RECORD_FOLDER = "INSPECTOR_RECORD"
"""The environment variable that names the folder for the traces of a script that is run with recording on."""

START_FOLDER = "INSPECTOR_START"
"""The environment variable that names the folder where a program's processes tell of their start."""

RECORD_CACHE = "INSPECTOR_RECORD_CACHE"
"""The environment variable that holds the `CacheMode` of such a run."""

RECORD_PASSES = "INSPECTOR_RECORD_PASSES"
"""The environment variable that is set where what each pass did is recorded too."""

REQUESTS: Mapping[str, type[Message]] = {
    cls.type: cls
    for cls in (
        Start,
        StartStudy,
        StartPack,
        Prepare,
        RunLatency,
        PauseLatency,
        ResetLatency,
        RunProfile,
        CancelProfile,
        ChangeShape,
        CompareOutputs,
        EditKernel,
        Shutdown,
    )
}
EVENTS: Mapping[str, type[Message]] = {
    cls.type: cls
    for cls in (
        Hello,
        Progress,
        Alive,
        Loaded,
        Compiled,
        Samples,
        ShapeChanged,
        Compared,
        OutputsCompared,
        Prepared,
        GpuBusy,
        LatencyState,
        Profiled,
        Calling,
        KernelEdited,
        Measured,
        Failed,
    )
}

TO_PARENT: Mapping[str, type[Message]] = {cls.type: cls for cls in (Prepare, Fork, Kill)}
FROM_PARENT: Mapping[str, type[Message]] = {cls.type: cls for cls in (Prepared, Gone, Failed)}


def encode(message: Message) -> bytes:
    """One line, newline included."""
    return codec.line({"type": message.type, **codec.plain(message)})


def decode(line: bytes, kinds: Mapping[str, type[Message]]) -> Message:
    """The message in one line.

    Raises:
        ProtocolError: not JSON, an unknown type, or not what its type says. Unknown fields are ignored.
    """
    try:
        data = load(line)
        return codec.convert(data, kinds[codec.member(data, "type", str)])
    except (Malformed, KeyError) as error:
        raise ProtocolError(f"not a message: {line[:200]!r} ({error})") from error
