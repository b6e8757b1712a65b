"""Structured trace in, Capture out."""

from inspector.trace.builder import CaptureBuilder, read_capture
from inspector.trace.reader import BadRecord, Record, TraceTail, read_log

__all__ = ["BadRecord", "CaptureBuilder", "Record", "TraceTail", "read_capture", "read_log"]
