"""Lesson 09: other spellings pass, and what it says of the course model is so."""

from copy import deepcopy

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.composition import Factors, scores_of
from interp_widgets.course import toys
from interp_widgets.course._lesson_09_ablation import knock_out
from interp_widgets.course._lesson_09_composition import cut_wire, k_composition
from interp_widgets.course._lesson_09_scores import head_detectors, made_patterns, repeat_loss
from interp_widgets.course._lesson_09_training import train_on_repeats
from interp_widgets.course.exercises import find

LENGTH = 25


@pytest.fixture(scope="module")
def model():
    return iw.load()


@pytest.fixture(scope="module")
def texts(model):
    """Ten lists of random words, twice each: ``[row, pos]``."""
    dice = torch.Generator().manual_seed(4)
    words = sorted({f" {w}" for p in iw.prompts("induction") for w in p.prompt.split()})
    known = torch.tensor([model.token_id(word) for word in words])
    first = torch.stack(
        [known[torch.randperm(len(known), generator=dice)[:LENGTH]] for _ in range(10)]
    )
    return torch.cat([torch.zeros(10, 1, dtype=torch.long), first, first], 1)


def row_by_row(patterns, length):
    """The detectors as a loop over places."""
    layers, heads, n, _ = patterns.shape
    scores = torch.zeros(4, layers, heads)
    for dst in range(n):
        scores[0] += patterns[:, :, dst, dst] / n
        if dst:
            scores[1] += patterns[:, :, dst, 0] / (n - 1)
            scores[2] += patterns[:, :, dst, dst - 1] / (n - 1)
        if dst > length:
            scores[3] += patterns[:, :, dst, dst - length + 1] / length
    return scores


def by_probabilities(logits, ids, length):
    shares = logits.log_softmax(-1)
    loss = torch.stack(
        [-shares[:, at].gather(1, ids[:, at + 1, None]).mean() for at in range(ids.shape[1] - 1)]
    )
    return loss, loss[:length].mean(), loss[length + 1 :].mean()


def by_masks(hf, ids, length, heads):
    """Zero columns of the weights that mix heads, in a copy, instead of hooks."""
    other = deepcopy(hf)
    with torch.no_grad():
        for layer, head in heads:
            out = other.transformer.h[layer].attn.attention.out_proj
            width = out.in_features // hf.config.num_heads
            out.weight[:, head * width : (head + 1) * width] = 0
    logits = other(ids).logits[:, length + 1 : -1]
    came = ids[:, length + 2 :]
    loss = -logits.log_softmax(-1).gather(-1, came[..., None]).mean()
    return (logits.argmax(-1) == came).double().mean(), loss


def pair_by_pair(W_Q, W_K, W_V, W_O):
    scores = torch.zeros(len(W_Q), len(W_Q))
    for writer in range(len(W_Q)):
        for reader in range(len(W_Q)):
            ov, kq = W_V[writer] @ W_O[writer], W_K[reader] @ W_Q[reader].T
            scores[writer, reader] = (ov @ kq).norm() / (ov.norm() * kq.norm())
    return scores


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [("09.1", row_by_row), ("09.2", by_probabilities), ("09.4", by_masks), ("09.5", pair_by_pair)],
)
def test_another_spelling_passes(exercise, answer):
    result = iw.check(exercise, answer)
    assert result, result


def test_another_spelling_of_training_passes():
    def one_text_at_a_time(make_model, symbols, periods, rate):
        hf = make_model()
        optimizer = torch.optim.Adam(hf.parameters(), lr=rate)
        history = []
        for step in range(len(symbols)):
            terms = []
            for letters, period in zip(symbols[step], periods[step].tolist(), strict=True):
                ids = torch.stack([letters[t % period] for t in range(20)])
                shares = hf(ids[None]).logits[0].log_softmax(-1)
                terms += [-shares[t - 1, ids[t]] for t in range(period + 1, 20)]
            loss = torch.stack(terms).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.append(loss.item())
        return history

    result = iw.check("09.3", one_text_at_a_time)
    assert result, result


