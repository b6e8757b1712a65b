"""Which post-grad FX nodes each statement of each generated kernel belongs to, recorded while Inductor writes it.

Inductor keeps no such record, so for the length of a capture a few of its private functions are wrapped:

    with record_statements(sink) as recording:
        compiled(*args)
    if recording.reason:
        ...  # recording was not possible, or stopped half-way; `reason` says why, in one sentence

The generated code stays byte-identical: every line that Inductor writes for a node gets a tag in control
characters at its end, the tag is kept out of all decisions, and it is taken off before the kernel's text is
hashed, de-duplicated, written or compiled. On a torch these hooks do not know, nothing is installed at all.
"""

from __future__ import annotations

from inspector.worker.statements.record import KernelStatements, Recording, WrittenLine
from inspector.worker.statements.session import record_statements

__all__ = ["KernelStatements", "Recording", "WrittenLine", "record_statements"]
