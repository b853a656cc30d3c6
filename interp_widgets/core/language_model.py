"""LanguageModel: a transformers model as it is, its tokenizer, and its row in the architecture table.

The model is never copied or wrapped: ``model.hf`` is the very object that was passed or loaded, and
after any call its weights, hooks and flags are as before.
"""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from interp_widgets.core.architectures import architecture_of
from interp_widgets.core.places import Place, place_of
from interp_widgets.core.readout import unembed
from interp_widgets.core.self_check import self_check
from interp_widgets.core.sites import Site
from interp_widgets.core.tokens import Prompt, encode, pieces, single_token

_BUNDLED = Path(__file__).parent.parent / "bundled" / "weights"
_THREADS_AT_IMPORT = torch.get_num_threads()
# The bundled model is so small that a second thread costs more than it brings.
_BUNDLED_THREADS = 1


class LanguageModel:
    """A decoder-only language model, ready to be looked into.

    Attributes:
        hf: the transformers model, in place.
        tokenizer: its tokenizer.
        architecture: its row in the table of `architectures`.
        name: where it came from: ``"course-model"``, a hub id, a folder's name, or the class.
        revision: hub revision, ``""`` where there is none.
        layers: the decoder layers, in order.
        n_layers, n_heads, n_kv_heads, d_model, d_head, d_mlp, d_vocab, context: sizes.
        logit_softcap: cap of the final logits (Gemma-2), or None.
    """

    def __init__(self, hf: Any, tokenizer: Any, name: str = "", revision: str = "") -> None:
        """Wrap nothing, look everything up, and check the row against the model.

        Raises:
            TypeError: a class that the table does not know, or no tokenizer.
            ValueError: a model in training mode, or one that fails the self-check.
        """
        self.architecture = architecture_of(hf)
        if tokenizer is None:
            raise TypeError("a model needs its tokenizer: iw.load(hf_model, tokenizer=tok).")
        if hf.training:
            raise ValueError(
                f"{type(hf).__name__} is in training mode, where dropout makes every run differ. Call hf_model.eval()."
            )
        config = hf.config.get_text_config()
        self.hf = hf
        self.tokenizer = tokenizer
        self.name = name or type(hf).__name__
        self.revision = revision
        self.layers: nn.ModuleList = hf.get_submodule(self.architecture.layers)
        self.n_layers = len(self.layers)
        self.n_heads: int = config.num_attention_heads
        self.n_kv_heads: int = getattr(config, "num_key_value_heads", None) or self.n_heads
        self.d_model: int = config.hidden_size
        self.d_head: int = getattr(config, "head_dim", None) or self.d_model // self.n_heads
        self.d_vocab: int = hf.get_output_embeddings().weight.shape[0]
        self.context: int = config.max_position_embeddings
        self.logit_softcap: float | None = getattr(config, "final_logit_softcapping", None)
        self_check(self)

    def __repr__(self) -> str:
        return (
            f"LanguageModel({self.name}: {self.n_layers} layers, {self.n_heads} heads, d_model {self.d_model}, "
            f"{self.d_vocab} tokens, {self.device.type}, {str(self.dtype).removeprefix('torch.')})"
        )

    @property
    def device(self) -> torch.device:
        """Where token ids go: the device of the input embedding."""
        return self.hf.get_input_embeddings().weight.device

    @property
    def dtype(self) -> torch.dtype:
        """The float type the model computes in."""
        return self.hf.dtype

    @property
    def d_mlp(self) -> int:
        """Neurons in an MLP: the input width of its down projection."""
        projection = self.layers[0].get_submodule(self.architecture.mlp_proj)
        weight: Tensor = projection.weight  # type: ignore[assignment]
        rows, columns = weight.shape
        return (
            columns if rows == self.d_model else rows
        )  # GPT-2's Conv1D is stored the other way round

    def module(self, path: str) -> nn.Module:
        """The part of the model at ``path``, counted from the root."""
        return self.hf.get_submodule(path)

    def place(self, site: Site) -> Place:
        """Where a site lives in this model. Raises ValueError for a head or neuron it does not have."""
        return place_of(self, site)

    def ids(self, prompt: Prompt) -> Tensor:
        """Token ids ``[pos]``, int64, on the model's device; BOS where the tokenizer adds one.

        Raises:
            ValueError: an empty prompt without BOS, or one longer than the context.
            TypeError: neither text nor ids.
        """
        return encode(self, prompt)

    def tokens(self, prompt: Prompt) -> list[str]:
        """Raw pieces of a prompt, leading space kept: ``["<|endoftext|>", " The", " Eif", ...]``."""
        return pieces(self.tokenizer, self.ids(prompt).tolist())

    def piece(self, token: int) -> str:
        """The raw piece of one token id."""
        return pieces(self.tokenizer, [token])[0]

    def token_id(self, text: str | int) -> int:
        """The id of a text that is one token, leading space included: ``model.token_id(" Austin")``.

        Raises:
            ValueError: the text is several tokens; the message shows the pieces.
        """
        return single_token(self, text)

    @torch.no_grad()
    def logits(self, ids: Tensor) -> Tensor:
        """The model's own logits ``[batch, pos, vocab]`` for ids ``[batch, pos]``, in its dtype."""
        return self.hf(input_ids=ids, use_cache=False).logits

    @torch.no_grad()
    def unembed(self, resid: Tensor, normed: bool = False) -> Tensor:
        """Logits ``[..., vocab]`` of a residual stream ``[..., d_model]``, float32; see `readout`."""
        return unembed(self, resid, normed)

    def top_tokens(self, prompt: Prompt, k: int = 5) -> list[tuple[str, float]]:
        """The ``k`` likeliest next tokens and their probabilities (0..1), likeliest first."""
        if not 1 <= k <= self.d_vocab:
            raise ValueError(f"k goes from 1 to {self.d_vocab} (the vocabulary); got {k}.")
        probs = self.logits(self.ids(prompt)[None])[0, -1].float().softmax(-1)
        best = probs.topk(k)
        names = pieces(self.tokenizer, best.indices.tolist())
        return list(zip(names, best.values.tolist(), strict=True))


