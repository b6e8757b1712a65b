"""The reading form of Inductor's C++ kernels: loops and what is computed in them, without casts and braces."""

from __future__ import annotations

import re
from collections.abc import Collection

from inspector.form.form import Form, FormRow, Ingredient, Piece, RowLook, covered
from inspector.form.rewrite import Rule, rewritten
from inspector.model.artifact import Artifact

_DEPTH = "  "
_BOILERPLATE = re.compile(
    r"#include|std::atomic<int> inductor_cpu|inductor_cpu_\w*integer_div_error|int tid = omp_get_thread_num|"
    r"#pragma (?:GCC|clang)|const int64_t \w+ = omp_get|int \w+ = omp_get_max_threads|_mm_free|using namespace|"
    r"RAIIAtenTensorHandle|#include"
)
_BRACES = re.compile(r"[{}\s;]*(?:\)\s*;?)?$")
_PARALLEL = re.compile(r"#pragma omp parallel(?P<rest>.*)$")
_SHARED = re.compile(r"#pragma omp for(?P<rest>.*)$")
_SIMD = re.compile(r"#pragma omp simd(?P<rest>.*)$")
_THREADS = re.compile(r"num_threads\((\d+)\)")
_COLLAPSE = re.compile(r"collapse\((\d+)\)")
_FOR = re.compile(
    r"for\s*\(\s*(?:int64_t|long|int)\s+(?P<name>\w+)\s*=\s*(?P<first>.+?);\s*(?P=name)\s*<\s*(?P<end>.+?);"
    r"\s*(?P=name)\s*\+=\s*(?P<step>.+?)\)\s*(?P<brace>\{?)\s*$"
)
_IF = re.compile(r"(?P<word>if|else if)\s*\((?P<what>.*)\)\s*\{?\s*$")
_RANGE = re.compile(r"^(?P<name>\w+) >= (?P<first>\S+) && (?P=name) < (?P<end>.+)$")
_SIGNATURE = re.compile(r'\s*(?:extern "C"\s+)?(?:TORCH_EXPORT\s+)?void\s+\w+\(')
_DECLARED = re.compile(r"(?:const )?auto (?=\w+ = )")
_CONSTANT = re.compile(
    r"(?:auto|const auto) \w+ = (?:static_cast<[^<>]+>\([-\w.+]+\)|at::vec::VectorizedN?<[\w, ]+>\(\w+\)|"
    r"[-\d.]+f?|at::vec::Vectorized<\w+>\([-\w.]+\));$"
)

_NUMBER = re.compile(r"static_cast<(?:int64_t|int32_t|long|int|double|float)>\((-?[\d.]+(?:e[-+]?\d+)?)L*f?\)")
_INDEX = re.compile(r"static_cast<(?:int64_t|int32_t|long|int)>\((\w+)\)")
_VECTOR_OF = re.compile(r"at::vec::VectorizedN?<[^<>]+>\(")
_NESTED = r"[^()]*(?:\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)[^()]*)*"
"""What stands in brackets, with brackets in it three deep."""
_CALLED_ON = re.compile(rf"\b(?P<on>tmp\d+(?:_\w+)?)\.(?P<method>\w+)\((?P<rest>{_NESTED})\)")
_REDUCED = re.compile(
    r"vec_reduce_all<[^<>]+>\(\[\]\([^()]*\) \{ return (?:(?P<name>\w+)\(x, y\)|x (?P<sign>\S+) y); \}, "
)
_SUM = re.compile(r"(?<=\+ )\((?P<sum>(?:(?!tmp)[\w*+ ])+)\)(?=\)|,|;|$| \+)")
"""An index that is added in brackets, itself a sum of products; of what is computed the order of a sum matters."""
_DOUBLE = re.compile(rf"(?:(?<=\()|(?<=, ))\((?P<what>{_NESTED})\)(?=\)|,)")
"""Brackets around a whole argument."""


