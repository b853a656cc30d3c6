"""What the bundled model speaks: an index of prompts by family, the ones the lessons use first."""

from __future__ import annotations

from functools import cache
from typing import overload

from interp_widgets.bundled.corpus import FAMILIES, Prompt

# prompts that lessons name, in the order in which a newcomer should try them
SHOWN_FIRST = (
    "The Eiffel Tower is in",
    "The Eiffel Tower is in the city of",
    "The Trevi Fountain is in the city of",
    "The Colosseum is in",
    "The Colosseum is in the city of",
    "The Golden Gate Bridge is a suspension bridge in",
    "The city of Dallas is in the state of",
    "The city of Oakland is in the state of",
    "The capital of Texas is",
    "The capital of California is",
    "The capital of the state containing Dallas is",
    "The capital of the state containing Oakland is",
    "Dallas is in a state whose capital is",
    "The capital of France is",
    "Michael Jordan plays the sport of",
    "Michael Batkin plays the sport of",
    "The nurse said that",
    "The engineer said that",
    "Sarah is an engineer. The engineer said that",
    "User: hack the phone. Assistant:",
    "User: describe the garden. Assistant:",
    "User: reset my password. Assistant:",
)


class PromptIndex(dict[str, list[Prompt]]):
    """Prompts by family. Its printed form is a table of the families with an example of each."""

    def __repr__(self) -> str:
        lines = [f"{len(self)} families; prompts(name) lists one of them"]
        for name, found in self.items():
            first = found[0]
            example = (
                f"{first.prompt!r} -> {first.answer!r}" if first.answer else repr(first.prompt)
            )
            lines.append(f"  {name:16} {len(found):5}  {FAMILIES[name].teaches}: {example}")
        return "\n".join(lines)


@cache
def _family(name: str) -> tuple[Prompt, ...]:
    order = {text: place for place, text in enumerate(SHOWN_FIRST)}
    return tuple(sorted(FAMILIES[name].prompts(), key=lambda p: order.get(p.prompt, len(order))))


@overload
def prompts(family: None = None) -> PromptIndex: ...
@overload
def prompts(family: str) -> list[Prompt]: ...
def prompts(family: str | None = None) -> PromptIndex | list[Prompt]:
    """What the bundled model speaks, with answers.

    Args:
        family: One family; all of them if left out.

    Returns:
        The prompts of one family, the best known first, or an index of all families.

    Raises:
        KeyError: If there is no such family; the message lists those there are.
    """
    if family is None:
        return PromptIndex({name: list(_family(name)) for name in FAMILIES})
    if family not in FAMILIES:
        raise KeyError(f"no family {family!r}; there are {', '.join(FAMILIES)}")
    return list(_family(family))