def load(
    model: Any = None,
    *,
    tokenizer: Any = None,
    revision: str | None = None,
    device: str | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
    device_map: Any = None,
) -> LanguageModel:
    """Get a model to look into.

    Args:
        model: nothing for the bundled course model (no network, CPU); a hub id (``"gpt2"``); a folder
            in the layout of ``save_pretrained``; or a transformers model of your own, taken in place.
        tokenizer: the tokenizer, needed with a model of your own.
        revision: hub revision of a model loaded by id.
        device: e.g. ``"cuda"``, ``"cpu"``. Default: cuda where there is one, mps with torch ≥ 2.9,
            else cpu; the course model always cpu, a model of your own where it is.
        dtype: e.g. ``"bfloat16"``. Default: float32 on cpu, the checkpoint's own on an accelerator.
        device_map: passed to transformers, for models over several devices; needs accelerate.

    Raises:
        TypeError: a class that the architecture table does not know; the message says how to add it.
        ValueError: options that contradict each other, training mode, or a failed self-check.
        OSError: weights that are neither on disk nor can be downloaded.
    """
    if model is None:
        _refuse("the course model", revision=revision, device_map=device_map, tokenizer=tokenizer)
        return _load_bundled(device, dtype)
    _own_threads_again()
    if isinstance(model, str | os.PathLike):
        return _load_by_name(str(model), tokenizer, revision, device, dtype, device_map)
    _refuse(
        "a model of your own", revision=revision, device_map=device_map, device=device, dtype=dtype
    )
    if not isinstance(model, nn.Module):
        raise TypeError(
            f"iw.load takes nothing, a hub id, a folder or a transformers model; got {type(model).__name__}."
        )
    name = getattr(model.config, "_name_or_path", "") if hasattr(model, "config") else ""
    return LanguageModel(model, tokenizer, name=Path(name).name)


def _refuse(what: str, **options: Any) -> None:
    """Options that make no sense for ``what`` are refused rather than ignored."""
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise ValueError(
            f"iw.load: {', '.join(given)} cannot be chosen for {what}, which is taken as it is."
        )


