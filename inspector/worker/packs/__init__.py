"""Packs: a compiled target that the next process neither compiles nor probes for.

A pack is a folder: `model.pt2`, an AOTInductor package, which is native code, and `manifest.json`, which says what it
is, what it needs, and what its bytes hash to.
"""
