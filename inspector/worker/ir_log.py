"""Inductor's loop IR before and after fusion, which torch only logs: taken from its artifact loggers.

Private parts used: `log_ir_pre_fusion` and `log_ir_post_fusion`, which are handed the scheduler's nodes; without them
the texts are there, but not what each operation was made from.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from inspector.model.stage import Stage
from inspector.worker import ir_origins, records
from inspector.worker.direction import Direction
from inspector.worker.private import PrivateChanged, fallen_back, replaced

_LOGGERS = {
    Stage.IR_PRE_FUSION: "torch._inductor.debug.__ir_pre_fusion",
    Stage.IR_POST_FUSION: "torch._inductor.debug.__ir_post_fusion",
}


class IrLog:
    """Turns what the two loggers are told into side records of the compile id at work."""

    def __init__(self, direction: Direction) -> None:
        self._direction = direction
        self._here = threading.local()
        """`nodes`: the scheduler's nodes whose text this thread is logging."""

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
            with self._seeing_nodes():
                yield
        finally:
            for logger, handler, level in attached:
                logger.removeHandler(handler)
                logger.setLevel(level)

    @contextmanager
    def _seeing_nodes(self) -> Iterator[None]:
        """Notes which nodes a text is about."""
        with ExitStack() as stack:
            try:
                for name in ("log_ir_pre_fusion", "log_ir_post_fusion"):
                    stack.enter_context(replaced("loop IR", f"torch._inductor.debug:{name}", self._wrap))
            except PrivateChanged as error:
                stack.close()
                fallen_back(error)
            yield

    def _wrap(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def log_ir(nodes: Sequence[Any], *args: Any, **kwargs: Any) -> Any:
            self._here.nodes = nodes
            try:
                return original(nodes, *args, **kwargs)
            finally:
                self._here.nodes = ()

        return log_ir

    def write(self, stage: Stage, text: str) -> None:
        """Writes the record of one text; nothing where nobody could tell whose it is."""
        if not records.owned():
            return
        payload: dict[str, Any] = {
            **records.owner(),
            "stage": stage.value,
            "backward": self._direction.backward,
            "text": text,
        }
        with records.unless_it_fails(f"the nodes behind the {stage.heading}"):
            payload["subgraph"] = ir_origins.graph_within()
            if nodes := getattr(self._here, "nodes", ()):
                payload["operations"] = ir_origins.describe_operations(nodes)
        records.write("ir", payload)


class _Recorder(logging.Handler):
    def __init__(self, log: IrLog, stage: Stage) -> None:
        super().__init__(logging.DEBUG)
        self._log = log
        self._stage = stage

    def emit(self, record: logging.LogRecord) -> None:
        """Writes the text without the log's own heading (`BEFORE FUSION`)."""
        _, _, text = record.getMessage().partition("\n")
        self._log.write(self._stage, text)
