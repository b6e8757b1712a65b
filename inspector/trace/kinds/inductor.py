"""Records of Inductor: output code and its kernels, and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.link.facts import Provenance, Unit
from inspector.link.outputcode import read_output_code
from inspector.model.artifact import Language
from inspector.model.stage import Stage
from inspector.trace.registry import Incoming, record_kind
from inspector.trace.state import CompileDraft
from inspector.trace.units import current_unit, unit_of_code


@record_kind("inductor_output_code")
def _output_code(item: Incoming) -> None:
    compiling = item.compiling
    path = item.details.get("filename")
    keep_code(compiling, item.text, path if isinstance(path, str) else None)


def keep_code(draft: CompileDraft, text: str, path: str | None) -> None:
    """Keeps an output code and cuts its kernels out."""
    code = read_output_code(text)
    unit = unit_of_code(draft, code.aot_id, text)
    unit.aot_id, unit.code_path = code.aot_id, path or ""
    number = draft.unit_number(unit)
    language = Language.CPP if text.lstrip().startswith("#include") else Language.INDUCTOR
    unit.code = draft.put(Stage.INDUCTOR, language, text, suffix=unit.suffix, path=path, order=(number, 0))
    for gone in unit.kernels.keys() - {kernel.name for kernel in code.kernels}:
        draft.artifacts.pop(unit.kernels.pop(gone).id)
    for position, kernel in enumerate(code.kernels):
        unit.kernels[kernel.name] = draft.put(
            Stage.KERNEL,
            kernel.language,
            kernel.text,
            kernel=kernel.name,
            suffix=unit.suffix,
            order=(number, position),
        )
    draft.version += 1


@record_kind("artifact:inductor_provenance_tracking_node_mappings")
def _mappings(item: Incoming) -> None:
    """What a graph from torch's cache was compiled without provenance for has no payload."""
    data = {} if item.record.payload is None else item.data
    keep_provenance(item.compiling, current_unit(item.compiling), data)


@record_kind("artifact:inductor_triton_kernel_to_post_grad_nodes")
def _older_mapping(item: Incoming) -> None:
    """How torch 2.7 wrote the half of the mappings that it had; the whole, where it follows, replaces it."""
    unit = current_unit(item.compiling)
    if unit.provenance is None:
        keep_provenance(item.compiling, unit, {"cppCodeToPost": item.data})


def keep_provenance(draft: CompileDraft, unit: Unit, data: Mapping[str, Any]) -> None:
    """Keeps torch's node mappings for one unit; an empty one is none."""
    provenance = Provenance(_names_by_name(data.get("postToPre")), _names_by_name(data.get("cppCodeToPost")))
    if provenance.post_to_pre or provenance.kernel_to_post:
        unit.provenance = provenance
    else:
        unit.empty_mapping = True
    draft.version += 1


def _names_by_name(data: object) -> dict[str, tuple[str, ...]]:
    """A JSON object of lists of names.

    Raises:
        TypeError: it is something else.
    """
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise TypeError("the node mapping is not a JSON object")
    found = {}
    for key, names in data.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise TypeError(f"the node mapping of {key} is not a list of names")
        found[key] = tuple(names)
    return found


@record_kind("artifact:triton_kernel_info")
def _triton_info(item: Incoming) -> None:
    compiling = item.compiling
    compiling.metrics["triton_kernels"] = item.data
    compiling.version += 1
