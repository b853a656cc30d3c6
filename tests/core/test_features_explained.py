"""Explanations and their scores: planted rules are found, and judged on what they did not see."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary import explain as explain_module
from interp_widgets.core.dictionary.explain import best_set, explain, what_is_seen
from interp_widgets.core.dictionary.explanation import Explanation
from interp_widgets.core.dictionary.features import features_of
from interp_widgets.core.dictionary.random_directions import random_directions
from interp_widgets.core.dictionary.rules import LOOKS, predictor, shape, shown
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.scores import Score, held_out, score
from tests.core.conftest import make
from tests.core.tiny import WORDS

PIECES = [f" {word}" for word in WORDS] + [" 7", " 42", ".", ",", " NATO", " runs", " walks"]
# What each latent does: strength on each token of a text.
PLANTED = {
    "one of three": lambda t: [float(x in (" Texas", " Austin", " Paris")) for x in t],
    "after of": lambda t: [float(i > 0 and t[i - 1] == " of") for i in range(len(t))],
    "pair": lambda t: [float(t[max(i - 1, 0) : i + 1] == [" in", " a"]) for i in range(len(t))],
    "digits": lambda t: [float(x.strip().isdigit()) for x in t],
    "graded": lambda t: [{" Rome": 3.0, " Dallas": 1.0}.get(x, 0.0) for x in t],
    "chance": lambda t: [float(hash_of(t, i) % 11 == 0) for i in range(len(t))],
    "dead": lambda t: [0.0 for _ in t],
    "always": lambda t: [1.0 for _ in t],
}
NAMES = list(PLANTED)


def hash_of(text, i):
    return sum((n + 1) * len(x) * ord(x[-1]) for n, x in enumerate(text)) * 31 + i * i * 7


@pytest.fixture(scope="module")
def dash():
    draw = random.Random(0)
    texts = [draw.choices(PIECES, k=draw.randint(8, 30)) for _ in range(400)]
    x = torch.tensor([[PLANTED[n](t)[i] for n in NAMES] for t in texts for i in range(len(t))])
    eye = torch.eye(len(NAMES))
    return features_of(x, texts, (eye, eye), top=12, sampled=30)


def made(dash, name, method="tokens"):
    return explain(dash, NAMES.index(name), method)


@pytest.mark.parametrize(
    ("name", "look", "keys"),
    [
        ("one of three", "token", {" Texas", " Austin", " Paris"}),
        ("after of", "token before", {" of"}),
        ("pair", "two tokens", {" in\x1f a"}),
        ("digits", "shape", {"digits"}),
    ],
)
def test_planted_rules_are_found_and_hold_elsewhere(dash, name, look, keys):
    found = made(dash, name)
    assert found.rule["look"] == look
    assert set(found.rule["keys"]) == keys
    for how in ("detection", "fuzzing", "simulation"):
        judged = score(dash, found, how)
        # What a window begins with may follow from what is out of sight.
        assert judged.value > 0.95
        assert float(judged) == judged.value
        assert judged.difference == judged.value - judged.control
        assert abs(judged.control - (0 if how == "simulation" else 0.5)) < 0.2
    assert score(dash, found).auc == 1


def test_a_latent_without_a_rule_scores_as_its_control(dash):
    judged = score(dash, made(dash, "chance"))
    assert judged.difference < 0.25
    assert abs(score(dash, made(dash, "chance"), "simulation").difference) < 0.3


def test_the_linear_simulator_grades(dash):
    found = made(dash, "graded", "ngram")
    rome, dallas, other = (found.predict([" a", x])[1] for x in (" Rome", " Dallas", " is"))
    assert rome > 2 * dallas > 4 * other
    assert score(dash, found, "simulation").value > 0.95
    assert score(dash, found, "detection").value > 0.95
    by_set = score(dash, made(dash, "graded"), "simulation")
    assert score(dash, found, "simulation").value > by_set.value


def test_ridge_solves_its_equations():
    draw = np.random.default_rng(0)
    at = draw.integers(0, 40, (120, 3))
    wanted = draw.random(120)
    table = np.zeros((120, explain_module.BUCKETS))
    np.add.at(table, (np.arange(120)[:, None], at), 1)
    exact = np.linalg.solve(table[:, :40].T @ table[:, :40] + np.eye(40), table[:, :40].T @ wanted)
    np.testing.assert_allclose(explain_module._ridge(at, wanted)[:40], exact, atol=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_the_best_set_is_the_smallest_of_the_best(seed):
    draw = random.Random(seed)
    keys = draw.choices("abcdefg", k=30)
    fires = np.array([draw.random() < ord(key) % 4 / 3 for key in keys])

    def f1(chosen):
        says = np.array([key in chosen for key in keys])
        return 2 * (says & fires).sum() / max(says.sum() + fires.sum(), 1)

    every = [set(c) for n in range(8) for c in combinations("abcdefg", n)]
    best = max(map(f1, every))
    chosen, value = best_set(keys, fires)
    assert value == pytest.approx(best) == pytest.approx(f1(set(chosen)))
    assert len(chosen) == min(len(c) for c in every if f1(c) > best - 1e-9)
    assert best_set(["a", "b"], np.array([False, False])) == ([], 0.0)


def test_what_explains_and_what_judges_share_no_window(dash):
    for name in ("one of three", "graded", "chance"):
        feature = NAMES.index(name)
        seen = set(what_is_seen(dash[feature]).windows)
        active, quiet = held_out(dash, feature, random.Random(0))
        assert len(active) == len(quiet) > 5
        # Cut, they are parts of windows that nobody saw.
        whole = {e.tokens for e in (*dash[feature].examples, *dash[feature].quiet) if e.held_out}
        for window in (*active, *quiet):
            assert window.held_out
            n = len(window.tokens)
            assert any(
                w[i : i + n] == window.tokens for w in whole - seen for i in range(len(w) - n + 1)
            )


@pytest.mark.parametrize("place", [9, -6, "middle"])
def test_the_place_of_a_peak_tells_nothing(dash, place):
    """Windows are about their peak; a judge that points at one place should learn nothing."""

    def pointing(prompt):
        n = sum(line[:1].isdigit() for line in prompt.splitlines())
        at = n // 2 if place == "middle" else place % n
        return " ".join("10" if i == at else "0" for i in range(n))

    words = Explanation(NAMES.index("graded"), "llm", "whatever")
    found = [score(dash, words, "simulation", pointing, seed=i).difference for i in range(8)]
    assert abs(np.mean(found)) < 0.1


def test_words_of_a_language_model(dash):
    asked = []

    def ask(prompt):
        asked.append(prompt)
        return "  digits,\nas in 42\x07 "

    found = explain(dash, NAMES.index("digits"), ask)
    assert (found.kind, found.text, dict(found.rule)) == ("llm", "digits, as in 42", {})
    assert "<< 7>>" in asked[0] or "<< 42>>" in asked[0]
    with pytest.raises(ValueError, match="words: pass ask="):
        score(dash, found)
    with pytest.raises(ValueError, match="is words: score it with ask="):
        found.predict([" a"])

    def oracle(prompt):
        asked.append(prompt)
        lines = [line.split(". ", 1) for line in prompt.splitlines() if line[:1].isdigit()]
        if "How strongly" in prompt:
            return " ".join("10" if any(c.isdigit() for c in text) else "0" for _, text in lines)
        if "marked" in prompt:
            good = [n for n, text in lines if any(m in text for m in ("<< 7>>", "<< 42>>"))]
        else:
            good = [n for n, text in lines if any(c.isdigit() for c in text)]
        return ", ".join(good) or "0"

    for how in ("detection", "fuzzing", "simulation"):
        assert score(dash, found, how, oracle).value == pytest.approx(1)
    assert "digits, as in 42" in asked[-1]
    assert score(dash, found, "detection", lambda _: "0").value == 0.5


@pytest.mark.parametrize(
    ("how", "answer", "said"),
    [
        ("detection", "none of them", "should be numbers of texts"),
        ("detection", "1, 99999", "should be numbers of texts"),
        ("simulation", "1 2 3 4 5 6 7", "numbers from 0 to 10"),
    ],
)
def test_answers_that_cannot_be_read(dash, how, answer, said):
    with pytest.raises(ValueError, match=said):
        score(dash, Explanation(0, "llm", "x"), how, lambda _: answer)


def test_what_cannot_be_asked(dash):
    with pytest.raises(ValueError, match="fires in no window that explanations may see"):
        made(dash, "dead")
    with pytest.raises(ValueError, match="held-out windows in which it fires and 0 in which"):
        score(dash, made(dash, "always"))
    with pytest.raises(ValueError, match="has no known effect on logits"):
        made(dash, "digits", "output")
    with pytest.raises(ValueError, match="method is 'tokens', 'ngram', 'output' or a function"):
        made(dash, "digits", "guess")
    with pytest.raises(ValueError, match="how= is one of"):
        score(dash, made(dash, "digits"), "taste")
    with pytest.raises(ValueError, match="answered with nothing"):
        explain(dash, 0, lambda _: " \n")
    with pytest.raises(TypeError, match="answers with text; got int"):
        explain(dash, 0, lambda _: 3)
    words = iw.Explanation(0, "llm", "x")
    for given, ask in (("digits", None), (words, "gpt")):
        with pytest.raises(TypeError, match=r"an explanation is what dash|ask= is a function"):
            dash.score(given, ask=ask)
    with pytest.raises(TypeError, match="an explanation is what dash"):
        dash.keep("digits")
    with pytest.raises(TypeError, match="what is searched for is text; got int"):
        dash.search(7)


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ((0, "guess", "x"), ValueError, "an explanation is one of"),
        ((0, "llm", 3), ValueError, "is text of at most"),
        (("0", "llm", "x"), TypeError, "named by its number; got '0'"),
        ((0, "tokens", "x"), ValueError, "no rule of an explanation of kind 'tokens'"),
        ((0, "llm", "x", {"kind": "llm"}), ValueError, "no rule"),
        ((0, "tokens", "x", {"kind": "tokens", "look": "token", "keys": "ab"}), ValueError, "rule"),
        ((0, "tokens", "x", {"kind": "tokens", "look": "up", "keys": []}), ValueError, "no rule"),
        ((0, "output", "x", {"kind": "tokens", "look": "token", "keys": []}), ValueError, "rule"),
        ((0, "ngram", "x", {"kind": "ngram", "weights": {"5000": 1.0}}), ValueError, "no rule"),
        ((0, "ngram", "x", {"kind": "ngram", "weights": {"5": "1"}}), ValueError, "no rule"),
        ((0, "ngram", "x", {"kind": "ngram", "weights": [1.0]}), ValueError, "no rule"),
    ],
)
def test_an_explanation_that_is_none(given, kind, said):
    with pytest.raises(kind, match=said):
        iw.Explanation(*given)


def test_explanations_are_kept_and_saved(dash, tmp_path):
    for method in ("ngram", "tokens", "tokens"):
        found = dash.explain(3, method)
        for how in ("detection", "simulation"):
            assert dash.score(found, how).value == score(dash, found, how).value
    dash.score(Explanation(3, "llm", "digits"), "detection", lambda _: "0")  # not kept
    assert [one.kind for one in dash.explanations[3]] == ["ngram", "tokens"]
    again = iw.Result.load(dash.save(tmp_path / "dash.safetensors"))
    for mine, its in zip(dash.explanations[3], again.explanations[3], strict=True):
        assert mine.to_json() == its.to_json()
        assert mine.predict([" a", " 42"]) == its.predict([" a", " 42"])
    assert sorted(again.explanations[3][1].scores) == ["detection", "simulation"]
    assert again.explanations[3][1].scores["detection"]["value"] == 1
    dash.explanations.clear()


def test_shapes():
    wanted = {
        " 42": "digits",
        " NATO": "capitals",
        " Paris": "Capitalised",
        "runs": "small letters",
        ".": "punctuation",
        " ": "space",
        "": "space",
        "été": "small letters",
        "москва": "cyrillic",
        " 城": "cjk",
        "B2": "mixed",
    }
    assert {token: shape(token) for token in wanted} == wanted


def test_rules_look_where_they_say():
    tokens = [" In", " the", " city"]
    assert LOOKS["token before"](tokens) == ["", " In", " the"]
    assert LOOKS["next token"](tokens) == [" the", " city", ""]
    assert LOOKS["two tokens"](tokens)[1] == " In\x1f the"
    assert LOOKS["first letters"](tokens)[2] == "cit"
    assert LOOKS["last letters"](tokens)[2] == "ity"
    rule = {"kind": "output", "look": "next token", "keys": [" city"]}
    assert predictor(rule)(tokens) == [0, 1, 0]
    assert predictor(rule)([]) == []
    assert shown(" In\x1f the") == "' In' then ' the'"
    assert shown("\x1f the") == "the start then ' the'"


@pytest.fixture(scope="module")
def seen_by_a_model():
    model = make("gpt2")
    draw = torch.Generator().manual_seed(1)
    directions = torch.randn(30, 32, generator=draw)
    sae = SAE(
        directions.T,
        torch.zeros(30),
        directions,
        torch.zeros(32),
        "topk",
        k=5,
        center=False,
        site="L1.resid_post",
    )
    words = [" ".join(random.Random(i).choices(WORDS, k=4 + i % 9)) for i in range(150)]
    return model, words, iw.features(model, sae, words)


def test_what_a_latent_makes_the_model_say(seen_by_a_model):
    _, _, dash = seen_by_a_model
    found = explain(dash, 4, "output")
    tokens = [token for token, _ in dash[4].top_logits]
    assert found.rule["keys"] == tokens[: len(found.rule["keys"])]
    assert found.text.startswith("makes the model say ")
    assert repr(tokens[0]) in found.text
    assert isinstance(score(dash, found), Score)


def test_random_directions_fire_as_often(seen_by_a_model):
    model, words, dash = seen_by_a_model
    sae = random_directions(model, dash, words, seed=2)
    control = iw.features(model, sae, words)
    torch.testing.assert_close(control.density, dash.density, atol=12 / dash.n_tokens, rtol=0)
    cosine = torch.nn.functional.cosine_similarity(sae.W_dec, sae.W_enc.T)
    torch.testing.assert_close(cosine, torch.ones_like(cosine))
    some = random_directions(model, dash, words, which=[7, 3])
    assert some.d_sae == 2
    with pytest.raises(KeyError, match="no latent 99"):
        random_directions(model, dash, words, which=[99])
