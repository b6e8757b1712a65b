"""The scheduler's reasons in words a person can act on; torch's own stand beside them wherever they are shown."""

from __future__ import annotations

_LIBRARY = "a library function or an operator, whose code Inductor does not write and cannot extend"

_WORDS = {
    "node1 is extern but not a triton kernel": f"What comes before is {_LIBRARY}.",
    "node2 is extern or nop": f"What comes after is {_LIBRARY}, or needs no code at all.",
    "node1 is nop": "What comes before needs no code: it only names memory.",
    "no shared data": "They do not read or write the same elements, so nothing would be saved.",
    "no shared data due to indexing mismatch": "They touch the same memory in different orders, element by element.",
    "memory deps did not match": (
        "The second needs other elements of the first's result than the ones at its own place: all of it has "
        "to be there first."
    ),
    "intermediate nodes between node1 & node2": "Something else lies between them and has to run first.",
    "node1 must go before node2": "The first needs a result of the second, so the order forbids it.",
    "will create cycle": "Each would have to wait for the other.",
    "exceeds max fusion": "The kernel would hold more loops than Inductor allows (`max_fusion_size`).",
    "Fusion will increase peak memory": "Both together would keep more memory alive at once.",
    "fusion_prevent_too_many_reads_and_writes": (
        "The kernel would touch more buffers than `max_fusion_unique_io_buffers`."
    ),
    "score_fusion_memory_threshold": "They share too little memory to be worth it.",
    "Nodes are too far away. Fusing them may increase peak memory.": (
        "They lie far apart in the graph; fused, results would have to be kept longer."
    ),
    "grouped node must not be fused with other nodes": "Its loops were grouped before and stay as they are.",
    "fusion for buffer explicit disabled": "Inductor marked its buffer as one that must be written.",
    "template epilogue not satisfied": "The matrix template does not take these operations behind it.",
    "prologue fusion turned off": "Putting operations in front of a matrix template is turned off.",
    "prologue fusion only supported for pointwise nodes": (
        "Only element-wise operations fit in front of a matrix template."
    ),
    "template has no allowed prologue inputs": "The matrix template takes nothing in front of it.",
    "prologue fusion not implemented for kernel for these inputs": (
        "The matrix template takes nothing in front of this input."
    ),
    "template prologue can only fuse nodes with a single use": (
        "A value in front of the matrix template is used elsewhere too."
    ),
    "prologue fusion will not increase amount of bytes read in kernel": (
        "In front of the matrix template it would read more."
    ),
    "register spilling of the first kernel": "The first already needs more registers than there are.",
    "register spilling of the second kernel": "The second already needs more registers than there are.",
    "register spilling of the fused kernel": "Together they would need more registers than there are.",
    "nodes numel incompatibility": "Their loops run over different numbers of elements.",
    "nodes numel/rnumel incompatibility": (
        "Their loops, or the reductions inside, run over different numbers of elements."
    ),
    "invalid tiling for reduction": "The reduction's tiles do not fit the other's loops.",
    "Split scan cannot fuse with reductions": "A scan split over blocks cannot share a kernel with a reduction.",
    "node1's triton kernel doesn't support epilogue fusion": "The user's Triton kernel takes nothing behind it.",
    "epilogue reads from buffers other than the mutated output": (
        "What follows reads more than the user's kernel wrote."
    ),
}


def in_words(reason: str) -> str:
    """A reason of torch's, filled in, as a sentence."""
    if reason.startswith("device mismatch"):
        return "They run on different devices."
    return _WORDS.get(reason, f"The scheduler says: {reason}.")
