"""What the files of other projects call a place in the model, in the words used here.

A name that means no place here gives ``""``: the numbers of a dictionary are right whatever its
site is called, but what it reads has to be fetched by hand then.
"""

from __future__ import annotations

import re

from interp_widgets.core.sites import house_name

# Hooks that are inputs and outputs of modules. Without a norm after the MLP (Gemma-2 has one) what
# the module gives is what is added to the stream.
_MODULE_HOOKS = {
    "mlp.hook_in": "mlp_in",
    "mlp.hook_out": "mlp_out",
    "attn.hook_out": "attn_out",
    "hook_in": "resid_pre",
    "hook_out": "resid_post",
}
_HOOKS = {
    "resid_pre": "hook_resid_pre",
    "resid_mid": "hook_resid_mid",
    "resid_post": "hook_resid_post",
    "attn_out": "hook_attn_out",
    "mlp_in": "mlp.hook_in",
    "mlp_out": "hook_mlp_out",
    "mlp_post": "mlp.hook_post",
    "z": "attn.hook_z",
    "q": "attn.hook_q",
    "k": "attn.hook_k",
    "v": "attn.hook_v",
}
_WITH_HEADS = ("hook_z", "hook_q", "hook_k", "hook_v")
_HOOK = re.compile(r"blocks\.(\d+)\.(.+)")
_SITE = re.compile(r"L(\d+)\.([a-z_]+)(?:\.(\d+))?")
# parts of a decoder layer in transformers' models: (pattern of the module's name) -> in, out
_MODULES = (
    (r"", "resid_pre", "resid_post"),
    (r"(mlp|feed_forward)", "mlp_in", "mlp_out"),
    (r"(self_attn|attention|attn|self_attention)", "", "attn_out"),
    (r"(self_attn\.o_proj|attention\.dense|attn\.c_proj)", "z", "attn_out"),
    (r"pre_feedforward_layernorm", "resid_mid", "mlp_in"),
    (r"post_feedforward_layernorm", "", "mlp_out"),
)
_MODULE = re.compile(r"(?:^|\.)(?:layers|h|blocks)[._](\d+)(?:\.(.+))?$")


def site_of_hook(hook: object, head: object = None) -> str:
    """The place that a TransformerLens hook stands for, ``""`` where none here does.

    Args:
        hook: ``"blocks.3.hook_resid_post"``.
        head: index of a head, for hooks that have them.
    """
    if not isinstance(hook, str):
        return ""
    match = _HOOK.fullmatch(hook)
    if match is not None and match[2] in _MODULE_HOOKS:
        return f"L{match[1]}.{_MODULE_HOOKS[match[2]]}"
    try:
        site = house_name(hook)
    except ValueError:
        return ""
    if _SITE.fullmatch(site) is None:
        return ""
    return f"{site}.{head}" if isinstance(head, int) and hook.endswith(_WITH_HEADS) else site


def hook_of_site(site: str) -> tuple[str | None, int | None]:
    """The TransformerLens hook of a place and the index of its head; None where there is none."""
    match = _SITE.fullmatch(site)
    if match is None or match[2] not in _HOOKS:
        return None, None
    return f"blocks.{match[1]}.{_HOOKS[match[2]]}", None if match[3] is None else int(match[3])


def site_of_module(module: object, side: str = "out") -> str:
    """The place that a module of a transformers model takes or gives, ``""`` where unknown.

    Args:
        module: ``"model.layers.20.mlp"``, ``"layers.20"``, ``"transformer.h.5.attn"``.
        side: ``"in"`` or ``"out"``.
    """
    match = _MODULE.search(module) if isinstance(module, str) else None
    if match is None:
        return ""
    for name, given, made in _MODULES:
        if re.fullmatch(name, match[2] or ""):
            kind = given if side == "in" else made
            return f"L{match[1]}.{kind}" if kind else ""
    return ""
