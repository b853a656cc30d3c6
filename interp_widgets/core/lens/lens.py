"""A fitted lens: one affine map a row, which stands before the model's own norm and unembedding.

    tuned     stream + stream @ A.T + b      (Belrose et al., 2023)
    jacobian  stream @ J.T                   (the averaged Jacobian from the row to the last stream)

The last row is the model itself and has no map. A tuned lens with ``A = b = 0`` and a Jacobian lens
with ``J = I`` are the logit lens. `fit_lens` makes a lens, `logit_lens` takes it as ``kind=``.

File: one ``.safetensors``. Tuned lenses use the tensor names of the tuned-lens package
(``{row}.weight`` as `torch.nn.Linear` keeps it, ``{row}.bias``), Jacobian ones ``J.{layer}``, with
``J.embed`` for row 0; lenses that others published are read by `published`.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

import interp_widgets
from interp_widgets.core.sites import Site
from interp_widgets.core.tensor_files import read_tensors, save_tensors, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from interp_widgets.core.language_model import LanguageModel

KINDS = ("tuned", "jacobian")
SCHEMA = 1
_BUNDLED = Path(__file__).parents[2] / "bundled" / "weights" / "lenses"
_SAMPLE = 256  # entries of the unembedding that tell whose lens this is


@dataclass(frozen=True, eq=False, repr=False)
class Lens:
    """What `fit_lens` makes: maps from a row of the stream to what the unembedding can read.

    Attributes:
        kind: ``"tuned"`` or ``"jacobian"``.
        model: name of the model it was fitted on, ``""`` where a file does not say.
        revision: its hub revision, ``""`` where there is none.
        rows: the rows that have a map, 0 = embedding; a published file may leave some out.
        weight: ``A`` or ``J`` of each of them, ``[row, d_model out, d_model in]``; float64 for a
            float64 model, else float32.
        bias: ``b``, ``[row, d_model]``; zeros in a Jacobian lens.
        unembedding: some entries of the unembedding it was fitted with; empty where unknown.
        history: tuned: KL to the model's output on held-out text, nats, at the start (which is the
            logit lens) and at each check. Jacobian: relative change of the mean with each text.
            ``[step, row]``.
        settings: what the fit was asked for and how far it is, as plain values.
        state: what resuming needs besides; empty when the fit is finished.
    """

    kind: str
    model: str
    revision: str
    rows: tuple[int, ...]
    weight: Tensor
    bias: Tensor
    unembedding: Tensor
    history: Tensor
    settings: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Tensor] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Lens({self.kind}, {len(self.rows)} rows, d_model {self.d_model}, {self.model})"

    @property
    def d_model(self) -> int:
        """Width of the stream."""
        return self.weight.shape[-1]

    @property
    def finished(self) -> bool:
        """Whether the fit ran to its end; `fit_lens` with ``resume=`` goes on with one that is not.

        A lens from elsewhere, or saved with ``half=True``, is finished.
        """
        return bool(self.settings.get("finished", True))

    def describe(self) -> str:
        """One sentence: what kind of lens, of which model, fitted on how much."""
        progress = "" if self.finished else ", not finished"
        texts = self.settings.get("texts", "an unknown number of")
        return f"{self.kind.capitalize()} lens of {self.model} from {texts} texts{progress}."

    def to_frame(self) -> pd.DataFrame:
        """The fit's history. Columns: step, row, value (see ``history``)."""
        import pandas as pd

        steps, rows = self.history.shape
        index = pd.MultiIndex.from_product([range(steps), self.rows[:rows]], names=["step", "row"])
        return index.to_frame(index=False).assign(value=self.history.flatten().numpy())

    def check_fits(self, model: LanguageModel) -> None:
        """Refuse a model of another shape, and warn of one with another unembedding.

        Raises:
            ValueError: another width, or more rows than the model has.
        """
        if self.d_model != model.d_model or max(self.rows, default=0) >= model.n_layers:
            raise ValueError(
                f"this {self.kind} lens maps {self.d_model} numbers at rows up to "
                f"{max(self.rows, default=0)}; {model.name} has streams of {model.d_model} numbers "
                f"and rows below the last up to {model.n_layers - 1}. Fit one on it: "
                f'iw.fit_lens(model, texts, kind="{self.kind}").'
            )
        own = sample_of_unembedding(model)
        known = self.unembedding.to(own)
        same = known.shape == own.shape and torch.allclose(known, own, rtol=0.02, atol=1e-4)
        if known.numel() and not same:
            warnings.warn(
                f"this {self.kind} lens was fitted on {self.model} with another unembedding than "
                f"that of {model.name}; what it shows may mean nothing. Fit one on this model: "
                f'iw.fit_lens(model, texts, kind="{self.kind}").',
                stacklevel=3,
            )

    def transport(self, streams: Tensor) -> tuple[list[int], Tensor]:
        """Streams as the final norm and the unembedding are to read them.

        Args:
            streams: ``[row, pos, d_model]``, all rows of a model.

        Returns:
            The rows that can be read, the last one included, and their streams ``[row, pos,
            d_model]`` in float32 or better. One map at a time is on the streams' device.
        """
        wide = torch.float64 if streams.dtype == torch.float64 else torch.float32
        last = len(streams) - 1
        out = torch.empty(len(self.rows) + 1, *streams.shape[1:], dtype=wide, device=streams.device)
        for i, row in enumerate(self.rows):
            here = streams[row].to(wide)
            mapped = here @ self.weight[i].to(here).T + self.bias[i].to(here)
            out[i] = here + mapped if self.kind == "tuned" else mapped
        out[-1] = streams[last]
        return [*self.rows, last], out

    def save(self, path: str | Path, half: bool = False) -> Path:
        """Write the lens, unfinished fits with all that resuming needs, and return the path.

        Args:
            path: a ``.safetensors`` file; it appears whole or not at all.
            half: maps in float16 and nothing for resuming, a small fraction of the size.

        Raises:
            ValueError: another ending.
            FileNotFoundError: no such folder.
            OSError: it cannot be written; what stood there before is unchanged.
        """
        path = Path(path)
        if path.suffix != ".safetensors":
            raise ValueError(f"lenses are .safetensors files; got {path.name!r}.")
        if not path.parent.is_dir():
            raise FileNotFoundError(f"no folder {path.parent} to write {path.name} in. Make it.")
        tensors = {"unembedding": self.unembedding, "history": self.history} | self._named(half)
        settings = {k: v for k, v in self.settings.items() if not half or k == "texts"}
        if not half:
            tensors |= {f"state/{name}": value for name, value in self.state.items()}
        plain = {"model": self.model, "revision": self.revision, "settings": settings}
        header = {
            "kind": "Lens",
            "lens": self.kind,
            "schema": str(SCHEMA),
            "package": interp_widgets.__version__,
            "fields": json.dumps(plain),
        }
        write_whole(path, lambda part: save_tensors(part, tensors, header))
        return path

    def _named(self, half: bool) -> dict[str, Tensor]:
        """The maps under the names of the file."""
        named = {}
        for row, weight, bias in zip(self.rows, self.weight, self.bias, strict=True):
            kept, shift = (weight.half(), bias.half()) if half else (weight, bias)
            if self.kind == "tuned":
                named |= {f"{row}.weight": kept, f"{row}.bias": shift}
            else:
                named[f"J.{row - 1 if row else 'embed'}"] = kept
        return named

    @classmethod
    def load(cls, path: str | Path) -> Lens:
        """Read what `save` wrote, or a lens that others published (see `published`).

        Raises:
            FileNotFoundError: nothing is there.
            ValueError: a file that holds no lens, or one of a newer version.
        """
        from interp_widgets.core.lens.published import read_foreign

        path = Path(path)
        if not path.exists():
            raise FileNotFoundError(f"no lens at {path}.")
        ours = path.suffix == ".safetensors" and path.is_file()
        return _read(path) if ours else read_foreign(path)


