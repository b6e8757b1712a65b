"""Compiles functions again, one for each kind of guard, so that torch words each refusal."""

import collections
import contextlib
import dataclasses
import enum
import functools
import itertools
import math
import sys
import types
import weakref

import torch

KINDS = {}


def kind(made):
    """Registers a case: it compiles a function of the same name, and calls it until it has been compiled again."""
    KINDS[made.__name__] = made
    return made


def f_of(body):
    return torch.compile(body, backend="eager")


x2 = torch.ones(4, 3)


@kind
def tensor_size():
    def tensor_size(x):
        return x + 1

    f = f_of(tensor_size)
    f(torch.ones(4, 3))
    f(torch.ones(8, 3))


@kind
def tensor_stride():
    def tensor_stride(x):
        return x + 1

    f = f_of(tensor_stride)
    f(torch.ones(4, 4))
    f(torch.ones(8, 8)[::2, ::2])


@kind
def tensor_dtype():
    def tensor_dtype(x):
        return x + 1

    f = f_of(tensor_dtype)
    f(torch.ones(4))
    f(torch.ones(4).double())


@kind
def tensor_rank():
    def tensor_rank(x):
        return x + 1

    f = f_of(tensor_rank)
    f(torch.ones(4))
    f(torch.ones(4, 4))


@kind
def tensor_device():
    def tensor_device(x):
        return x + 1

    f = f_of(tensor_device)
    f(torch.ones(4))
    f(torch.ones(4, device="meta"))


@kind
def tensor_requires_grad():
    def tensor_requires_grad(x):
        return x + 1

    f = f_of(tensor_requires_grad)
    f(torch.ones(4))
    f(torch.ones(4, requires_grad=True))


@kind
def tensor_type():
    def tensor_type(x):
        return x + 1

    f = f_of(tensor_type)
    f(torch.ones(4))
    f(torch.nn.Parameter(torch.ones(4), requires_grad=False))


@kind
def tensor_or_none():
    def tensor_or_none(x, y):
        return x + 1 if y is None else x + y

    f = f_of(tensor_or_none)
    f(torch.ones(4), torch.ones(4))
    f(torch.ones(4), None)
    f(torch.ones(4), torch.ones(4).double())


@kind
def tensor_or_number():
    def tensor_or_number(x, y):
        return x + y

    f = f_of(tensor_or_number)
    f(torch.ones(4), torch.ones(4))
    f(torch.ones(4), 3)
    f(torch.ones(4), 3.5)


class Holder:
    def __init__(self, **values):
        self.__dict__.update(values)


class Other:
    def __init__(self, **values):
        self.__dict__.update(values)


@kind
def type_id():
    def type_id(x, holder):
        return x + holder.scale

    f = f_of(type_id)
    f(torch.ones(4), Holder(scale=2))
    f(torch.ones(4), Other(scale=2))


@kind
def object_id():
    def object_id(x, act):
        return act(x)

    f = f_of(object_id)
    f(torch.ones(4), torch.relu)
    f(torch.ones(4), torch.tanh)


class Layer(torch.nn.Module):
    def __init__(self, activation, n=2):
        super().__init__()
        self.activation = activation
        self.project = torch.nn.Linear(4, 4)
        self.n = n

    def forward(self, x):
        return self.activation(self.project(x)) * self.n


@kind
def module_number():
    for n in (2, 3, 4):
        layer = Layer(torch.relu, n)
        layer.compile(backend="eager")
        layer(torch.ones(4, 4))


@kind
def equals_int():
    def equals_int(x, n):
        return x[:n]

    f = f_of(equals_int)
    f(torch.ones(8), 3)
    f(torch.ones(8), 4)
    f(torch.ones(8), 1)


@kind
def equals_float():
    def equals_float(x, n):
        return x * n

    f = f_of(equals_float)
    f(torch.ones(8), 0.5)
    f(torch.ones(8), 0.25)


