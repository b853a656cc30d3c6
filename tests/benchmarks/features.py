"""How fast dashboards are made, in how much memory, and how large they are on disk.

Run `python tests/benchmarks/features.py [tokens] [latents]`, 200,000 and 1,024 if left out.

Texts of the course model's corpus stream through its layer 3; the dictionary is TopK with k = 16.
Its directions are samples of the stream, centred: nothing is trained, but latents fire on what
texts are about. Printed: tokens a second (everything, and the model alone), the peak of memory
before, after the first tenth of the texts and after all of them, bytes a latent, and megabytes as
one compressed file.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import interp_widgets as iw  # noqa: E402
from interp_widgets.bundled.corpus.generator import documents  # noqa: E402
from interp_widgets.core.dictionary.token_stream import token_batches  # noqa: E402
from interp_widgets.core.sites import Site  # noqa: E402

SITE = Site(3, "resid_post")


def texts(tokens: int, model: iw.LanguageModel) -> Iterator[list[int]]:
    """Texts of so many tokens together, as ids; none is kept."""
    read = 0
    for document in documents(0, 10**6):
        ids = model.ids(document.text).tolist()
        read += len(ids) - 1
        yield ids
        if read >= tokens:
            return


def dictionary(model: iw.LanguageModel, latents: int) -> iw.SAE:
    """Directions that are tokens of the stream, their mean taken off."""
    batches = token_batches(model, SITE, texts(3 * latents, model))
    x = torch.cat([batch.activations[batch.counted] for batch in batches])
    center = x.mean(0)
    draw = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))[:latents]
    directions = torch.nn.functional.normalize(x[draw] - center, dim=1)
    zeros = torch.zeros(latents)
    return iw.SAE(directions.T, zeros, directions, center, "topk", k=16, site=str(SITE))


def peak() -> float:
    """Largest memory of the process so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(tokens: int, latents: int) -> None:
    """Measure and print."""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    model = iw.load()
    sae = dictionary(model, latents)
    some = list(texts(tokens // 10, model))
    start = time.perf_counter()
    alone = sum(int(batch.counted.sum()) for batch in token_batches(model, SITE, some))
    alone /= time.perf_counter() - start
    before = peak()
    iw.features(model, sae, some)
    tenth = peak()
    start = time.perf_counter()
    dash = iw.features(model, sae, texts(tokens, model))
    seconds = time.perf_counter() - start
    print(repr(dash))
    print(f"{seconds:.1f} s, {dash.n_tokens / seconds:.0f} tokens/s; the model alone {alone:.0f}")
    print(f"memory at its peak: {before:.0f} MB before, ", end="")
    print(f"{tenth:.0f} MB after a tenth of the texts, {peak():.0f} MB after all")
    with tempfile.TemporaryDirectory() as folder:
        path = dash.save(Path(folder) / "dashboards.safetensors")
        packed = path.with_suffix(".zip")
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
            file.write(path, path.name)
        size = path.stat().st_size
        print(f"{size / latents:.0f} bytes a latent; {size / 1e6:.2f} MB, ", end="")
        print(f"{packed.stat().st_size / 1e6:.2f} MB compressed")


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    main(*[*given, *(200_000, 1024)[len(given) :]])