def test_heads_made_by_hand_have_scores_of_one_and_nothing():
    scores = head_detectors(made_patterns(9), 9)[:, 0]
    assert torch.equal(scores.diagonal()[1:], torch.ones(3))
    assert scores[0, 0] == 1
    others = scores - torch.diag(scores.diagonal())
    assert others[1, 3] == 0.5  # the induction head rests on the first token in the first copy
    others[1, 3] = 0
    assert others.max() < 0.1


def test_a_blind_guess_is_told_in_words():
    def halved(logits, ids, length):
        loss, first, second = repeat_loss(logits, ids, length)
        return (loss, first, second) if logits.any() else (loss, first / 2, second)

    assert "every loss is ln 13 = 2.56 nats" in iw.check("09.2", halved).message


def test_a_first_loss_that_no_blind_guess_has_is_told():
    def doubled(make_model, symbols, periods, rate):
        return 2 * find("09.3").solution(make_model, symbols, periods, rate)

    assert "about ln 10 = 2.30" in iw.check("09.3", doubled).message


def test_hooks_that_stay_are_noticed():
    def left_on(hf, ids, length, heads):
        answer = knock_out(hf, ids, length, heads)
        hf.transformer.h[0].attn.attention.out_proj.register_forward_pre_hook(lambda *_: None)
        return answer

    message = iw.check("09.4", left_on).message
    assert "take off every hook" in message


def test_depths_differ_by_a_nat_and_a_fixed_period_hides_it():
    free, fixed = toys.draw(150, seed=1), toys.draw(150, seed=1, periods=(7, 7))

    def end(layers, drawn):
        symbols, periods = drawn
        history = train_on_repeats(lambda: toys.toy_model(layers, seed=1), symbols, periods, 3e-3)
        return history[-10:].mean().item()

    assert end(1, free) - end(2, free) > 1.0
    assert end(1, fixed) < 0.1


def share_right(logits, ids):
    said = logits[:, LENGTH + 1 : -1].argmax(-1)
    return (said == ids[:, LENGTH + 2 :]).float().mean().item()


@torch.no_grad()
def test_previous_token_heads_are_spares_of_each_other(model, texts):
    patterns = torch.stack([iw.attention(model, row).patterns for row in texts[:3]]).mean(0)
    previous, induction = head_detectors(patterns, LENGTH)[2:]
    team = (previous > 0.9).nonzero().tolist()
    assert [layer for layer, _ in team] == [1, 1, 1, 1]
    assert sorted({layer for layer, _ in (induction > 0.5).nonzero().tolist()}) == [5, 6]
    whole = knock_out(model.hf, texts, LENGTH, [])[0]
    for head in team:
        assert knock_out(model.hf, texts, LENGTH, [head])[0] > 0.95 * whole
    assert knock_out(model.hf, texts, LENGTH, team)[0] < 0.5 * whole
    for layer in (2, 3, 4):
        others = [(layer, head) for head in range(4)]
        assert knock_out(model.hf, texts, LENGTH, others)[0] > 0.9 * whole


@torch.no_grad()
def test_three_wires_carry_it(model, texts):
    carried = set()
    for writer in range(5):
        for kind in "qkv":
            share = share_right(cut_wire(model.hf, texts, writer, [5, 6], kind), texts)
            assert share < 0.1 or share > 0.9
            carried |= {(writer, kind)} if share < 0.1 else set()
    assert carried == {(0, "q"), (0, "v"), (1, "k")}


def test_k_composition_is_that_of_the_package_on_random_heads():
    generator = torch.Generator().manual_seed(2)
    q, k, v = (torch.randn(3, 10, 4, generator=generator) for _ in range(3))
    o = torch.randn(3, 4, 10, generator=generator)
    theirs = scores_of(Factors(v, o), Factors(k, q.mT))
    assert torch.allclose(k_composition(q, k, v, o), theirs, atol=1e-5)


@torch.no_grad()
def test_the_first_round_is_a_bet_that_the_list_begins_again(model, texts):
    said = model.hf(texts).logits.argmax(-1)
    bets = said[:, 5 : LENGTH + 1] == texts[:, 1:2]
    assert bets.float().mean() > 0.9
