"""Getting a model: the bundled one, one from the hub or from a folder, or the caller's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import nn

from interp_widgets.core.architectures import architecture_for
from interp_widgets.core.hub import cut_off
from interp_widgets.core.language_model import LanguageModel

_BUNDLED = Path(__file__).parent.parent / "bundled" / "weights"
# The bundled model is so small that a second thread costs more than it brings.
_BUNDLED_THREADS = 1
# torch's thread count, where loading the bundled model lowered it
_threads_before: int | None = None


def load(
    model: Any = None,
    *,
    tokenizer: Any = None,
    revision: str | None = None,
    device: str | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
    device_map: Any = None,
    checkpoint: int | None = None,
) -> LanguageModel:
    """Get a model to look into.

    The course model lowers torch's threads to one, with which so small a model is fastest, in the
    whole process; loading any other model puts back what was there.

    Args:
        model: nothing for the bundled course model (no network, CPU); a hub id (``"gpt2"``); a
            folder in the layout of ``save_pretrained``; or your own transformers model, in place.
        tokenizer: the tokenizer, needed with a model of your own.
        revision: hub revision of a model loaded by id.
        device: e.g. ``"cuda"``, ``"cpu"``. Default: cuda where there is one, mps with torch ≥ 2.9,
            else cpu; the course model always cpu, a model of your own where it is.
        dtype: e.g. ``"bfloat16"``. Default: float32 on cpu, the checkpoint's own on an accelerator.
        device_map: passed to transformers, for models over several devices; needs accelerate.
        checkpoint: the course model as it was after so many steps of training; `iw.timeline` lists
            the steps whose weights ship.

    Raises:
        TypeError: a class that the architecture table does not know, and how to add it.
        ValueError: options that contradict each other, a checkpoint that lacks weights, training
            mode, compiled code, or a failed self-check.
        OSError: weights that are neither on disk nor can be downloaded.
    """
    if model is None:
        _refuse("the course model", revision=revision, device_map=device_map, tokenizer=tokenizer)
        return _load_bundled(device, dtype, checkpoint)
    _refuse("this model: only the course model has them", checkpoint=checkpoint)
    if isinstance(model, str | os.PathLike):
        _restore_threads()
        return _load_by_name(str(model), tokenizer, revision, device, dtype, device_map)
    _refuse(
        "a model of your own", revision=revision, device_map=device_map, device=device, dtype=dtype
    )
    if not isinstance(model, nn.Module):
        raise TypeError(
            "iw.load takes nothing, a hub id, a folder or a transformers model; "
            f"got {type(model).__name__}."
        )
    _restore_threads()
    name = str(getattr(getattr(model, "config", None), "_name_or_path", ""))
    return LanguageModel(model, tokenizer, name=Path(name).name if Path(name).is_dir() else name)


def _refuse(what: str, **options: Any) -> None:
    """Options that make no sense for ``what`` are refused rather than ignored."""
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise ValueError(
            f"iw.load: {', '.join(given)} cannot be chosen for {what}, which is taken as it is."
        )


def _load_bundled(device: Any, dtype: Any, checkpoint: int | None) -> LanguageModel:
    if not (_BUNDLED / "model.safetensors").exists():
        raise FileNotFoundError(
            "the bundled weights are missing from this installation; `interp-widgets doctor` says "
            "more. They are made by `python -m interp_widgets.bundled.train`."
        )
    place = checked_device(device or "cpu")
    source, name, tokenizer = _BUNDLED, "course-model", None
    if checkpoint is not None and (shipped := _checkpoint(checkpoint)) is not None:
        source, name = shipped, f"course-model@{checkpoint}"
        tokenizer = _tokenizer(str(_BUNDLED), {})  # all steps share it
    _lower_threads()
    try:
        with _no_progress_bar():
            return _from_pretrained(str(source), name, tokenizer, "", place, dtype or "float32")
    except BaseException:
        _restore_threads()
        raise


def _checkpoint(step: Any) -> Path | None:
    """Where a checkpoint's weights are; None for the last step, which is the course model itself.

    Raises:
        ValueError: a step whose weights do not ship.
    """
    from interp_widgets.core.timeline import timeline

    recorded = timeline()
    if isinstance(step, bool) or step not in recorded.loadable:
        *some, last = map(str, recorded.loadable)
        raise ValueError(
            f"checkpoint= is one of the steps whose weights ship, {', '.join(some)} or {last}; got "
            f"{step!r}. Of the others iw.timeline() has the numbers that training recorded."
        )
    return None if step == recorded.steps[-1] else _BUNDLED / "checkpoints" / f"step_{step:04d}"


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """No bar for a load of a fraction of a second: a notebook would keep it as an output."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _lower_threads() -> None:
    """Few threads for the bundled model, in this process, until another model is loaded."""
    global _threads_before
    if torch.get_num_threads() > _BUNDLED_THREADS:
        _threads_before = torch.get_num_threads()
        torch.set_num_threads(_BUNDLED_THREADS)


def _restore_threads() -> None:
    """The count that `_lower_threads` found, unless somebody has chosen another since."""
    global _threads_before
    if _threads_before is not None and torch.get_num_threads() == _BUNDLED_THREADS:
        torch.set_num_threads(_threads_before)
    _threads_before = None