def _read(path: Path) -> Lens:
    header, tensors = read_tensors(path)
    if header.get("kind") != "Lens" or header.get("lens") not in KINDS:
        raise ValueError(f"{path} holds no lens of this package. Make one with iw.fit_lens.")
    if int(header["schema"]) > SCHEMA:
        raise ValueError(
            f"{path} was written by interp_widgets {header.get('package')}; this version is too "
            "old for it. Update with pip install -U interp-widgets."
        )
    try:
        plain = json.loads(header["fields"])
        maps = {
            _row_of(name): name for name in tensors if name.startswith("J.") or ".weight" in name
        }
        rows = tuple(sorted(maps))
        weight = _wide(torch.stack([tensors[maps[row]] for row in rows]))
        tuned = header["lens"] == "tuned"
        bias = [
            tensors[f"{row}.bias"] if tuned else weight.new_zeros(weight.shape[1]) for row in rows
        ]
        state = {n.removeprefix("state/"): t for n, t in tensors.items() if n.startswith("state/")}
        return Lens(
            kind=header["lens"],
            rows=rows,
            weight=weight,
            bias=torch.stack(bias).to(weight),
            unembedding=tensors["unembedding"],
            history=tensors["history"],
            state=state,
            **plain,
        )
    except (KeyError, TypeError, ValueError, RuntimeError) as broken:
        raise ValueError(f"{path} holds a damaged lens: {broken}.") from broken


