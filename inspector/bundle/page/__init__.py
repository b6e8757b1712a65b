"""A capture as one interactive HTML file: linked panes in a browser, without a network and without a server."""

from inspector.bundle.page.render import render

__all__ = ["render"]