@kind
def equals_text():
    def equals_text(x, mode):
        return x.relu() if mode == "relu" else x.tanh()

    f = f_of(equals_text)
    f(torch.ones(8), "relu")
    f(torch.ones(8), "a  # b; c\n0/0: d")


class Mode(enum.Enum):
    RELU = 1
    TANH = 2


@kind
def equals_enum():
    def equals_enum(x, mode):
        return x.relu() if mode is Mode.RELU else x.tanh()

    f = f_of(equals_enum)
    f(torch.ones(8), Mode.RELU)
    f(torch.ones(8), Mode.TANH)


@kind
def equals_dtype():
    def equals_dtype(x, dtype):
        return x.to(dtype)

    f = f_of(equals_dtype)
    f(torch.ones(8), torch.float64)
    f(torch.ones(8), torch.int32)


@kind
def equals_bool():
    def equals_bool(x, flag):
        return x.relu() if flag else x.tanh()

    f = f_of(equals_bool)
    f(torch.ones(8), True)
    f(torch.ones(8), False)


@kind
def equals_none():
    def equals_none(x, y):
        return x.relu() if y is None else x.tanh()

    f = f_of(equals_none)
    f(torch.ones(8), None)
    f(torch.ones(8), "y")


@kind
def equals_nan():
    def equals_nan(x, y):
        return x * y

    f = f_of(equals_nan)
    f(torch.ones(8), math.nan)
    f(torch.ones(8), 1.5)


@kind
def equals_tuple():
    def equals_tuple(x, size):
        return x.reshape(size)

    f = f_of(equals_tuple)
    f(torch.ones(8), (4, 2))
    f(torch.ones(8), (2, 4))
    f(torch.ones(8), (2, 2, 2))


@kind
def subclass_of_int():
    class Number(int):
        pass

    def subclass_of_int(x, n):
        return x * n

    f = f_of(subclass_of_int)
    f(torch.ones(8), Number(3))
    f(torch.ones(8), Number(4))


@kind
def length_of_list():
    def length_of_list(xs):
        return sum(xs)

    f = f_of(length_of_list)
    f([torch.ones(4)] * 1 + [torch.zeros(4)])
    f([torch.ones(4), torch.ones(4), torch.zeros(4)])


@kind
def length_zero():
    def length_zero(x, xs):
        return x + len(xs)

    f = f_of(length_zero)
    f(torch.ones(4), [])
    f(torch.ones(4), [1])


@kind
def dict_keys():
    def dict_keys(x, d):
        for key in d:
            x = x + d[key]
        return x

    f = f_of(dict_keys)
    f(torch.ones(4), {"a": 1})
    f(torch.ones(4), {"b": 1})
    f(torch.ones(4), {"a": 1, "b": 2})


@kind
def dict_contains():
    def dict_contains(x, d):
        return x + 1 if "a" in d else x - 1

    f = f_of(dict_contains)
    f(torch.ones(4), {"a": 1})
    f(torch.ones(4), {"b": 1})


@kind
def dict_not_contains():
    def dict_not_contains(x, d):
        return x + 1 if "a" in d else x - 1

    f = f_of(dict_not_contains)
    f(torch.ones(4), {"b": 1})
    f(torch.ones(4), {"a": 1})


@kind
def set_contains():
    def set_contains(x, d):
        return x + 1 if "a" in d else x - 1

    f = f_of(set_contains)
    f(torch.ones(4), {"a"})
    f(torch.ones(4), {"b"})
    f(torch.ones(4), {"a", "b"})


@kind
def mapping_keys():
    def mapping_keys(x, d):
        for key in d:
            x = x + d[key]
        return x

    f = f_of(mapping_keys)
    f(torch.ones(4), types.MappingProxyType({"a": 1}))
    f(torch.ones(4), types.MappingProxyType({"b": 1}))


@kind
def has_attribute():
    def has_attribute(x, h):
        return x + 1 if hasattr(h, "scale") else x

    f = f_of(has_attribute)
    f(torch.ones(4), Holder(scale=1))
    f(torch.ones(4), Holder(other=1))


