"""Lesson 10: other answers that its exercises accept, and what its text says of the model."""

from itertools import combinations

import pytest
import torch

import interp_widgets as iw
from interp_widgets.course.exercises import find

READERS = ["L2.z.1", "L3.z.1", "L3.z.2", "L4.z.0", "L4.z.2"]
MOVERS = ["L5.z.1", "L5.z.2", "L5.z.3", "L6.z.0", "L6.z.1", "L6.z.2", "L7.z.0", "L7.z.2"]


def test_ioi_prompts_may_be_made_in_another_way():
    def by_hand(hf, ids, io, s, third):
        where = [i for i, token in enumerate(ids.tolist()) if token == s][1]
        made = [[*ids.tolist()[:where], name, *ids.tolist()[where + 1 :]] for name in (third, io)]
        rows = [hf(torch.tensor([one])).logits[0, -1] for one in (ids.tolist(), *made)]
        clean, abc, flipped = (float(row[io] - row[s]) for row in rows)
        return made[0], made[1], [1.0, (abc - flipped) / (clean - flipped), 0.0]

    assert iw.check("10.1", by_hand)


def test_a_metric_that_misses_its_ends_is_told_which():
    def half(*given):
        abc, flipped, score = find("10.1").solution(*given)
        return abc, flipped, score / 2

    assert "0.5 for the clean prompt and 0 for the flipped" in iw.check("10.1", half).message


def test_roles_may_be_numbers():
    solution = find("10.2").solution
    assert iw.check("10.2", lambda *given: solution(*given).float().tolist())


def test_a_share_that_does_not_follow_from_the_table_is_told():
    def wrong(*given):
        raised, share = find("10.4").solution(*given)
        return raised, share + 0.5

    assert "your table gives a share of" in iw.check("10.4", wrong).message


def largest_first(measure, candidates):
    """All sets from the larger ones down: another way to the smallest that fits."""
    best = None
    for count in (3, 2, 1):
        for chosen in combinations(candidates, count):
            fall, rise = measure(list(chosen))
            key = (-count, fall)
            if fall >= 0.5 and rise <= 0.01 and (best is None or key > best[0]):
                best = key, chosen
    assert best is not None
    return [head in best[1] for head in candidates]


def test_another_search_passes():
    assert iw.check("10.5", largest_first)


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        ({(6, 1)}, "you cut L6.z.1 (1 of at most 3): the bias falls by 27%"),
        (set(), "you cut no head at all"),
    ],
)
def test_an_edit_that_is_not_enough_hears_its_numbers(cut, said):
    result = iw.check("10.5", lambda measure, candidates: [head in cut for head in candidates])
    assert said in result.message


@pytest.fixture(scope="module")
def model():
    return iw.load()


def pairs(spoil):
    found = iw.prompts("ioi")[:6]
    corrupt, distractors = zip(*(spoil(p) for p in found), strict=True)
    return [p.prompt for p in found], list(corrupt), [p.answer for p in found], list(distractors)


def another_giver(p):
    at = p.prompt.rindex(p.distractor)
    return p.prompt[:at] + p.answer + p.prompt[at + len(p.distractor) :], p.distractor


def another_receiver(p):
    other = next(n for n in (" Mary", " John", " Emma") if n not in (p.answer, p.distractor))
    return p.prompt.replace(p.answer.strip(), other.strip()), other


def test_who_gives_and_who_is_there_are_carried_by_different_heads(model):
    for spoil, does, idle in (
        (another_giver, READERS, MOVERS),
        (another_receiver, MOVERS, READERS),
    ):
        found = iw.activation_patching(model, *pairs(spoil), cells=[does, idle], direction="noise")
        carried, rest = found.recovery.tolist()
        assert carried > 0.7
        assert abs(rest) < 0.05


def test_readers_do_not_steer_what_movers_look_at(model):
    clean, corrupt, answers, distractors = (part[:3] for part in pairs(another_giver))
    effects = [
        iw.path_patching(model, clean, corrupt, answers, distractors, READERS, to).effect.item()
        for to in ("logits", ["L5.q", "L6.q", "L7.q"])
    ]
    assert effects[0] < -8
    assert abs(effects[1]) < 0.05 * abs(effects[0])
