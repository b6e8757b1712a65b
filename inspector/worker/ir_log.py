"""Inductor's loop IR before and after fusion, which torch only logs: taken from its artifact loggers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from inspector.model.stage import Stage
from inspector.worker import records

_LOGGERS = {
    Stage.IR_PRE_FUSION: "torch._inductor.debug.__ir_pre_fusion",
    Stage.IR_POST_FUSION: "torch._inductor.debug.__ir_post_fusion",
}


class IrLog:
    """Turns what the two loggers are told into side records of the compile id at work."""

    def __init__(self) -> None:
        self.backward = False
        """Whether the backward graph is being compiled."""

    @contextmanager
    def recording(self) -> Iterator[None]:
        """While this lasts, the loggers are on; a user who did not ask for them does not see their text in the log."""
        attached = []
        for stage, name in _LOGGERS.items():
            logger = logging.getLogger(name)
            handler = _Recorder(self, stage)
            attached.append((logger, handler, logger.level))
            logger.addHandler(handler)
            if logger.level == logging.NOTSET:  # off: torch lets such a logger's text go nowhere else
                logger.setLevel(logging.INFO)
        try:
            yield
        finally:
            for logger, handler, level in attached:
                logger.removeHandler(handler)
                logger.setLevel(level)


class _Recorder(logging.Handler):
    def __init__(self, log: IrLog, stage: Stage) -> None:
        super().__init__(logging.DEBUG)
        self._log = log
        self._stage = stage

    def emit(self, record: logging.LogRecord) -> None:
        """Writes the text without the log's own heading (`BEFORE FUSION`)."""
        _, _, text = record.getMessage().partition("\n")
        records.write(
            "ir",
            {
                "compile_id": records.current_compile_id() or "",
                "stage": self._stage.value,
                "backward": self._log.backward,
                "text": text,
            },
        )
