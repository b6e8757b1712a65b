"""A pickle read as data: what it would import and call becomes a stand-in that does nothing.

Nothing is imported, nothing is called, and no class of anybody's is made: this is a small machine of its own for the
format's opcodes and no unpickler, so that there is nothing to escape from. It is bounded: no more opcodes and no more
bytes than given, no lists of arguments that are longer than what was read, and what serves as a key is simple.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final

from inspector.jsontext import Malformed

MAX_BYTES: Final = 256 << 20
"""Of one pickle; what a server keeps of a large model is mostly text."""
MAX_OPCODES: Final = 1_000_000
_KEY_DEPTH: Final = 4
"""Tuples within one another that a key may be."""


@dataclass(frozen=True)
class Named:
    """A class or a function that the pickle names; nothing of it is loaded."""

    module: str
    name: str


@dataclass(eq=False, repr=False)
class MadeObject:
    """What calling something would have made."""

    of: Any
    """Mostly `Named`."""
    args: Any = ()
    state: Any = None
    """What the pickle would have put into it."""
    items: list[Any] = field(default_factory=list)
    """What it would have appended, or set as a pair."""

    @property
    def fields(self) -> dict[Any, Any]:
        """Its attributes, by name; of what is made of a state and slots, both."""
        parts = self.state if isinstance(self.state, tuple) else (self.state,)
        found: dict[Any, Any] = {}
        for part in parts:
            if isinstance(part, dict):
                found |= part
        return found

    @property
    def name(self) -> str:
        """What it is an instance of: `CompiledFxGraph`; empty where that is no plain name."""
        named = self.args[0] if self.of == _NEW and isinstance(self.args, tuple) and self.args else self.of
        return named.name if isinstance(named, Named) else ""


_NEW = Named("copyreg", "__newobj__")


class _Mark:
    """Where a list of arguments begins."""


_MARK = _Mark()


def read_pickle(data: bytes, *, most: int = MAX_OPCODES) -> Any:
    """The value in a pickle, with stand-ins for all that is not plain data.

    Args:
        data: of one pickle; what stands behind its end is not looked at.
        most: opcodes.

    Raises:
        Malformed: it is no pickle, is damaged, or is beyond the bounds.
    """
    if len(data) > MAX_BYTES:
        raise Malformed(f"a pickle of more than {MAX_BYTES >> 20:,} MiB")
    machine = _Machine()
    try:
        for number, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if number >= most:
                raise Malformed(f"a pickle of more than {most:,} opcodes")
            if opcode.name == "STOP":
                return machine.pop()
            machine.run(opcode.name, argument)
    except Malformed:
        raise
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, MemoryError, UnicodeError) as error:
        raise Malformed(f"no whole pickle ({type(error).__name__})") from error
    raise Malformed("no whole pickle")


class _Machine:
    """The stack and the memo."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self, name: str, argument: Any) -> None:
        """Carries one opcode out.

        Raises:
            Malformed: it is one that no pickle of data needs.
        """
        if name in _PUSHED:
            self._stack.append(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name]())
        elif (step := _STEPS.get(name)) is not None:
            step(self, argument)
        elif name not in ("PROTO", "FRAME"):
            raise Malformed(f"a pickle with {name}")

    def pop(self) -> Any:
        """The topmost value."""
        value = self._stack.pop()
        if value is _MARK:
            raise Malformed("no whole pickle")
        return value

    def marked(self) -> list[Any]:
        """What lies above the last mark."""
        at = len(self._stack) - 1
        while self._stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise Malformed("no whole pickle")
        values = self._stack[at + 1 :]
        del self._stack[at:]
        return values

    # --- opcodes ------------------------------------------------------------------------------------------------

    def mark(self, _: Any) -> None:
        self._stack.append(_MARK)

    def drop(self, _: Any) -> None:
        self._stack.pop()

    def drop_marked(self, _: Any) -> None:
        self.marked()

    def again(self, _: Any) -> None:
        self._stack.append(self._top())

    def put(self, argument: Any) -> None:
        self._memo[len(self._memo) if argument is None else argument] = self._top()

    def get(self, argument: Any) -> None:
        self._stack.append(self._memo[argument])

    def tuple_of(self, count: int) -> None:
        at = len(self._stack) - count
        if at < 0 or any(item is _MARK for item in self._stack[at:]):
            raise Malformed("no whole pickle")
        values = tuple(self._stack[at:])
        del self._stack[at:]
        self._stack.append(values)

    def marked_tuple(self, _: Any) -> None:
        self._stack.append(tuple(self.marked()))

    def marked_list(self, _: Any) -> None:
        self._stack.append(self.marked())

    def marked_dict(self, _: Any) -> None:
        values = self.marked()
        self._stack.append({_key(key): value for key, value in zip(values[::2], values[1::2], strict=True)})

    def marked_frozenset(self, _: Any) -> None:
        self._stack.append(frozenset(_key(item) for item in self.marked()))

    def append(self, _: Any) -> None:
        self._add([self.pop()])

    def appends(self, _: Any) -> None:
        self._add(self.marked())

    def set_item(self, _: Any) -> None:
        value, key = self.pop(), self.pop()
        self._set([(key, value)])

    def set_items(self, _: Any) -> None:
        values = self.marked()
        self._set(list(zip(values[::2], values[1::2], strict=True)))

    def add_items(self, _: Any) -> None:
        values, target = self.marked(), self._top()
        if isinstance(target, set):
            target.update(map(_key, values))
        else:
            self._add(values)

    def named(self, argument: Any) -> None:
        module, _, name = str(argument).partition(" ")
        self._stack.append(Named(module, name))

    def stack_named(self, _: Any) -> None:
        name, module = self.pop(), self.pop()
        if not (isinstance(name, str) and isinstance(module, str)):
            raise Malformed("no whole pickle")
        self._stack.append(Named(module, name))

    def call(self, _: Any) -> None:
        args, what = self.pop(), self.pop()
        self._stack.append(MadeObject(what, args))

    def call_by_name(self, _: Any) -> None:
        state, args, what = self.pop(), self.pop(), self.pop()
        self._stack.append(MadeObject(what, args, state))

    def instance(self, argument: Any) -> None:
        args = self.marked()
        module, _, name = str(argument).partition(" ")
        self._stack.append(MadeObject(Named(module, name), tuple(args)))

    def marked_object(self, _: Any) -> None:
        what, *args = self.marked()
        self._stack.append(MadeObject(what, tuple(args)))

    def build(self, _: Any) -> None:
        state, target = self.pop(), self._top()
        if isinstance(target, MadeObject):
            target.state = state

    def persistent(self, argument: Any) -> None:
        self._stack.append(MadeObject(Named("", "persistent"), (argument,)))

    def stack_persistent(self, _: Any) -> None:
        self._stack.append(MadeObject(Named("", "persistent"), (self.pop(),)))

    # --- what they share ----------------------------------------------------------------------------------------

    def _top(self) -> Any:
        value = self._stack[-1]
        if value is _MARK:
            raise Malformed("no whole pickle")
        return value

    def _add(self, values: list[Any]) -> None:
        target = self._top()
        if isinstance(target, list):
            target.extend(values)
        elif isinstance(target, MadeObject):
            target.items.extend(values)
        else:
            raise Malformed("no whole pickle")

    def _set(self, pairs: list[tuple[Any, Any]]) -> None:
        target = self._top()
        if isinstance(target, dict):
            target.update((_key(key), value) for key, value in pairs)
        elif isinstance(target, MadeObject):
            target.items.extend(pairs)
        else:
            raise Malformed("no whole pickle")


