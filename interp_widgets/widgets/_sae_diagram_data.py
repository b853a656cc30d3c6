"""What a dictionary makes of some activations, token by token, and the part that is drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.cache import cache
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.token_stream import one_site
from interp_widgets.core.dictionary.training_run import TrainingRun
from interp_widgets.core.figures import with_figures, written

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

DIMENSIONS, LATENTS, MOST_TOKENS = 8, 24, 128
LIT = 0.5  # share of a latent's own largest value here from which it counts as lit, not faint
_FIGURES = 4


@dataclass(frozen=True)
class Walk:
    """A dictionary's forward pass on some tokens.

    Attributes:
        sae: the dictionary.
        tokens: what is at each place.
        x, out: activations and their reconstruction, ``[token, d_in]``.
        codes: ``[token, feature]``.
        dims: dimensions that are drawn: all, or those that vary most over the tokens.
        latents: the latents that are drawn: those of families, then those that are strongest here.
        families: latents by name of their family.
        names: names of latents.
        model: its name; empty where activations were given.
    """

    sae: SAE
    tokens: tuple[str, ...]
    x: Tensor
    out: Tensor
    codes: Tensor
    dims: tuple[int, ...]
    latents: tuple[int, ...]
    families: Mapping[str, tuple[int, ...]]
    names: Mapping[int, str]
    model: str

    @property
    def mse(self) -> Tensor:
        """Squared error, summed over dimensions, ``[token]``."""
        return (self.x - self.out).square().sum(-1)

    @property
    def l1(self) -> Tensor:
        """Sum of the codes, ``[token]``."""
        return self.codes.abs().sum(-1)

    @property
    def l0(self) -> Tensor:
        """How many latents fire, ``[token]``."""
        return (self.codes > 0).sum(-1)

    @property
    def shine(self) -> Tensor:
        """0 where a latent is silent, 1 where it fires faintly, 2 where lit, ``[token, feature]``.

        Lit is what reaches half of its own largest value on these tokens: a dictionary that
        lets a fixed number of latents fire has some that fire for want of better ones.
        """
        top = self.codes.amax(0)
        return (self.codes > 0).int() + ((self.codes > 0) & (self.codes >= LIT * top)).int()

    def lit(self, token: int) -> list[str]:
        """Families of which a latent is lit."""
        shine = self.shine[token]
        return [
            name for name, which in self.families.items() if bool((shine[list(which)] == 2).any())
        ]

    def strongest(self, family: str) -> int:
        """The token on which a family is lit most; -1 for none."""
        most = self.codes[:, list(self.families[family])].amax(-1)
        return int(most.argmax()) if float(most.max()) > 0 else -1

    def name(self, latent: int) -> str:
        """A latent's own name, or its family's, or none."""
        of = (family for family, which in self.families.items() if latent in which)
        return self.names.get(latent) or next(of, "")

    def scene(self) -> dict[str, Any]:
        """What the page draws, as plain JSON."""
        dims, latents, shine = list(self.dims), list(self.latents), self.shine
        family = {one: i for i, of in enumerate(self.families.values()) for one in of}
        return {
            "d_in": self.sae.d_in,
            "d_sae": self.sae.d_sae,
            "dims": dims,
            "latents": [
                {"id": one, "name": self.name(one), "family": family.get(one, -1)}
                for one in latents
            ],
            "families": [
                {
                    "name": name,
                    "at": self.strongest(name),
                    "shine": shine[:, list(which)].amax(-1).tolist(),
                }
                for name, which in self.families.items()
            ],
            "tokens": list(self.tokens),
            "x": _rows(self.x[:, dims]),
            "out": _rows(self.out[:, dims]),
            "codes": _rows(self.codes[:, latents]),
            "shine": shine[:, latents].tolist(),
            "encoder": _rows(self.sae.W_enc[dims][:, latents]),
            "decoder": _rows(self.sae.W_dec[latents][:, dims]),
            "mse": _row(self.mse),
            "size": _row(self.x.square().sum(-1)),
            "l1": _row(self.l1),
            "l0": self.l0.tolist(),
        }


def dictionary_of(given: Any) -> SAE:
    """The dictionary itself, or that of a training run.

    Raises:
        TypeError: neither. ValueError: a transcoder: it does not rebuild what it reads.
    """
    sae = given.sae if isinstance(given, TrainingRun) else given
    if not isinstance(sae, SAE):
        raise TypeError(
            "SAEDiagram shows a dictionary (iw.sae(3), SAE.load(…)) or a TrainingRun; got "
            f"{type(given).__name__}."
        )
    if sae.is_transcoder:
        raise ValueError(
            f"SAEDiagram shows how an activation is rebuilt; {sae.place} is a transcoder, whose "
            "output is another place's."
        )
    return sae


def of_prompts(
    model: LanguageModel, sae: SAE, prompts: Sequence[str], site: str | None
) -> tuple[Tensor, list[str]]:
    """Activations of prompts and their tokens; each one's first position is left out."""
    place = str(one_site(model, sae, site))
    rows, tokens = [], []
    for prompt in prompts:
        rows.append(cache(model, prompt, [place])[place][1:])
        tokens += model.tokens(prompt)[-len(rows[-1]) :] if len(rows[-1]) else []
    return torch.cat(rows), tokens


