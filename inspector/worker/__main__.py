"""`python -m inspector.worker --requests FD --events FD`: the only process that imports torch."""

from __future__ import annotations

import argparse
import os
import sys


def main() -> int:
    """Runs one session on two inherited descriptors; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m inspector.worker", description=__doc__)
    parser.add_argument("--requests", type=int, required=True, help="descriptor to read requests from")
    parser.add_argument("--events", type=int, required=True, help="descriptor to write events to")
    options = parser.parse_args()
    for descriptor in (options.requests, options.events):
        os.set_inheritable(descriptor, False)  # g++ must not keep the front waiting for the end of the events

    from inspector import protocol
    from inspector.worker.channel import Channel
    from inspector.worker.session import Session

    channel = Channel(options.requests, options.events)
    channel.send(protocol.Hello(os.getpid()))
    channel.start()
    return Session(channel).run()


if __name__ == "__main__":
    sys.exit(main())