def _key(value: Any, depth: int = _KEY_DEPTH) -> Hashable:
    """A value as a key: hashing must neither recurse deeply nor call anything of the pickle's."""
    if isinstance(value, tuple) and depth and len(value) <= 1 << 16:
        return tuple(_key(item, depth - 1) for item in value)
    if value is None or isinstance(value, str | bytes | int | float | MadeObject | Named):
        return value  # `Named` holds two texts, and `MadeObject` is told apart by which one it is
    raise Malformed(f"a pickle with a key that is a {type(value).__name__}")


_PUSHED = frozenset(
    (
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    )
)
"""Opcodes that push their argument."""
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
}
_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    "MARK": _Machine.mark,
    "POP": _Machine.drop,
    "POP_MARK": _Machine.drop_marked,
    "DUP": _Machine.again,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "TUPLE": _Machine.marked_tuple,
    "LIST": _Machine.marked_list,
    "DICT": _Machine.marked_dict,
    "FROZENSET": _Machine.marked_frozenset,
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "ADDITEMS": _Machine.add_items,
    "GLOBAL": _Machine.named,
    "STACK_GLOBAL": _Machine.stack_named,
    "REDUCE": _Machine.call,
    "NEWOBJ": _Machine.call,
    "NEWOBJ_EX": _Machine.call_by_name,
    "INST": _Machine.instance,
    "OBJ": _Machine.marked_object,
    "BUILD": _Machine.build,
    "PERSID": _Machine.persistent,
    "BINPERSID": _Machine.stack_persistent,
}