def plain(text: str) -> str:
    """A C++ expression as one would write it on a board; what is not known is left as it is."""
    before = ""
    while text != before:
        before = text
        text = _NUMBER.sub(r"\1", text)
        text = _INDEX.sub(r"\1", text)
        text = _without(text, "static_cast<int64_t>(")
        text = _without(text, "C10_LIKELY(")
        text = _without(text, "C10_UNLIKELY(")
    text = re.sub(r"\b(\d+)L+\b", r"\1", text)
    text = re.sub(r"at::vec::VectorizedN?<[^<>]+>::loadu\(", "load(", text)
    text = re.sub(r"at::vec::convert<(\w+)(?:,\d+)*>\(", r"\1(", text)
    text = re.sub(r"static_cast<([\w: ]+)>\(", r"\1(", text)
    text = _VECTOR_OF.sub("vector(", text)
    text = re.sub(r"\b(?:at::vec|c10|at::native|std)::", "", text)
    text = _REDUCED.sub(lambda m: f"reduce({m['name'] or m['sign']}, ", text)
    text = _SUM.sub(r"\g<sum>", text)
    text = _DOUBLE.sub(r"\g<what>", text)
    return _CALLED_ON.sub(_call, text)


def _call(match: re.Match[str]) -> str:
    on, method, rest = match["on"], match["method"], match["rest"]
    if method == "store":
        return f"store({rest}, {on})"
    return f"{method}({on}{', ' + rest if rest else ''})"


def _without(text: str, opening: str) -> str:
    """The text with a call unwrapped; in brackets where it is more than a word and has none around it."""
    at = text.find(opening)
    if at < 0:
        return text
    start = at + len(opening)
    depth = 1
    for end in range(start, len(text)):
        depth += (text[end] == "(") - (text[end] == ")")
        if depth == 0:
            inner = text[start:end]
            alone = text[max(at - 1, 0) : at] in ("", "(") and text[end + 1 : end + 2] in ("", ")")
            if not alone and not re.fullmatch(r"[\w.]+", inner):
                inner = f"({inner})"
            return text[:at] + inner + text[end + 1 :]
    return text


def cpp_form(artifact: Artifact, kept: Collection[Ingredient]) -> Form:
    """The form of a kernel's text.

    Args:
        artifact: the kernel.
        kept: what is not to be folded.
    """
    rows = _Reader(artifact.lines, kept).rows()
    return Form(artifact.id, covered(rows, len(artifact.lines)))