def _load_by_name(
    name: str, tokenizer: Any, revision: str | None, device: Any, dtype: Any, device_map: Any
) -> LanguageModel:
    if device_map is not None and device is not None:
        raise ValueError("iw.load: give device or device_map, not both.")
    if device_map is not None:
        _need_accelerate()
    place = None if device_map is not None else checked_device(device)
    if dtype is None:
        dtype = "float32" if place is not None and place.type == "cpu" else "auto"
    folder = Path(name).is_dir()
    if folder and not (Path(name) / "config.json").is_file():
        raise FileNotFoundError(
            f"{name!r} holds no config.json. iw.load reads what model.save_pretrained wrote."
        )
    if not folder and not _could_be_on_hub(name):
        raise FileNotFoundError(
            f"there is no folder {name!r}, and no model on the hub can be called so. iw.load takes "
            'a folder that model.save_pretrained wrote, or an id such as "gpt2" or "owner/name".'
        )
    short = Path(name).resolve().name if folder else name
    return _from_pretrained(name, short, tokenizer, revision or "", place, dtype, device_map)


def _could_be_on_hub(name: str) -> bool:
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return True


def _from_pretrained(
    source: str,
    name: str,
    tokenizer: Any,
    revision: str,
    device: torch.device | None,
    dtype: Any,
    device_map: Any = None,
) -> LanguageModel:
    from transformers import AutoConfig, AutoModelForCausalLM

    dtype = checked_dtype(dtype)
    at: dict[str, Any] = {"revision": revision} if revision else {}
    if not Path(source).is_dir() and cut_off():
        at["local_files_only"] = True  # else half a minute of trying again, for what is on disk too
    # Known or not, and its tokenizer: asked before gigabytes are.
    architecture_for(AutoConfig.from_pretrained(source, **at), name)
    tokenizer = tokenizer or _tokenizer(source, at)
    mapped = {} if device_map is None else {"device_map": device_map}
    loaded: Any = AutoModelForCausalLM.from_pretrained(
        source, dtype=dtype, output_loading_info=True, **at, **mapped
    )
    hf, report = loaded
    if report["missing_keys"]:
        raise ValueError(
            f"{name} holds no weights for {len(report['missing_keys'])} parts of "
            f"{type(hf).__name__} (first: {min(report['missing_keys'])}); transformers filled them "
            "with random numbers. Was the model saved without its unembedding, or as another "
            "class? Save the causal-LM class itself."
        )
    if device is not None:
        hf = hf.to(device)
    return LanguageModel(hf.eval(), tokenizer, name=name, revision=revision)


def _tokenizer(source: str, at: dict[str, Any]) -> Any:
    from transformers import AutoTokenizer, PreTrainedTokenizerFast
    from transformers.models.auto.tokenization_auto import get_tokenizer_config

    try:
        # For a few families (Qwen2) AutoTokenizer makes the family's class out of whatever is
        # there. A generic class means that tokenizer.json is all there is to know.
        declared = get_tokenizer_config(source, **at).get("tokenizer_class")
        generic = declared in ("PreTrainedTokenizerFast", "TokenizersBackend")
        kind: Any = PreTrainedTokenizerFast if generic else AutoTokenizer
        tokenizer = kind.from_pretrained(source, **at)
        # Where the files are missing some classes come up empty, without an error.
        own = set(tokenizer.get_vocab().values()) - tokenizer.added_tokens_decoder.keys()
        broken = None if own - set(tokenizer.all_special_ids) else ValueError("no vocabulary")
    except (OSError, ValueError, KeyError, TypeError) as error:
        broken = error
    if broken is not None:
        raise OSError(
            f"{source} holds no tokenizer that can be read ({str(broken).splitlines()[0]}). Save "
            "one there with tokenizer.save_pretrained, or pass tokenizer=."
        ) from broken
    return tokenizer


def _need_accelerate() -> None:
    if find_spec("accelerate") is None:
        raise ImportError(
            "device_map needs the accelerate package: pip install accelerate. Or pass device=."
        )


def checked_dtype(dtype: Any) -> torch.dtype | str:
    """A torch dtype of floats by its name; ``"auto"``, that of the files, stays what it is.

    Raises:
        ValueError: anything else.
    """
    found = getattr(torch, dtype, None) if isinstance(dtype, str) else dtype
    if dtype == "auto" or (isinstance(found, torch.dtype) and found.is_floating_point):
        return found or dtype
    raise ValueError(
        f"dtype is 'float32', 'bfloat16', 'float16', 'float64' or 'auto'; got {dtype!r}."
    )


def checked_device(device: Any) -> torch.device:
    """The device to use: the one asked for, otherwise the best there is.

    MPS below torch 2.9 computed wrong results for non-contiguous inputs without an error, so it is
    refused when asked for and passed over when not.

    Raises:
        ValueError: no device of that name here.
    """
    if device is None:
        return torch.device(
            "cuda" if torch.cuda.is_available() else "mps" if _mps_is_sound() else "cpu"
        )
    wanted = named_device(device)
    if wanted.type == "mps" and not _mps_is_sound():
        raise ValueError(
            "device='mps' needs Apple silicon and torch >= 2.9: older ones compute wrong numbers."
        )
    return wanted


def named_device(device: Any) -> torch.device:
    """A device by its name.

    Raises:
        ValueError: no name of one, or a GPU that is not here.
    """
    try:
        wanted = torch.device(device)
    except (RuntimeError, TypeError) as unknown:
        raise ValueError(
            f"device is 'cpu', 'cuda', 'cuda:1' or 'mps'; got {device!r:.40}."
        ) from unknown
    if wanted.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            "device='cuda' was asked for, but this torch sees no CUDA device. "
            "`interp-widgets doctor` says more."
        )
    if wanted.type == "cuda" and (wanted.index or 0) >= torch.cuda.device_count():
        raise ValueError(
            f"device={str(device)!r} was asked for; this torch sees {torch.cuda.device_count()} "
            "CUDA device(s), counted from cuda:0."
        )
    return wanted


def _mps_is_sound() -> bool:
    major, minor = (int(part) for part in torch.__version__.split(".")[:2])
    return torch.backends.mps.is_available() and (major, minor) >= (2, 9)