WIDTH = 3


@kind
def global_value():
    global WIDTH

    def global_value(x):
        return x * WIDTH

    f = f_of(global_value)
    WIDTH = 3
    f(torch.ones(4))
    WIDTH = 7
    f(torch.ones(4))


def helper(x):
    return x + 1


@kind
def global_function():
    global helper

    def global_function(x):
        return helper(x)

    f = f_of(global_function)
    f(torch.ones(4))

    def other(x):
        return x - 1

    helper = other
    f(torch.ones(4))


@kind
def closure_value():
    scale = 2

    def closure_value(x):
        return x * scale

    f = f_of(closure_value)
    f(torch.ones(4))
    scale = 3
    f(torch.ones(4))


@kind
def default_argument():
    def g(x, n=2):
        return x * n

    def default_argument(x):
        return g(x)

    f = f_of(default_argument)
    f(torch.ones(4))
    g.__defaults__ = (5,)
    f(torch.ones(4))


@kind
def grad_mode():
    def grad_mode(x):
        return x * 2

    f = f_of(grad_mode)
    f(torch.ones(4))
    with torch.no_grad():
        f(torch.ones(4))


@kind
def deterministic():
    def deterministic(x):
        return x * 2

    f = f_of(deterministic)
    f(torch.ones(4))
    torch.use_deterministic_algorithms(True)
    f(torch.ones(4))
    torch.use_deterministic_algorithms(False)


@kind
def autocast():
    def autocast(x):
        return x @ x

    f = f_of(autocast)
    f(torch.ones(4, 4))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        f(torch.ones(4, 4))


@kind
def default_device():
    def default_device(x):
        return x + torch.ones(4)

    f = f_of(default_device)
    f(torch.ones(4))
    torch.set_default_device("meta")
    f(torch.ones(4))
    torch.set_default_device("cpu")
    f(torch.ones(4))
    torch.set_default_device(None)