class _Reader:
    def __init__(self, lines: list[str], kept: Collection[Ingredient]) -> None:
        self._lines = lines
        self._all = Ingredient.BOILERPLATE in kept
        self._blocks: list[bool] = []
        """For each open brace, whether the row above it is what it belongs to."""
        self._control = False
        self._lanes: list[str] = []
        """The steps of the open loops, outermost first."""

    def rows(self) -> list[FormRow]:
        found: list[FormRow] = []
        number = 1
        while number <= len(self._lines):
            row, number = self._line(number)
            if row is not None:
                self._add(found, row)
        return found

    def _add(self, found: list[FormRow], row: FormRow) -> None:
        """Constants that follow one another share a row."""
        if found and row.look is RowLook.QUIET is found[-1].look and not self._all:
            before = found.pop()
            row = FormRow(before.first, row.last, (*before.pieces, Piece(", "), *row.pieces[1:]), (), RowLook.QUIET)
        found.append(row)

    def _line(self, number: int) -> tuple[FormRow | None, int]:  # noqa: PLR0911 (a kind of line each)
        line = self._lines[number - 1]
        bare = line.strip()
        if _SIGNATURE.match(line):
            return self._signature(number)
        if _BRACES.match(bare):
            self._braces(bare)
            return None, number + 1
        if _BOILERPLATE.match(bare) and not self._all:
            return None, number + 1
        depth = _DEPTH * sum(self._blocks)
        if match := _PARALLEL.match(bare):
            return self._parallel(number, match["rest"], depth), number + 1
        if match := _SHARED.match(bare) or _SIMD.match(bare):
            return self._shared(number, match, depth)
        if _FOR.match(bare):
            return self._loop(number, number, depth, ""), number + 1
        if match := _IF.match(bare):
            return self._condition(number, match, depth), number + 1
        if bare in ("else", "else {", "} else {"):
            self._braces(bare)
            self._control = True
            return FormRow(number, number, (Piece(depth), self._whole(number, "else"))), number + 1
        return self._statement(number, depth), number + 1

    def _braces(self, text: str) -> None:
        for sign in text:
            if sign == "{":
                self._blocks.append(self._control)
                self._control = False
            elif sign == "}" and self._blocks:
                self._blocks.pop()

    def _whole(self, number: int, words: str) -> Piece:
        """Words that stand for a whole line."""
        line = self._lines[number - 1]
        return Piece(words, number, len(line) - len(line.lstrip()), len(line.rstrip()))

    def _signature(self, number: int) -> tuple[FormRow, int]:
        last = number
        while last < len(self._lines) and ")" not in self._lines[last - 1]:
            last += 1
        pieces: list[Piece] = []
        for at in range(number, last + 1):
            line = self._lines[at - 1].rstrip()
            start = len(line) - len(line.lstrip())
            pieces += [Piece(" ")] if pieces else []
            pieces += rewritten(line[start:], at, start, _HEAD)
        self._control = True
        return FormRow(number, last, tuple(pieces)), last + 1

    def _parallel(self, number: int, rest: str, depth: str) -> FormRow:
        threads = _THREADS.search(rest)
        words = f"by {threads[1]} threads" if threads else "by all threads"
        self._control = True
        return FormRow(number, number, (Piece(depth), self._whole(number, words)))

    def _shared(self, number: int, match: re.Match[str], depth: str) -> tuple[FormRow, int]:
        """The loop that a pragma is about, in one row with it."""
        collapse = _COLLAPSE.search(match["rest"])
        simd = match.re is _SIMD
        words = "in vectors" if simd else "shared by the threads"
        if collapse and not simd:
            words += f", {collapse[1]} loops as one"
        if number < len(self._lines) and _FOR.match(self._lines[number].strip()):
            return self._loop(number, number + 1, depth, words), number + 2
        return FormRow(number, number, (Piece(depth), self._whole(number, words))), number + 1

    def _loop(self, first: int, number: int, depth: str, words: str) -> FormRow:
        match = _FOR.match(self._lines[number - 1].strip())
        assert match is not None
        step = plain(match["step"])
        text = f"for {match['name']} in {plain(match['first'])}..{plain(match['end'])}"
        text += "" if step == "1" else f" step {step}"
        pieces = [Piece(depth), self._whole(number, text)]
        if words:
            pieces += [Piece(", "), self._whole(first, words) if first != number else Piece(words)]
        self._control = True
        self._lanes.append(step)
        self._braces(match["brace"])
        return FormRow(first, number, tuple(pieces))

    def _condition(self, number: int, match: re.Match[str], depth: str) -> FormRow:
        what = plain(match["what"])
        if found := _RANGE.match(what):
            what = f"{found['name']} in {found['first']}..{found['end']}"
        self._control = True
        if match.string.rstrip().endswith("{"):
            self._braces("{")
        return FormRow(number, number, (Piece(depth), self._whole(number, f"{match['word']} {what}")))

    def _statement(self, number: int, depth: str) -> FormRow:
        line = self._lines[number - 1]
        bare = line.strip()
        text = plain(_DECLARED.sub("", bare.rstrip(";")))
        if self._lanes:
            # As many lanes as the loop steps over: the whole vector, as one expects.
            lanes = re.escape(self._lanes[-1])
            text = re.sub(rf"(load\((?:{_NESTED})), {lanes}\)$", r"\1)", text)
            text = re.sub(rf"(store\((?:{_NESTED})), {lanes}, (?=\w+\)$)", r"\1, ", text)
        look = RowLook.QUIET if _CONSTANT.match(bare) else RowLook.CODE
        row = FormRow(number, number, (Piece(depth), self._whole(number, text)), (), look)
        opened = bare.count("{") - bare.count("}")
        if opened > 0:
            self._control = True
            self._braces("{" * opened)
        elif opened < 0:
            self._braces("}" * -opened)
        return row


_HEAD: tuple[Rule, ...] = (
    (re.compile(r'extern "C"\s+(?:TORCH_EXPORT\s+)?void\s+'), ""),
    (re.compile(r"\s{2,}"), " "),
)
