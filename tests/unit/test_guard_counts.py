"""How many guards: one number for each thing that is counted, the same in every face."""

from __future__ import annotations

from inspector.model.capture import Compilation, CompileStatus
from inspector.model.guard_counts import counts_of
from inspector.model.guards import Guard, GuardManager
from inspector.say.guards import counted, guard_words

GUARDS = (
    Guard("L['a'].eps == 1", "EQUALS_MATCH", "L['a'].eps"),
    Guard("L['b'].eps == 2", "EQUALS_MATCH", "L['b'].eps"),
    Guard("check_tensor(…)", "TENSOR_MATCH", "L['self']._parameters['weight']"),
    Guard("L['a'].s is L['b'].s", "LAMBDA_GUARD", ""),
)
TREE = (GuardManager(0, "RootGuardManager", guards=(3,)), GuardManager(1, "GuardManager", "L['a']", guards=(0,)))


def compilation(guards: tuple[Guard, ...], **metrics: object) -> Compilation:
    return Compilation("0/0", CompileStatus.DONE, guards=guards, guard_tree=TREE, metrics=metrics)


def test_each_count_says_what_it_counts() -> None:
    counts = counts_of(compilation(GUARDS, guard_count=9))
    assert (counts.tree, counts.metric, counts.python, counts.depths) == (4, 9, 1, (1,))
    assert counts.kinds[0] == ("EQUALS_MATCH", 2)
    assert counts.names == (("eps", 2), ("weight", 1))
    assert guard_words(compilation(GUARDS, guard_count=9)) == (
        "4 guards in the tree, 1 of them run as Python (at depth 1), torch's metric guard_count 9"
    )


def test_a_count_that_torch_did_not_log_is_not_made_up() -> None:
    assert guard_words(compilation(GUARDS[:1])) == "1 guard in the tree"
    assert guard_words(compilation((), guard_count=5)) == "guards not recorded, torch's metric guard_count 5"
    assert guard_words(compilation(())) == "guards not recorded"


def test_a_list_that_is_cut_says_how_much_is_left() -> None:
    assert counted((("a", 5), ("b", 2), ("c", 1)), 1) == "5 a, 3 others"