class Plain(torch.overrides.TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


@kind
def torch_function_mode():
    def torch_function_mode(x):
        return x * 2

    f = f_of(torch_function_mode)
    f(torch.ones(4))
    with Plain():
        f(torch.ones(4))


@kind
def aliasing():
    def aliasing(a, b):
        return a + b

    f = f_of(aliasing)
    one = torch.ones(4)
    f(torch.ones(4), torch.zeros(4))
    f(one, one)
    f(torch.ones(4), torch.zeros(4))


@kind
def same_object():
    def same_object(a, b):
        return a + b

    f = f_of(same_object)
    one = torch.ones(4)
    f(one, one)
    f(torch.ones(4), torch.zeros(4))


@kind
def shape_range():
    def shape_range(x):
        return x + 1

    f = f_of(shape_range)
    f(torch.ones(4))
    f(torch.ones(8))
    f(torch.ones(1))


@kind
def shape_branch():
    def shape_branch(x):
        return x + 1 if x.shape[0] > 5 else x - 1

    f = torch.compile(shape_branch, backend="eager", dynamic=True)
    f(torch.ones(8))
    f(torch.ones(3))


@kind
def shape_equal():
    def shape_equal(x, y):
        return x + 1 if x.shape[0] == y.shape[0] else x - 1

    f = torch.compile(shape_equal, backend="eager", dynamic=True)
    f(torch.ones(8), torch.ones(8))
    f(torch.ones(8), torch.ones(9))


@kind
def shape_modulo():
    def shape_modulo(x):
        return x.reshape(2, -1) if x.shape[0] % 2 == 0 else x

    f = torch.compile(shape_modulo, backend="eager", dynamic=True)
    f(torch.ones(8))
    f(torch.ones(7))


@kind
def shape_eq_constant():
    def shape_eq_constant(x):
        return x + 1 if x.shape[0] == 6 else x

    f = torch.compile(shape_eq_constant, backend="eager", dynamic=True)
    f(torch.ones(6))
    f(torch.ones(7))


@kind
def float_symbol():
    def float_symbol(x, s):
        return x * s if s > 0.5 else x

    f = torch.compile(float_symbol, backend="eager", dynamic=True)
    f(torch.ones(6), 0.75)
    f(torch.ones(6), 0.25)


@kind
def marked():
    def marked(x):
        return x + 1

    f = f_of(marked)
    f(torch.ones(4, 4))
    x = torch.ones(4, 4)
    torch._dynamo.mark_dynamic(x, 0)
    f(x)
    x = torch.ones(4, 4)
    torch._dynamo.mark_dynamic(x, 1)
    f(x)


@kind
def marked_unbacked():
    def marked_unbacked(x):
        return x + 1

    f = f_of(marked_unbacked)
    f(torch.ones(4, 4))
    x = torch.ones(4, 4)
    torch._dynamo.decorators.mark_unbacked(x, 0)
    f(x)


@kind
def backend():
    def backend_f(x):
        return x + 1

    def first(gm, inputs):
        return gm

    def second(gm, inputs):
        return gm

    torch.compile(backend_f, backend=first)(torch.ones(4))
    torch.compile(backend_f, backend=second)(torch.ones(4))


@kind
def weak_reference():
    def weak_reference(x, w):
        return x + w().scale

    f = f_of(weak_reference)
    h = Holder(scale=2)
    f(torch.ones(4), weakref.ref(h))
    k = Holder(scale=3)
    f(torch.ones(4), weakref.ref(k))


@kind
def range_iterator():
    def range_iterator(x, it):
        for i in it:
            x = x + i
        return x

    f = f_of(range_iterator)
    f(torch.ones(4), iter(range(3)))
    f(torch.ones(4), iter(range(5)))


@kind
def tuple_iterator():
    def tuple_iterator(x, it):
        for i in it:
            x = x + i
        return x

    f = f_of(tuple_iterator)
    f(torch.ones(4), iter((1, 2)))
    f(torch.ones(4), iter((1, 2, 3)))


@kind
def count_iterator():
    def count_iterator(x, it):
        return x + next(it)

    f = f_of(count_iterator)
    f(torch.ones(4), itertools.count(3))
    f(torch.ones(4), itertools.count(5))


@dataclasses.dataclass
class Config:
    width: int = 3
    name: str = "a"


@kind
def partial_function():
    def g(x, n):
        return x + n

    def partial_function(x, g):
        return g(x)

    f = f_of(partial_function)
    f(torch.ones(4), functools.partial(g, n=1))
    f(torch.ones(4), functools.partial(g, n=2))


@kind
def functorch():
    def functorch(x):
        return x + 1

    f = f_of(functorch)
    f(torch.ones(4))
    torch.func.vmap(f)(torch.ones(4, 4))


@kind
def key_error():
    def key_error(x, d):
        return x + d["a"]

    f = f_of(key_error)
    f(torch.ones(4), {"a": 1, "c": 1})
    with contextlib.suppress(KeyError):
        f(torch.ones(4), {"b": 1, "c": 2})


@kind
def missing_attribute():
    def missing_attribute(x, h):
        return x + (h.a if hasattr(h, "a") else h.b)

    f = f_of(missing_attribute)
    f(torch.ones(4), Holder(a=1))
    f(torch.ones(4), Holder(b=1))


@kind
def list_item():
    def list_item(x, xs):
        return x * xs[0] + xs[1]

    f = f_of(list_item)
    f(torch.ones(4), [0.5, 2])
    f(torch.ones(4), [0.25, 3])


@kind
def defaultdict_order():
    def ordered(x, d):
        for v in d.values():
            x = x * 2 + v
        return x

    f = f_of(ordered)
    f(torch.ones(4), collections.OrderedDict(a=1, b=2))
    f(torch.ones(4), collections.OrderedDict(b=1, a=2))


if __name__ == "__main__":
    for name in sys.argv[1:] or KINDS:
        torch.manual_seed(0)
        KINDS[name]()
