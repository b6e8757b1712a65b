"""The page's style sheet: `page.css` with the colours of every face written into it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from inspector.bundle.page.packing import LETTERS
from inspector.highlight.colors import BOLD, DARK, HUES, ITALIC, LIGHT, Scheme


@cache
def stylesheet() -> str:
    """The whole style sheet."""
    rules = [
        f":root {{ {_variables(LIGHT)} }}",
        f"@media screen and (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{ {_variables(DARK)} }} }}",
        f"@media screen {{ :root[data-theme=dark] {{ {_variables(DARK)} }} }}",
        *(f".g{number} {{ --group: var(--g{number}); }}" for number in range(len(HUES))),
    ]
    for kind, letter in LETTERS.items():
        bold = " font-weight: 600;" if kind in BOLD else ""
        italic = " font-style: italic;" if kind in ITALIC else ""
        rules.append(f".t-{letter} {{ --token: var(--t-{letter});{bold}{italic} }}")
    sheet = files("inspector.bundle.page").joinpath("page.css").read_text(encoding="utf-8")
    return "\n".join(rules) + "\n" + sheet


def _variables(scheme: Scheme) -> str:
    names = ("background", "foreground", "surface", "panel", "primary", "secondary", "accent", "error")
    values = [f"--{name}: {getattr(scheme, name)};" for name in names]
    values += [f"--t-{LETTERS[kind]}: {color};" for kind, color in scheme.syntax.items()]
    lightness = round(scheme.group_lightness * 100)
    values += [f"--g{number}: hsl({hue} 75% {lightness}%);" for number, hue in enumerate(HUES)]
    values.append(f"--strong: {'#ffffff' if scheme.dark else '#000000'};")
    values.append(f"color-scheme: {'dark' if scheme.dark else 'light'};")
    return " ".join(values)
