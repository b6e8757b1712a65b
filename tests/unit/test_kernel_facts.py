"""What a kernel's text and machine code say about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.link.kernel_facts import kernel_facts
from inspector.model.artifact import Artifact, Language
from inspector.model.capture import Capture
from inspector.model.kernel import KernelFacts, KernelLoop, text_digest
from inspector.model.stage import Stage
from inspector.trace import read_capture

KERNEL = """#include <torch/csrc/inductor/cpp_prefix.h>
extern "C"  void  kernel(const float* in_ptr0,
                       float* out_ptr0,
                       const int64_t ks0)
{
    #pragma omp parallel num_threads(2)
    {
        int tid = omp_get_thread_num();
        {
            #pragma omp for collapse(2)
            for(int64_t x0=static_cast<int64_t>(0L); x0<static_cast<int64_t>(12L); x0+=static_cast<int64_t>(1L))
            {
                for(int64_t x1=static_cast<int64_t>(0L); x1<static_cast<int64_t>(ks0); x1+=static_cast<int64_t>(16L))
                {
                    auto tmp0 = at::vec::Vectorized<float>::loadu(in_ptr0 + x1, static_cast<int64_t>(16));
                    tmp0.store(out_ptr0 + x1);
                }
            }
            #pragma omp single
            {
                for(int64_t x0=static_cast<int64_t>(0L); x0<static_cast<int64_t>(10L); x0+=static_cast<int64_t>(4L))
                {
                    out_ptr0[x0] = 0;
                }
            }
        }
    }
}
"""
ASM = """kernel:
        push    rbp
        mov     rbp,rsp
        mov     QWORD PTR [rbp-0x38],rcx
        vmovups zmm1,ZMMWORD PTR [r14+rbx*4]
        vmovaps ZMMWORD PTR [rbp-0xb0],zmm1
        call    Sleef_expf16_u10@plt
        vaddps  zmm0,zmm0,ZMMWORD PTR [rbp-0xb0]
        vmovaps ZMMWORD PTR [rbp-0x70],zmm0
.L1:
        call    Sleef_expf16_u10@plt
        vmulss  xmm0,xmm0,xmm1
        pop     rbp
        ret

kernel.cold:
        vmovaps zmm2,ZMMWORD PTR [rbp-0x70]
        vmovaps YMMWORD PTR [rbp+0x10],ymm2
        mov     rax,QWORD PTR [rbp+0x10]
        call    __cxa_throw@plt
"""


def text(stage: Stage, language: Language, body: str) -> Artifact:
    return Artifact(f"0/0:{stage}:k", stage, "0/0", "k", language, body)


@pytest.fixture(scope="module")
def facts() -> KernelFacts:
    return kernel_facts(text(Stage.KERNEL, Language.CPP, KERNEL), text(Stage.ASM, Language.ASM, ASM))


@pytest.fixture(scope="module")
def gated() -> Capture:
    return read_capture(Path(__file__).parent.parent / "traces" / "live_gated.log")


def test_loops_have_their_bounds_nesting_and_sharing(facts: KernelFacts) -> None:
    assert facts.loops == (
        KernelLoop(11, "x0", "0L", "12L", "1L", 0, parallel=True, collapsed=2),
        KernelLoop(13, "x1", "0L", "ks0", "16L", 1),
        KernelLoop(21, "x0", "0L", "10L", "4L", 0),
    )
    assert [(loop.extent, loop.trips) for loop in facts.loops] == [(12, 12), (None, None), (10, 3)]
    assert (facts.threads, facts.lanes) == (2, 16)


def test_calls_are_counted_with_their_lines(facts: KernelFacts) -> None:
    assert [(call.name, call.count, call.lines) for call in facts.calls] == [
        ("Sleef_expf16_u10", 2, (7, 11)),
        ("__cxa_throw", 1, (20,)),
    ]


def test_a_spill_is_saved_and_read_back_within_one_function(facts: KernelFacts) -> None:
    (spill,) = facts.spills
    assert (spill.slot, spill.bits, spill.stores, spill.reloads) == ("[rbp-0xb0]", 512, (6,), (8,))


def test_vectors_are_counted_by_the_widest_register(facts: KernelFacts) -> None:
    assert facts.vectors == {512: 5, 256: 1, 128: 1}
    assert facts.vector_bits == 512
    assert facts.instructions == 16


def test_without_machine_code_the_text_still_speaks() -> None:
    facts = kernel_facts(text(Stage.KERNEL, Language.CPP, KERNEL))
    assert len(facts.loops) == 3
    assert (facts.instructions, facts.calls, facts.spills, facts.vector_bits) == (0, (), (), None)


def test_a_triton_text_has_no_loops_of_that_kind() -> None:
    assert kernel_facts(text(Stage.KERNEL, Language.TRITON, "def k(x):\n    for i in range(3):\n        pass\n")) == (
        KernelFacts()
    )


def test_a_recorded_kernel_shows_its_calls_spills_and_width(gated: Capture) -> None:
    (kernel,), (asm,) = gated.find(Stage.KERNEL), gated.find(Stage.ASM)
    facts = kernel_facts(kernel, asm, gated.links)
    assert {"Sleef_expf16_u10", "Sleef_tanhf16_u10"} <= {call.name for call in facts.calls}
    for call in facts.calls:
        assert all(call.name in asm.lines[line - 1] for line in call.lines)
    assert facts.vector_bits == 512
    assert facts.lanes == 16
    assert [spill for spill in facts.spills if spill.bits == 512]
    for spill in facts.spills:
        assert all(spill.slot in asm.lines[line - 1] for line in spill.stores + spill.reloads)
    assert facts.linked >= 0.95 * facts.instructions > 0


def test_a_digest_tells_texts_apart_but_not_by_blank_lines_at_the_end() -> None:
    assert text_digest(KERNEL) == text_digest(KERNEL + "\n\n")
    assert text_digest(KERNEL) != text_digest("\n" + KERNEL)
