"""Bytes and operations of a kernel from its text: vectors, tails, reductions, look-ups, symbolic sizes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from captures import profile

from inspector.link.kernel_work import completed, evaluate, kernel_work
from inspector.model.artifact import Artifact, Language
from inspector.model.capture import Capture
from inspector.model.profile import Argument, KernelCall
from inspector.model.stage import Stage

GATE = """\
extern "C"  void  kernel(float* in_out_ptr0,
                       const float* in_ptr0)
{
    #pragma omp parallel
    {
        for(int64_t x0=static_cast<int64_t>(0L); x0<static_cast<int64_t>(100L); x0+=static_cast<int64_t>(16L))
        {
            if(C10_LIKELY(x0 >= static_cast<int64_t>(0) && x0 < static_cast<int64_t>(96L)))
            {
                auto tmp0 = at::vec::Vectorized<float>::loadu(in_out_ptr0 + static_cast<int64_t>(x0), static_cast<int64_t>(16));
                auto tmp7 = at::vec::Vectorized<float>::loadu(in_ptr0 + static_cast<int64_t>(x0), static_cast<int64_t>(16));
                auto tmp1 = tmp0.neg();
                auto tmp2 = tmp1.exp();
                auto tmp3 = static_cast<float>(1.0);
                auto tmp4 = at::vec::Vectorized<float>(tmp3);
                auto tmp5 = tmp2 + tmp4;
                tmp5.store(in_out_ptr0 + static_cast<int64_t>(x0));
            }
            if(C10_UNLIKELY(x0 >= static_cast<int64_t>(96L) && x0 < static_cast<int64_t>(100L)))
            {
                for (int64_t x0_tail = static_cast<int64_t>(96L);x0_tail < static_cast<int64_t>(100L); x0_tail++)
                {
                    auto tmp0 = in_out_ptr0[static_cast<int64_t>(x0_tail)];
                    auto tmp7 = in_ptr0[static_cast<int64_t>(x0_tail)];
                    auto tmp1 = -tmp0;
                    auto tmp2 = std::exp(tmp1);
                    auto tmp3 = static_cast<float>(1.0);
                    auto tmp5 = float(tmp2 + tmp3);
                    in_out_ptr0[static_cast<int64_t>(x0_tail)] = tmp5;
                }
            }
        }
    }
}
"""  # noqa: E501

ROWS = """\
extern "C"  void  kernel(const int64_t* in_ptr0,
                       const float* in_ptr1,
                       const float* in_ptr2,
                       float* out_ptr0,
                       float* out_ptr1,
                       const int64_t ks0)
{
    for(int64_t x0=static_cast<int64_t>(0L); x0<static_cast<int64_t>(2L*ks0); x0+=static_cast<int64_t>(1L))
    {
        {
            float tmp_acc0 = 0;
            for(int64_t x1=static_cast<int64_t>(0L); x1<static_cast<int64_t>(64L); x1+=static_cast<int64_t>(16L))
            {
                auto tmp0 = in_ptr0[static_cast<int64_t>(x0)];
                auto tmp1 = at::vec::Vectorized<float>::loadu(in_ptr1 + static_cast<int64_t>(x1 + 64L*tmp0), static_cast<int64_t>(16));
                auto tmp2 = at::vec::Vectorized<float>::loadu(in_ptr2 + static_cast<int64_t>(x1), static_cast<int64_t>(16));
                auto tmp3 = tmp1 * tmp2;
                tmp3.store(out_ptr1 + static_cast<int64_t>(x1 + 64L*x0));
                tmp_acc0_vec = tmp_acc0_vec + tmp3;
            }
            out_ptr0[static_cast<int64_t>(x0)] = static_cast<float>(tmp_acc0);
        }
    }
}
"""  # noqa: E501


def f32(elements: int) -> Argument:
    return Argument("f32", elements, 4)


def test_vectors_and_their_tail_count_every_element_once() -> None:
    work = kernel_work(GATE, [f32(100), f32(100)])
    assert work is not None
    assert (work.read, work.written) == (800, 400)
    assert work.flops == 300, "neg, exp and add; constants and loads calculate nothing"
    assert work.dtype == "f32"


def test_symbolic_sizes_reductions_and_look_ups() -> None:
    arguments = [Argument("i64", 10, 8), f32(64_000_000), f32(64), f32(10), f32(640), Argument(value=5)]
    work = kernel_work(ROWS, arguments)
    assert work is not None
    assert work.read == 10 * 8 + 640 * 4 + 64 * 4, "of the table what is picked; what all rows share, once"
    assert work.written == 640 * 4 + 10 * 4
    assert work.flops == 2 * 640, "the product and the sum"


def test_nothing_is_more_than_its_tensor() -> None:
    work = kernel_work(GATE, [f32(100), f32(1)])
    assert work is not None
    assert work.read == 404


def test_what_cannot_be_known_is_not_guessed() -> None:
    assert kernel_work("def triton_(): pass", [f32(1)]) is None
    assert kernel_work(GATE, [f32(100)]) is None, "other arguments than parameters"
    assert kernel_work(ROWS.replace("2L*ks0", "odd(ks0)"), [f32(1)] * 5 + [Argument(value=5)]) is None
    template = kernel_work(GATE.replace("tmp0.neg()", "micro_gemm()"), [f32(100), f32(50)])
    assert template is not None
    assert (template.flops, template.read, template.written) == (None, 600, 400)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("static_cast<int64_t>(2048L)", 2048),
        ("static_cast<int64_t>(8L*ks0)", 40),
        ("c10::div_floor_integer(static_cast<int64_t>(ks0), static_cast<int64_t>(2L))", 2),
        ("std::min(16L, ks0) + (-1L)", 4),
        ("__import__('os')", None),
        ("ks1", None),
        ("1//0", None),
        ("(" * 5000, None),
    ],
)
def test_bounds(text: str, value: int | None) -> None:
    assert evaluate(text, {"ks0": 5}) == value


def test_a_profile_gets_the_work_of_its_kernels() -> None:
    text = Artifact("0/0:kernel:cpp_fused_mul_0", Stage.KERNEL, "0/0", "cpp_fused_mul_0", Language.CPP, GATE)
    calls = (
        KernelCall("0/0", "cpp_fused_mul_0", (f32(100), f32(100)), 2),
        KernelCall("0/0", "cpp_fused_mul_0", (f32(100), f32(50)), 1),
    )
    given = replace(profile(), kernel_calls=calls)
    (row, other) = completed(given, Capture(artifacts=(text,))).compiled.rows
    assert row.work is not None
    assert (row.work.read, row.work.written, row.work.flops) == (2 * 800 + 600, 1200, 900)
    assert other.work is None
    (unknown, _) = completed(given, Capture()).compiled.rows
    assert unknown.work is None, "a kernel whose text nobody has"


TRANSPOSED = """\
extern "C"  void  kernel(const float* in_ptr0,
                       float* out_ptr0)
{
    for(int64_t x0=static_cast<int64_t>(0L); x0<static_cast<int64_t>(48L); x0+=static_cast<int64_t>(16L))
    {
        for(int64_t x1=static_cast<int64_t>(0L); x1<static_cast<int64_t>(64L); x1+=static_cast<int64_t>(16L))
        {
            alignas(std::max(std::size_t(16), alignof(float))) float tmp0[16*16];
            transpose_mxn<float,static_cast<int64_t>(16),static_cast<int64_t>(16),false>(in_ptr0 + static_cast<int64_t>(x0 + 48L*x1), static_cast<int64_t>(48L), tmp0, static_cast<int64_t>(16));
            transpose_mxn<float,static_cast<int64_t>(16),static_cast<int64_t>(16),false>(tmp0, static_cast<int64_t>(16), out_ptr0 + static_cast<int64_t>(x1 + 64L*x0), static_cast<int64_t>(64L));
        }
    }
}
"""  # noqa: E501

SCRATCH = """\
extern "C"  void  kernel(const float* in_ptr0,
                       float* out_ptr0)
{
    for(int64_t x0=static_cast<int64_t>(0L); x0<static_cast<int64_t>(128L); x0+=static_cast<int64_t>(8L))
    {
        for(int64_t x1=static_cast<int64_t>(0L); x1<static_cast<int64_t>(64L); x1+=static_cast<int64_t>(8L))
        {
            alignas(std::max(std::size_t(8), alignof(float))) float tmp0[8*8];
            transpose_mxn<float,static_cast<int64_t>(8),static_cast<int64_t>(8),false>(in_ptr0 + static_cast<int64_t>(x0 + 128L*x1), static_cast<int64_t>(128L), tmp0, static_cast<int64_t>(8));
            for (long x0_inner = 0; x0_inner < static_cast<int64_t>(8); x0_inner++)
            {
                auto tmp1 = at::vec::Vectorized<float>::loadu(tmp0 + static_cast<int64_t>(8L*x0_inner), static_cast<int64_t>(8));
                auto tmp2 = static_cast<float>(1.0);
                auto tmp3 = at::vec::Vectorized<float>(tmp2);
                auto tmp4 = tmp1 + tmp3;
                auto tmp5 = tmp0[static_cast<int64_t>(8L*x0_inner)];
                tmp4.store(out_ptr0 + static_cast<int64_t>(x1 + 64L*x0 + 64L*x0_inner));
            }
        }
    }
}
"""  # noqa: E501

OWN = """\
extern "C"  void  kernel(float* in_out_ptr0,
                       const float* in_ptr0,
                       float* out_ptr0)
{
    for(int64_t x0=static_cast<int64_t>(0L); x0<static_cast<int64_t>(8L); x0+=static_cast<int64_t>(1L))
    {
        for(int64_t x1=static_cast<int64_t>(0L); x1<static_cast<int64_t>(64L); x1+=static_cast<int64_t>(16L))
        {
            auto tmp0 = at::vec::Vectorized<float>::loadu(in_ptr0 + static_cast<int64_t>(x1 + 64L*x0), static_cast<int64_t>(16));
            auto tmp1 = tmp0.exp();
            tmp1.store(out_ptr0 + static_cast<int64_t>(x1 + 64L*x0));
        }
        in_out_ptr0[static_cast<int64_t>(x0)] = tmp_acc0;
        for(int64_t x1=static_cast<int64_t>(0L); x1<static_cast<int64_t>(64L); x1+=static_cast<int64_t>(16L))
        {
            auto tmp0 = at::vec::Vectorized<float>::loadu(out_ptr0 + static_cast<int64_t>(x1 + 64L*x0), static_cast<int64_t>(16));
            auto tmp1 = in_out_ptr0[static_cast<int64_t>(x0)];
            auto tmp2 = at::vec::Vectorized<float>(tmp1);
            auto tmp3 = tmp0 / tmp2;
            tmp3.store(out_ptr0 + static_cast<int64_t>(x1 + 64L*x0));
        }
    }
}
"""  # noqa: E501


def test_a_transposing_store_is_one() -> None:
    work = kernel_work(TRANSPOSED, (Argument("f32", 48 * 64, 4), Argument("f32", 48 * 64, 4)))
    assert work is not None
    assert (work.read, work.written) == (48 * 64 * 4, 48 * 64 * 4)


def test_a_look_into_a_threads_own_scratch_memory_calculates_nothing() -> None:
    whole = Argument("f32", 128 * 64, 4)
    work = kernel_work(SCRATCH, (whole, whole))
    assert work is not None
    assert (work.read, work.written, work.flops) == (128 * 64 * 4, 128 * 64 * 4, 128 * 64)
    twice = kernel_work(SCRATCH.replace("tmp1 + tmp3", "tmp1 * tmp3 + tmp0[1]"), (whole, whole))
    assert twice is not None
    assert twice.flops == work.flops, "each statement that calculates counts one operation"


def test_what_a_kernel_wrote_itself_is_not_read_from_memory() -> None:
    arguments = Argument("f32", 8, 4), Argument("f32", 512, 4), Argument("f32", 512, 4)
    work = kernel_work(OWN, arguments)
    assert work is not None
    assert (work.read, work.written) == (512 * 4, (512 + 8) * 4)
