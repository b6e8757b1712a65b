"""Print what makes a shell complete verbs, options, targets and values: bash, zsh or fish.

bash: `eval "$(inspector completion bash)"` in ~/.bashrc; zsh: the same in ~/.zshrc, after compinit; fish:
`inspector completion fish | source` in ~/.config/fish/config.fish. What the shell asks for is answered by this very
command, so that it is never older than the program. Names of files are the shell's own.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from inspector.errors import EXIT_OK

_SHELLS = {
    "bash": """\
_inspector() {
    local IFS=$'\\n'
    COMPREPLY=($(inspector completion --words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -o bashdefault -F _inspector inspector
""",
    "zsh": """\
_inspector() {
    local -a found
    found=("${(@f)$(inspector completion --words "${(@)words[2,$CURRENT]}" 2>/dev/null)}")
    [[ -n "${found[1]}" ]] && compadd -a found
    [[ "${words[$CURRENT]}" == -* ]] || _files
}
compdef _inspector inspector
""",
    "fish": """\
complete -c inspector -a '(inspector completion --words (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
""",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the shell."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("shell", nargs="?", choices=tuple(_SHELLS), help="for which shell")
    what.add_argument(
        "--words",
        nargs=argparse.REMAINDER,
        metavar="WORD",
        help="what a shell asks: the words so far, the last unfinished",
    )


def run(args: argparse.Namespace) -> int:
    """Prints the script, or what may stand for the last of some words."""
    if args.words is None:
        print(_SHELLS[args.shell], end="")
        return EXIT_OK
    words = args.words or [""]
    for candidate in candidates(words[:-1], words[-1]):
        print(candidate)
    return EXIT_OK


def candidates(before: list[str], begun: str) -> Iterator[str]:
    """What may stand for a word.

    Args:
        before: the words before it, the program's name left out.
        begun: its first letters.
    """
    from inspector.cli.main import parser_of
    from inspector.cli.registry import VERBS

    verb = before[0] if before and before[0] in VERBS else ""
    if before[:1] == ["help"]:
        yield from (name for name in VERBS if name.startswith(begun))
        return
    actions = parser_of(verb)._actions
    options = {name: action for action in actions for name in action.option_strings}
    asked = options.get(before[-1]) if before else None
    if asked is not None and asked.nargs != 0:
        yield from (str(choice) for choice in asked.choices or () if str(choice).startswith(begun))
        return
    if begun.startswith("-"):
        yield from (name for name in options if name.startswith(begun) and (len(name) > 2 or begun == "-"))
        return
    if not before:
        yield from (name for name in (*VERBS, "help") if name.startswith(begun))
    takes = {str(action.metavar or action.dest).upper() for action in actions if not action.option_strings}
    if not before or any("TARGET" in name for name in takes):
        from inspector.targets import catalog

        yield from (info.name for info in catalog() if info.name.startswith(begun))
    for action in actions:
        if not action.option_strings:
            yield from (str(choice) for choice in action.choices or () if str(choice).startswith(begun))
