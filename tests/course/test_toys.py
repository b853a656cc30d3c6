"""The toys of lesson 09: what they are asked, and that two layers learn it where one does not."""

import math

import pytest
import torch

import interp_widgets as iw
from interp_widgets.course import toys


def loaded(hf):
    return iw.load(hf, tokenizer=toys.tokenizer())


@pytest.fixture(scope="module")
def runs():
    return {layers: toys.train_toy(layers) for layers in (1, 2)}


def test_texts_come_round_after_their_own_period():
    symbols = torch.tensor([[3, 1, 4, 0], [2, 0, 1, 3]])
    texts = toys.repeats(symbols, torch.tensor([2, 3]), length=7)
    assert texts.tolist() == [[3, 1, 3, 1, 3, 1, 3], [2, 0, 1, 2, 0, 1, 2]]


def test_what_follows_from_the_text_is_what_came_after_the_same_letter():
    symbols, periods = (drawn[0] for drawn in toys.draw(1, seed=3))
    ids = toys.repeats(symbols, periods)
    loss, follows = toys.losses(toys.toy_model(1), ids, periods)
    assert loss.shape == follows.shape == (toys.ROWS, toys.LENGTH - 1)
    for row, text in enumerate(ids.tolist()):
        for pos in range(1, len(text)):
            met = text[pos - 1] in text[: pos - 1]
            assert bool(follows[row, pos - 1]) == met
            if met:
                assert text[text.index(text[pos - 1]) + 1] == text[pos]


def test_an_untrained_toy_guesses_among_ten(runs):
    for run in runs.values():
        assert run.loss[0].item() == pytest.approx(math.log(10), abs=0.1)


def test_two_layers_learn_it_and_one_does_not(runs):
    assert runs[2].loss[-20:].mean() < 0.1
    assert runs[1].loss[-20:].mean() > 1.2
    assert len(runs[2].loss) == 200


def test_with_one_period_places_give_it_away_to_one_layer():
    assert toys.train_toy(1, 150, periods=(7, 7)).loss[-10:].mean() < 0.1


def test_the_second_head_looks_where_induction_heads_look(runs):
    scores = iw.head_scores(loaded(runs[2].hf), " ".join("cafbdgcafbdgca"))
    assert scores["induction"][1, 0] > 0.9
    assert scores["induction"][0, 0] < 0.2
    assert scores["successor"].isnan().all()  # it has no such words, only one for all unknown ones


def test_equal_seeds_give_equal_runs_and_nothing_else_is_drawn_from():
    before = torch.random.get_rng_state()
    once, again, other = (toys.train_toy(2, 3, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(once.loss, again.loss)
    assert not torch.equal(once.loss, other.loss)


def test_it_can_be_watched_and_trains_where_gradients_are_off():
    with torch.no_grad():
        steps = [len(run.loss) for run in toys.iter_train_toy(1, 3)]
    assert steps == [1, 2, 3]


def test_heads_are_all_there_is():
    model = loaded(toys.toy_model(2, seed=4))
    ids = model.ids("c a f b d c a")
    written = iw.cache(model, ids, ["L*.mlp_out"])
    assert all(not written[place].any() for place in written)
    share = iw.logit_attribution(model, ids, "f", "b")
    assert share.check < 1e-4


def test_what_is_no_letter_is_refused():
    with pytest.raises(ValueError, match="from 0 to 9; got 0 to 10"):
        loaded(toys.toy_model(1)).ids("a x b")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"layers": 0}, "got 0 layers, 200 steps"),
        ({"layers": 1, "steps": 0}, "got 1 layers, 0 steps"),
        ({"layers": 1, "periods": (8, 5)}, r"the smaller one first; got \(8, 5\)"),
        ({"layers": 1, "periods": (5, 11)}, "from 2 to 10"),
    ],
)
def test_what_no_toy_can_be_is_refused_at_once(given, said):
    with pytest.raises(ValueError, match=said):
        toys.iter_train_toy(**given)
