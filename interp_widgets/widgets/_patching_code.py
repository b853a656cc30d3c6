"""What LayerBarPatching shows, as Python that finds the same numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interp_widgets.widgets._patching_data import LIKELIEST, RUNS, Answered, Swept

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel


def code_of(found: Answered, model: LanguageModel | None, pos: int, head: int) -> str:
    """A program; without ``iw.load`` where the model came from the caller's own hands."""
    swept = found.swept
    parts = [f"import interp_widgets as iw\n\n{_loading(model, swept.record.model)}"]
    parts += [_sweeping("record", "bars", swept, pos, head)]
    if found.card is not None:
        parts += [_carded(swept, _patch(swept, *found.card.place))]
    if found.carried is not None:
        parts += [_moved(found)]
    run = found.ask.compared
    if found.other is not None and run is not None:
        parts += [_sweeping("other", "other_bars", found.other, run.pos, run.head)]
    return "\n\n".join(parts) + "\n"


def _loading(model: LanguageModel | None, name: str) -> str:
    if name == "course-model":
        return "model = iw.load()"
    if model is not None and name != type(model.hf).__name__:
        revision = f", revision={model.revision!r}" if model.revision else ""
        return f"model = iw.load({name!r}{revision})"
    return f"# model: the iw.LanguageModel that this was made with ({name})"


def _call(name: str, arguments: dict[str, Any], **written: str) -> str:
    """A call with these values, and with arguments that are already written as Python."""
    texts = {key: repr(value) for key, value in arguments.items()} | written
    lines = "".join(f"    {key}={text},\n" for key, text in texts.items())
    return f"{name}(\n    model,\n{lines})"


def _sweeping(record: str, bars: str, swept: Swept, pos: int, head: int) -> str:
    arguments = {**swept.question.arguments(), "metric": swept.record.metric}
    function = "iw.activation_patching"
    if swept.exact is None:
        function, arguments = "iw.attribution_patching", {**arguments, "sample": 0}
    at, says = _column(swept, pos, head)
    out = f"{record} = {_call(function, arguments)}\n"
    out += f"{bars} = {record}.recovery{at}  # one number a layer{says}"
    if swept.interval is not None:
        ends = at.replace("[:", "[:, :") or ""
        out += f'\nlow, high = {record}.interval("recovery"){ends}  # 95 %, over pairs'
    return out


def _column(swept: Swept, pos: int, head: int) -> tuple[str, str]:
    """The index of the bars in the record, and what it stands for."""
    index, says = ":", ""
    head, pos = divmod(swept.column(pos, head), swept.positions)
    if swept.question.mode == "head":
        index, says = f"{index}, {head}", f", head {head}"
    if swept.question.at == "one":
        index, says = f"{index}, {pos}", f"{says}, position {pos}: {swept.base_tokens[pos]!r}"
    return ("" if index == ":" else f"[{index}]"), says


def _patch(swept: Swept, layer: int, column: int) -> str:
    patch = swept.patch(layer, column)
    return (
        f"iw.Patch({patch.site!r})"
        if patch.pos is None
        else (f"iw.Patch({patch.site!r}, {patch.pos})")
    )


def _first_pair(swept: Swept) -> dict[str, Any]:
    question = swept.question._replace(pairs=swept.question.pairs[:1])
    return {k: v for k, v in question.arguments().items() if k not in ("site", "per")}


def _carded(swept: Swept, patch: str) -> str:
    given = _first_pair(swept)
    wanted = {k: given[k] for k in ("clean", "corrupt", "direction", "align") if k in given}
    call = _call("patched_run", wanted, cell=patch)
    runs = ", ".join(map(repr, RUNS))
    return (
        "from interp_widgets.core.patching.patched_run import patched_run\n\n"
        f"card = {call}\n"
        f"said = {{run: card.top_tokens(run, {LIKELIEST}) for run in ({runs})}}"
    )


def _moved(found: Answered) -> str:
    carried, swept = found.carried, found.swept
    assert carried is not None
    (source, target), (_, start, _, end) = carried.site, carried.move
    cells = f"[iw.Patch({target!r}, {end}, value)]"
    call = _call("iw.activation_patching", _first_pair(swept), cells=cells)
    return (
        f"value = iw.cache(model, {swept.question.donor!r}, [{source!r}])[{source!r}][{start}]\n"
        f"moved = {call}\n"
        "moved_recovery = float(moved.recovery[0])"
    )