def _row_of(name: str) -> int:
    """The row of ``"3.weight"``, ``"J.2"`` or ``"J.embed"``."""
    if name.startswith("J."):
        return 0 if name == "J.embed" else int(name.removeprefix("J.")) + 1
    return int(name.removesuffix(".weight"))


def _wide(tensor: Tensor) -> Tensor:
    return tensor if tensor.dtype == torch.float64 else tensor.float()


def sample_of_unembedding(model: LanguageModel) -> Tensor:
    """Some evenly spread entries of the unembedding, float32 on cpu: enough to tell models apart.

    Compared with a tolerance, so that a model loaded in half precision is still the same model.
    """
    weight = model.hf.get_output_embeddings().weight.detach().flatten()
    apart = max(1, weight.numel() // _SAMPLE)
    return weight[::apart][:_SAMPLE].float().cpu()


def stream_sites(model: LanguageModel) -> list[Site]:
    """Where the rows of a lens live: the embedding and the stream after each layer."""
    return [Site(0, "resid_pre"), *(Site(layer, "resid_post") for layer in range(model.n_layers))]


def lens_of(model: LanguageModel, kind: Any) -> Lens | None:
    """The lens that ``kind=`` means; None for the logit lens.

    Raises:
        ValueError: an unknown kind, a lens of a model of another shape, or the name of a lens where
            none is bundled.
    """
    if isinstance(kind, str) and kind == "logit":
        return None
    if isinstance(kind, str) and kind in KINDS:
        kind = _bundled(model, kind)
    if not isinstance(kind, Lens):
        raise ValueError(
            "kind is 'logit', 'tuned', 'jacobian' or a lens made by iw.fit_lens; "
            f"got {kind if isinstance(kind, str) else type(kind).__name__!r}."
        )
    kind.check_fits(model)
    return kind


def lens_names(model: LanguageModel) -> tuple[str, ...]:
    """The names that ``kind=`` takes for a model: ``"logit"``, and the lenses bundled for it."""
    return ("logit", *(kind for kind in KINDS if _file_of(model, kind) is not None))


def _file_of(model: LanguageModel, kind: str) -> Path | None:
    path = _BUNDLED / f"{kind}.safetensors"
    return path if model.name == "course-model" and path.is_file() else None


def _bundled(model: LanguageModel, kind: str) -> Lens:
    path = _file_of(model, kind)
    if path is None:
        raise ValueError(
            f"no {kind} lens is bundled for {model.name}. Fit one and pass it: "
            f'lens = iw.fit_lens(model, texts, kind="{kind}"), then kind=lens.'
        )
    return _from_disk(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _from_disk(path: Path, _written: int) -> Lens:
    return Lens.load(path)
