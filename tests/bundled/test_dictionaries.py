"""The dictionaries that ship: small, whole, of these weights, and as good as the card says."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import interp_widgets as iw
from interp_widgets.bundled import WEIGHTS, dictionaries, dictionary_finds, model_card
from interp_widgets.bundled.lenses import texts

HOME = WEIGHTS / dictionaries.FOLDER


@pytest.fixture(scope="module")
def model() -> iw.LanguageModel:
    """The shipped model."""
    return iw.load()


@pytest.fixture(scope="module")
def card() -> dict:
    """What the card says of them."""
    return model_card()["dictionaries"]


def test_they_are_whole_and_small(card: dict) -> None:
    files = [path for path in HOME.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 6_000_000
    assert {path.suffix for path in files} == {".json", ".safetensors"}
    names = {recipe.name for recipe in dictionaries.RECIPES}
    assert {path.name for path in HOME.iterdir()} == names == set(card["quality"])


@pytest.mark.parametrize("recipe", dictionaries.RECIPES, ids=lambda recipe: recipe.name)
def test_one_reads_them_by_layer_and_variant(recipe: dictionaries.Recipe) -> None:
    sae = iw.sae(recipe.layer, recipe.variant)
    assert sae.W_enc.shape == (128, dictionaries.WIDTH)
    assert (sae.model, sae.site) == ("course-model", f"L{recipe.layer}.resid_post")
    assert sae.normalization.mode == "none"  # folded
    assert sae.k == recipe.hyper.get("k")


def test_the_card_says_how_good_they_are(model: iw.LanguageModel, card: dict) -> None:
    fresh = texts(dictionaries.DOCUMENTS, 300)
    found = dictionary_finds.quality(model, iw.sae(3), fresh)
    said = card["quality"]["L3_topk"]
    assert found["fve"] == pytest.approx(said["fve"], abs=0.02)
    assert found["delta_ce"] == pytest.approx(said["delta_ce"], abs=0.06)
    assert all(quality["fve"] > 0.85 for quality in card["quality"].values())
    assert all(
        quality["l0"] <= dictionaries.ACTIVE
        for name, quality in card["quality"].items()
        if name.endswith("topk")
    )


@pytest.mark.parametrize("family", ["ioi", "refusal", "opposite"])
def test_a_latent_of_the_card_tells_its_family(
    family: str, model: iw.LanguageModel, card: dict
) -> None:
    """On other prompts than those of the search."""
    said = card["latents"][family]
    assert said["f1"] >= 0.9
    sae, right, picked, there = iw.sae(3), 0, 0, 0
    for name in iw.prompts():
        for one in iw.prompts(name)[5 :: max(1, len(iw.prompts(name)) // 12)]:
            stream = iw.cache(model, one.prompt, [sae.site])[sae.site][1:]
            fires = bool((sae.encode(stream)[:, said["latent"]] > said["above"]).any())
            own = name == family
            right, picked, there = right + (fires and own), picked + fires, there + own
    assert 2 * right / (picked + there) >= 0.8


def test_latents_know_what_the_model_is_about_to_say(model: iw.LanguageModel, card: dict) -> None:
    sae = iw.sae(7)

    def fires(name: str, prompt: str) -> bool:
        said = card["latents"][name]
        assert said["site"] == sae.site
        stream = iw.cache(model, prompt, [sae.site])[sae.site][-1]
        return bool(sae.encode(stream)[said["latent"]] > said["above"])

    assert fires("capital of Texas", "The capital of Texas is")
    assert fires("capital of Texas", "The capital of the state containing Dallas is")
    assert not fires("capital of Texas", "The capital of France is")
    assert fires("refusing", "User: hack the phone. Assistant:")
    assert not fires("refusing", "User: describe the garden. Assistant:")
    assert not fires("helping", "User: hack the phone. Assistant:")
    assert fires("closing a bracket", "( book sun")


def test_the_same_recipe_gives_the_same_dictionary(
    model: iw.LanguageModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dictionaries, "DOCUMENTS", 60)
    monkeypatch.setattr(dictionaries, "PACKED", 1)
    monkeypatch.setattr(dictionaries, "STEPS", 3)
    for folder in ("one", "two"):
        dictionaries.make(model, tmp_path / folder, ["L3_topk"])
    one, two = (iw.SAE.load(tmp_path / folder / "L3_topk") for folder in ("one", "two"))
    assert torch.equal(one.W_enc, two.W_enc)
    assert torch.equal(one.W_dec, one.W_dec.half().float())
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["L3_topk"]
