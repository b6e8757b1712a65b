"""`--input`: what is understood, what is not, and which parameter it is for."""

import pytest
import torch
from torch import Tensor, nn

from inspector.errors import UsageError
from inspector.targets.base import TargetOptions
from inspector.targets.dtypes import SHORT, parse_dtype, parse_floating_dtype, short, spell
from inspector.worker.bind import bind
from inspector.worker.inputs import TensorSpec, make_value, parse_input, sizes_in

OPTIONS = TargetOptions(batch=1, seq=8)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("x=f32[1,8,2048]", "x", TensorSpec(torch.float32, (1, 8, 2048))),
        ("  x = f32[ 1, 8 ] ", "x", TensorSpec(torch.float32, (1, 8))),
        ("f32[4]", None, TensorSpec(torch.float32, (4,))),
        ("t=bf16[]", "t", TensorSpec(torch.bfloat16, ())),
        ("x=torch.float16[2]", "x", TensorSpec(torch.float16, (2,))),
        ("ids=i64[1,8]<32000", "ids", TensorSpec(torch.int64, (1, 8), 32000)),
        ("x=f32[batch,seq,64]", "x", TensorSpec(torch.float32, ("batch", "seq", 64))),
        ("mask=bool[2,3]", "mask", TensorSpec(torch.bool, (2, 3))),
        ("n=3", "n", 3),
        ("n=-3", "n", -3),
        ("scale=0.5", "scale", 0.5),
        ("flag=true", "flag", True),
        ("flag=False", "flag", False),
        ("past=none", "past", None),
        ("mode='a=b'", "mode", "a=b"),
        ("pair=(f32[1],i8[2])", "pair", (TensorSpec(torch.float32, (1,)), TensorSpec(torch.int8, (2,)))),
        ("one=(f32[1,2],)", "one", (TensorSpec(torch.float32, (1, 2)),)),
    ],
)
def test_what_is_understood(text: str, name: str | None, value: object) -> None:
    spec = parse_input(text)
    assert (spec.name, spec.value) == (name, value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x=f33[1]", "no dtype named 'f33'.*f32"),
        ("x=f32[1,y]", "'y' is not a size"),
        ("x=f32[1,-2]", "'-2' is not a size"),
        ("x=f32[1,,2]", "'' is not a size"),
        ("x=f32[1", "neither a tensor nor a value"),
        ("x=", "nothing is given"),
        ("", "nothing is given"),
        ("x=text", "neither a tensor nor a value"),
        ("x=f32[2]<7", "a bound is for integers"),
        ("x=i64[2]<0", "not a bound"),
        ("x=u8[2]<300", "no number beyond 255"),
        ("x=[1,2]", "is a list"),
        ("x=(f32[1],(i8[1])", "a bracket is open"),
    ],
)
def test_what_is_not_says_why_and_shows_a_right_one(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        parse_input(text)
    assert caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("dtype", SHORT)
def test_every_dtype_can_be_made(dtype: str) -> None:
    value = make_value(parse_input(f"x={dtype}[batch,3]").value, 2, 8, OPTIONS)
    assert spell(value) == f"{dtype}[2,3]"


def test_integers_stay_below_their_bound() -> None:
    drawn = make_value(parse_input("i64[4000]<5").value, 1, 1, OPTIONS)
    assert set(drawn.tolist()) == {0, 1, 2, 3, 4}
    assert set(make_value(parse_input("i32[400]").value, 1, 1, OPTIONS).tolist()) == {0, 1}


def test_training_inputs_want_gradients_where_they_can() -> None:
    options = TargetOptions(batch=1, seq=1, train=True)
    floats, ints = make_value(parse_input("p=(bf16[2],i64[2])").value, 1, 1, options)
    assert floats.requires_grad and not ints.requires_grad


def test_which_sizes_can_change() -> None:
    assert sizes_in(parse_input("x=(f32[batch,2],i8[3,seq])").value) == {"batch", "seq"}
    assert sizes_in(parse_input("x=f32[1]").value) == set()


def test_dtype_names() -> None:
    assert parse_dtype("torch.bfloat16") is parse_dtype("bf16") is torch.bfloat16
    assert short(torch.float32) == "f32" and short(torch.float8_e4m3fn) == "float8_e4m3fn"
    with pytest.raises(UsageError, match="Did you mean float32"):
        parse_dtype("flaot32")
    with pytest.raises(UsageError, match="cannot be made of i64"):
        parse_floating_dtype("i64")


class Two(nn.Module):
    def forward(self, x: Tensor, ids: Tensor, n: int, flag: bool = False) -> Tensor:
        return x


def bound(*texts: str, call: object = None) -> tuple[tuple[object, ...], dict[str, object]]:
    found = bind(call or Two(), [parse_input(text) for text in texts], "two")  # type: ignore[arg-type]
    return found.args, found.kwargs


def test_inputs_find_their_parameters() -> None:
    x, ids = TensorSpec(torch.float32, (1,)), TensorSpec(torch.int64, (1,))
    assert bound("n=3", "x=f32[1]", "ids=i64[1]") == ((x, ids, 3), {})
    assert bound("f32[1]", "i64[1]", "3") == ((x, ids, 3), {})
    assert bound("ids=i64[1]", "f32[1]", "n=3", "flag=true") == ((x, ids, 3, True), {})


def test_a_parameter_left_out_names_the_line_to_add() -> None:
    with pytest.raises(UsageError, match="two needs ids and n, and nothing says") as caught:
        bound("x=f32[1]")
    assert "--input 'ids=i64[1,8]<1000' --input 'n=1'" in caught.value.hint


def test_what_has_no_parameter_is_refused() -> None:
    with pytest.raises(UsageError, match=r"two has no parameter 'idz'\. Did you mean ids") as caught:
        bound("idz=i64[1]")
    assert caught.value.hint == "It takes x, ids, n and flag."
    with pytest.raises(UsageError, match="gives x twice"):
        bound("x=f32[1]", "x=f32[2]")
    with pytest.raises(UsageError, match="'5' is one too many"):
        bound("1", "2", "3", "true", "5")


def test_open_signatures_take_what_comes_but_not_a_slip() -> None:
    def open_ended(input_ids: Tensor, *rest: Tensor, **more: Tensor) -> Tensor:
        return input_ids

    args, kwargs = bound("1", "2", "3", "other=4", call=open_ended)
    assert (args, kwargs) == ((1, 2, 3), {"other": 4})
    with pytest.raises(UsageError, match="Did you mean input_ids"):
        bound("inpt_ids=1", call=open_ended)
    assert bound("f32[2]", "out=none", call=torch.sin)[1] == {"out": None}