def _load_bundled(device: Any, dtype: Any) -> LanguageModel:
    if not (_BUNDLED / "model.safetensors").exists():
        raise FileNotFoundError(
            "the bundled weights are missing from this installation; `interp-widgets doctor` says more. "
            "They are made by `python -m interp_widgets.bundled.train`."
        )
    torch.set_num_threads(_BUNDLED_THREADS)
    return _from_pretrained(
        str(_BUNDLED), "course-model", None, "", device or "cpu", dtype or "float32", None
    )


def _own_threads_again() -> None:
    """Give back the thread count that the bundled model lowered."""
    if torch.get_num_threads() == _BUNDLED_THREADS:
        torch.set_num_threads(_THREADS_AT_IMPORT)


def _load_by_name(
    name: str, tokenizer: Any, revision: str | None, device: Any, dtype: Any, device_map: Any
) -> LanguageModel:
    if device_map is not None and device is not None:
        raise ValueError("iw.load: give device or device_map, not both.")
    place = None if device_map is not None else _checked_device(device)
    if dtype is None:
        dtype = "float32" if place is not None and place.type == "cpu" else "auto"
    short = Path(name).name if Path(name).is_dir() else name
    return _from_pretrained(name, short, tokenizer, revision or "", place, dtype, device_map)


def _from_pretrained(
    source: str, name: str, tokenizer: Any, revision: str, device: Any, dtype: Any, device_map: Any
) -> LanguageModel:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    at = {"revision": revision} if revision else {}
    mapped = {} if device_map is None else {"device_map": device_map}
    if mapped:
        _need_accelerate()
    hf = AutoModelForCausalLM.from_pretrained(source, dtype=_dtype(dtype), **at, **mapped)
    if not mapped:
        hf = hf.to(_checked_device(device))
    tokenizer = tokenizer or AutoTokenizer.from_pretrained(source, **at)
    return LanguageModel(hf.eval(), tokenizer, name=name, revision=revision)


def _need_accelerate() -> None:
    try:
        import accelerate  # noqa: F401 -- only asked whether it is there
    except ImportError:
        raise ImportError(
            "device_map needs the accelerate package: pip install accelerate. Or pass device=."
        ) from None


def _dtype(dtype: str | torch.dtype) -> torch.dtype | str:
    if isinstance(dtype, torch.dtype) or dtype == "auto":
        return dtype
    found = getattr(torch, dtype, None)
    if not isinstance(found, torch.dtype):
        raise ValueError(
            f"dtype is 'float32', 'bfloat16', 'float16', 'float64' or 'auto'; got {dtype!r}."
        )
    return found


def _checked_device(device: Any) -> torch.device:
    """The device to use: the one asked for if it exists, otherwise the best there is.

    MPS below torch 2.9 computed wrong results for non-contiguous inputs without an error, so it is
    refused when asked for and passed over when not.
    """
    if device is None:
        return torch.device(
            "cuda" if torch.cuda.is_available() else "mps" if _mps_is_sound() else "cpu"
        )
    wanted = torch.device(device)
    if wanted.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            "device='cuda' was asked for, but this torch sees no CUDA device. `interp-widgets doctor` helps."
        )
    if wanted.type == "mps" and not _mps_is_sound():
        raise ValueError(
            "device='mps' needs Apple silicon and torch >= 2.9: older ones give wrong numbers silently."
        )
    return wanted


def _mps_is_sound() -> bool:
    major, minor = (int(part) for part in torch.__version__.split(".")[:2])
    return torch.backends.mps.is_available() and (major, minor) >= (2, 9)


def available(name: str) -> bool:
    """Whether ``iw.load(name)`` can get its weights, answered within 2 s: on disk, or the hub is in reach."""
    from transformers.utils.hub import cached_file

    if Path(name).is_dir():
        return True
    try:
        cached_file(name, "config.json", local_files_only=True)
    except OSError:
        offline = os.environ.get("HF_HUB_OFFLINE", "0").upper() in {"1", "TRUE", "YES", "ON"}
        return not offline and _hub_in_reach()
    return True


def _hub_in_reach(seconds: float = 1.5) -> bool:
    """A TCP connection to the hub succeeds. In a thread, since looking up a name has no time-out."""
    reached = threading.Event()

    def knock() -> None:
        try:
            socket.create_connection(("huggingface.co", 443), timeout=seconds).close()
            reached.set()
        except OSError:
            pass

    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    thread.join(seconds)
    return reached.is_set()
