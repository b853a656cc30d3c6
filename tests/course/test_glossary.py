"""The glossary has its words, finds them however they are written, and explains them in a text."""

from __future__ import annotations

import pytest

import interp_widgets as iw
from interp_widgets.course import glossary
from interp_widgets.widgets._rich import pieces, plain

WANTED = """residual stream, logit lens, tuned lens, Jacobian lens, vocabulary projection, KL
divergence, prediction trajectory, convergence layer, superposition, monosemanticity,
polysemanticity, feature, attention head, MLP layer, embedding, unembedding, QK
circuit, OV circuit, skip connection, softmax, LayerNorm, RMSNorm, temperature,
cross-entropy, perplexity, direct logit attribution, composition, virtual weights,
clean run, corrupt run, denoising, noising, logit difference, recovery, L0, FVU, CE
recovered, dead latent, decoder direction, transcoder, replacement model, error node,
supernode, completeness score, replacement score, shrinkage, expansion factor, firing rate, TopK,
Gated SAE, JumpReLU, Matryoshka dictionary, straight-through estimator, p-annealing, tied
initialisation, AuxK, resampling, ghost gradient, feature splitting, near-duplicate latents, feature
absorption, Pareto front, substitution loss, feature dashboard, top examples, activation
histogram, automated interpretability, detection, range restriction, purity, negative control,
candidate feature, seed stability, hook point, feature geometry, dictionary learning, latent, L1
penalty, decoder bias, encoder bias"""


@pytest.mark.parametrize("name", [" ".join(n.split()) for n in WANTED.split(",")])
def test_a_term_is_there(name: str) -> None:
    term = iw.glossary(name)
    assert term.name == name
    assert 20 < len(term.means) < 260
    assert term.means[-1] in ".?"
    assert repr(term).startswith(f"{name}: ")


def test_a_term_is_found_by_other_names_and_spellings() -> None:
    assert iw.glossary("  Logit   LENS ") is iw.glossary("logit lens")
    assert iw.glossary("SAE").name == "sparse autoencoder"
    with pytest.raises(ValueError, match=r"'logit lense'\. Did you mean 'logit lens'"):
        iw.glossary("logit lense")


def test_names_are_unique() -> None:
    names = [n.lower() for t in glossary.terms() for n in (t.name, *t.also)]
    assert len(set(names)) == len(names)


def test_the_widget_searches_terms_and_definitions() -> None:
    widget = iw.glossary()
    assert len(widget.terms) == len(glossary.terms())
    assert len(widget._picture() or "") < 150_000
    widget.act({"do": "search", "text": "nostalgebraist"})
    assert "1 of them" in widget.describe()
    widget.open_term = "logit lens"
    with pytest.raises(ValueError, match="does not have 'zebra'"):
        widget.act({"do": "open", "term": "zebra"})
    assert widget.open_term == "logit lens"


def test_a_text_with_terms() -> None:
    text = "The [[logit lens|lens]] reads `x`.\n\nThen <b>more</b>."
    widget = iw.Glossary(glossary.definitions(), text=text)
    assert list(widget.terms) == ["logit lens"]
    assert widget.text[0][1] == {"term": "logit lens", "shown": "lens"}
    assert pieces("a `b` [[c]]") == ["a ", {"code": "b"}, " ", {"term": "c", "shown": "c"}]
    assert plain(text) == "The lens reads x.\n\nThen <b>more</b>."
    with pytest.raises(ValueError, match="no definition"):
        iw.Glossary({}, text="[[zebra]]")
