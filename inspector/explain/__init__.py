"""What a word in a capture means: operators, generated constructs, vector calls, pragmas, bytecode, instructions.

    explain("vdivps")        → its entries; () for a word that no table has
    word_at(line, col, …)    → the word at a cursor
    nearest("vdivpz")        → words that it may have been meant to be

The tables are TOML files beside this one, in our own words, each with the place where the whole truth stands.
"""

from inspector.explain.table import Meaning, Reference, explain, kinds, nearest
from inspector.explain.words import word_at

__all__ = ["Meaning", "Reference", "explain", "kinds", "nearest", "word_at"]