def walk(
    sae: SAE,
    x: Any,
    tokens: Sequence[str] | None,
    families: Mapping[str, Any],
    names: Mapping[int, str],
    latents: Sequence[int] | None,
    model: str,
) -> Walk:
    """Run a dictionary on activations and choose what is drawn.

    Raises:
        TypeError: no tensor. ValueError: activations of another shape, none, too many or not
            finite, as many tokens as there are not, latents that are not there.
    """
    x = _checked(sae, x, tokens)
    kept = {name: _latents(sae, which, f"families[{name!r}]") for name, which in families.items()}
    _latents(sae, list(names), "names")
    with torch.no_grad():
        codes, out = sae.encode(x), sae(x)
    shown = _latents(sae, latents, "latents") if latents is not None else ()
    if len(shown) > LATENTS or sum(map(len, kept.values())) > LATENTS:
        raise ValueError(f"SAEDiagram draws {LATENTS} latents at most.")
    if not shown:
        first = list(dict.fromkeys(one for which in kept.values() for one in which))
        order = codes.sum(0).argsort(descending=True, stable=True).tolist()
        shown = tuple(sorted([*first, *(i for i in order if i not in set(first))][:LATENTS]))
    spread = x.var(0, unbiased=False) if len(x) > 1 else x[0].abs()
    dims = spread.argsort(descending=True, stable=True)[:DIMENSIONS].sort().values
    return Walk(
        sae=sae,
        tokens=tuple(tokens) if tokens is not None else tuple(f"x{i}" for i in range(len(x))),
        x=x,
        out=out,
        codes=codes,
        dims=tuple(dims.tolist()),
        latents=shown,
        families=kept,
        names={int(one): str(name) for one, name in names.items()},
        model=model,
    )


def _checked(sae: SAE, x: Any, tokens: Sequence[str] | None) -> Tensor:
    if not isinstance(x, Tensor):
        raise TypeError(f"activations are a tensor [token, d_in]; got {type(x).__name__}.")
    if x.ndim != 2 or x.shape[1] != sae.d_in or not 1 <= len(x) <= MOST_TOKENS:
        raise ValueError(
            f"activations are [token, {sae.d_in}] of 1 to {MOST_TOKENS} tokens; got "
            f"{list(x.shape)}. Take some: activations[:{MOST_TOKENS}]."
        )
    if tokens is not None and len(tokens) != len(x):
        raise ValueError(f"tokens has one text a row: {len(x)}; got {len(tokens)}.")
    if not bool(torch.isfinite(x).all()):
        raise ValueError("activations hold NaN or infinite values; there is nothing to rebuild.")
    return x.detach().to(sae.device, sae.dtype)


def _latents(sae: SAE, which: Any, name: str) -> tuple[int, ...]:
    given = [which] if isinstance(which, int) else list(which)
    good = all(isinstance(i, int) and not isinstance(i, bool) for i in given)
    if not good or not all(0 <= i < sae.d_sae for i in given) or len(set(given)) < len(given):
        raise ValueError(f"{name} is different latents of 0 to {sae.d_sae - 1}; got {given!r:.80}.")
    return tuple(given)


def fine(value: float) -> str:
    """A number with three digits that count, as the page writes it."""
    value = with_figures(value, _FIGURES)
    digits = min(max(2 - math.floor(math.log10(abs(value))), 0), 6) if value else 0
    return written(value, digits)


def _row(values: Tensor) -> list[float]:
    return [with_figures(value, _FIGURES) for value in values.tolist()]


def _rows(values: Tensor) -> list[list[float]]:
    return [_row(row) for row in values]
