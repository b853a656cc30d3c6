"""Lesson 05: what its exercises say is so, and other spellings that pass."""

from __future__ import annotations

import pytest
import torch
from scipy.stats import spearmanr

import interp_widgets as iw
from interp_widgets.core.dictionary.matching import match_directions
from interp_widgets.course.exercises import find
from interp_widgets.course.lesson_05 import LABELS, strangers


def test_recovered_is_one_for_the_activation_and_nothing_for_zeros():
    errors, itself, zeros = (find("05.1").solution(*case.args) for case in find("05.1").cases())
    assert 0 < errors < 1
    assert float(itself) == pytest.approx(1)
    assert float(zeros) == pytest.approx(0)


def test_examples_are_one_a_text_and_stay_in_it():
    for case in find("05.2").cases():
        acts, text, k, before, after = case.args
        windows = find("05.2").solution(*case.args)
        first, peak, last = windows.unbind(1)
        assert len(text[peak].unique()) == len(windows) <= k
        assert torch.equal(text[first], text[peak])
        assert torch.equal(text[last], text[peak])
        assert (peak - first <= before).all()
        assert (last - peak <= after).all()
        best = torch.zeros(int(text.max()) + 1).scatter_reduce(0, text, acts, "amax")
        assert torch.equal(acts[peak], best.sort(descending=True).values[: len(windows)])


def test_the_score_is_that_of_scipy():
    for case in find("05.3").cases():
        actual, predicted, shown, n = case.args
        picked, rho = find("05.3").solution(*case.args)
        assert len(picked) == 2 * n
        assert not shown[picked].any()
        expected = spearmanr(actual[picked], predicted[picked])[0]
        assert float(rho) == pytest.approx(expected, abs=1e-5)


def test_another_fair_sample_passes():
    def at_random(actual, predicted, shown, n):
        fresh = (~shown).nonzero().flatten()
        order = fresh[torch.randperm(len(fresh))]
        active, silent = order[actual[order] > 0], order[actual[order] == 0]
        picked = torch.cat([active[: 2 * n], silent[: 2 * n]])
        return picked, spearmanr(actual[picked], predicted[picked])[0]

    result = iw.check("05.3", at_random)
    assert result, result


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda actual, predicted, shown, n: 0.8, "Wanted are two outputs"),
        (lambda actual, predicted, shown, n: ("all", 0.8), "numbers of windows, [window]"),
        (lambda actual, predicted, shown, n: ([900, 1], 0.8), "numbered 0 to 899"),
    ],
)
def test_what_is_no_sample_is_told_so(answer, said):
    assert said in iw.check("05.3", answer).message


def test_four_of_five_names_are_enough_and_unknown_labels_are_told():
    right = find("05.4").solution()
    assert set(right) < set(LABELS)
    assert len(set(LABELS)) == 12
    assert iw.check("05.4", lambda: ["numbers", *right[1:]])
    assert "3 of 5" in iw.check("05.4", lambda: ["numbers", "numbers", *right[2:]]).message
    assert "not among" in iw.check("05.4", lambda: ["bridges", *right[1:]]).message


def test_the_strangers_are_what_their_labels_say():
    model, sae = iw.load(), iw.sae(3)
    prompts = {
        family: list(found)[:: max(1, len(found) // 60)][:60]
        for family, found in iw.prompts().items()
    }
    latents = strangers(iw.find_latents(model, sae, prompts))
    texts = [p.prompt for found in prompts.values() for p in found]
    dash = iw.features(model, sae, texts, which=latents)
    marks = (("gave", "handed", "offered", "give"), ("Assistant",), ("(", "[", "{"), ("sport",), ())
    for latent, words in zip(latents[:4], marks, strict=False):
        top = dash[latent].text_windows
        assert sum(any(word in window for word in words) for window in top) >= 0.9 * len(top)
    assert all("laim" in window for window in dash[latents[4]].text_windows)


def test_the_share_is_that_of_the_package():
    for case in find("05.5").cases():
        one, other, threshold = case.args
        match = match_directions(other, one)
        expected = (match.cosines > threshold).double().mean()
        assert float(find("05.5").solution(*case.args)) == pytest.approx(float(expected))


def test_the_best_pair_first_passes_too():
    def greedy(one, other, threshold):
        unit = torch.nn.functional.normalize
        cosines, kept = unit(one, dim=-1) @ unit(other, dim=-1).T, 0
        for _ in range(min(len(one), len(other))):
            row, column = divmod(int(cosines.argmax()), len(other))
            kept += int(cosines[row, column] > threshold)
            cosines[row], cosines[:, column] = -2.0, -2.0
        return kept / len(one)

    result = iw.check("05.5", greedy)
    assert result, result


def test_purity_and_coverage_are_counts():
    for case in find("05.6").cases():
        fires, domain, domains = case.args
        purity, coverage = find("05.6").solution(*case.args)
        for which in range(domains):
            for latent in range(fires.shape[1]):
                texts = set(fires[:, latent].nonzero().flatten().tolist())
                own = set((domain == which).nonzero().flatten().tolist())
                expected = len(texts & own) / len(texts) if texts else 0
                assert float(purity[which, latent]) == pytest.approx(expected)
                assert float(coverage[which, latent]) == pytest.approx(len(texts & own) / len(own))
