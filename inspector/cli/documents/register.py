"""Every document that a verb prints with `--json`: its schema's name and version.

Within a version fields are only added; one that goes, is renamed or means something else is a new version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from inspector.cli.documents import captures, measured, overviews, passes, places, served, tools, tuned
from inspector.cli.documents.encoding import data
from inspector.model.difference import CaptureDifference
from inspector.model.ggml import GgmlLog
from inspector.model.stored import Stored

DOCUMENTS: Mapping[type, tuple[str, int]] = {
    captures.CaptureData: ("inspector.capture", 1),
    captures.Texts: ("inspector.texts", 1),
    captures.ReadTexts: ("inspector.read_texts", 1),
    captures.OtherTexts: ("inspector.other_texts", 1),
    captures.Events: ("inspector.events", 1),
    captures.KernelFactsDocument: ("inspector.kernel_facts", 1),
    captures.FusionsDocument: ("inspector.fusions", 1),
    captures.AutotuningsDocument: ("inspector.autotunings", 1),
    captures.Guards: ("inspector.guards", 1),
    passes.PassesDocument: ("inspector.passes", 1),
    passes.NodeWay: ("inspector.pass_node", 1),
    passes.PassTexts: ("inspector.pass_texts", 1),
    served.PiecesDocument: ("inspector.pieces", 1),
    served.KeysCompared: ("inspector.keys_compared", 1),
    served.StartsDocument: ("inspector.starts", 1),
    Stored: ("inspector.stored", 1),
    GgmlLog: ("inspector.ggml", 1),
    overviews.BreaksDocument: ("inspector.graph_breaks", 1),
    overviews.RecompilesDocument: ("inspector.recompiles", 1),
    overviews.Phases: ("inspector.phases", 1),
    overviews.Why: ("inspector.why", 1),
    overviews.Checked: ("inspector.check", 1),
    measured.ColdStarts: ("inspector.cold_start", 1),
    measured.LatencyDocument: ("inspector.latency", 1),
    measured.ProfilesDocument: ("inspector.profile", 1),
    measured.PricesDocument: ("inspector.price", 1),
    measured.Deviations: ("inspector.numerics", 1),
    measured.EditsDocument: ("inspector.edits", 1),
    places.LinksDocument: ("inspector.links", 1),
    places.AnnotationsDocument: ("inspector.annotations", 1),
    places.AnnotationChange: ("inspector.annotation_change", 1),
    CaptureDifference: ("inspector.difference", 1),
    tools.TextDifferences: ("inspector.text_differences", 1),
    overviews.RanksDocument: ("inspector.ranks", 1),
    tools.Explained: ("inspector.explain", 1),
    tools.Targets: ("inspector.targets", 1),
    tools.Lessons: ("inspector.lessons", 1),
    tools.LessonChecked: ("inspector.lesson_check", 1),
    tools.Pack: ("inspector.pack", 1),
    tools.StudyReport: ("inspector.study_report", 1),
    tools.SweepDocument: ("inspector.sweep", 1),
    tuned.TuneDocument: ("inspector.tune", 1),
    tools.LibraryDocument: ("inspector.library", 1),
    tools.HistoriesDocument: ("inspector.history", 1),
    tools.Doctor: ("inspector.doctor", 1),
    tools.PrivateParts: ("inspector.private_parts", 1),
}
"""Type → the name and the version of its schema."""


def as_json(document: object) -> str:
    """A document's text."""
    name, version = DOCUMENTS[type(document)]
    return json.dumps({"schema": name, "version": version, **data(document)}, indent=2, allow_nan=False)
