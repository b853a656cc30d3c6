"""Exercise 06.3: what a learner may spell otherwise, and what its two identities say."""

import torch
from torch.nn.functional import kl_div

import interp_widgets as iw
from interp_widgets.course.exercises import find


def spelt_otherwise(hf, streams, steps, rate):
    """One row at a time, with torch's own KL: the rows share nothing."""
    target = torch.log_softmax(hf.lm_head(hf.transformer.ln_f(streams[-1])), -1).detach()
    maps, shifts, history = [], [], []
    for row in streams[:-1]:
        A = torch.nn.Linear(row.shape[1], row.shape[1])
        torch.nn.init.zeros_(A.weight)
        torch.nn.init.zeros_(A.bias)
        optimizer = torch.optim.Adam(A.parameters(), lr=rate)
        losses = []
        for _ in range(steps):
            said = torch.log_softmax(hf.lm_head(hf.transformer.ln_f(row + A(row))), -1)
            loss = kl_div(said, target, log_target=True, reduction="batchmean")
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        maps.append(A.weight)
        shifts.append(A.bias)
        history.append(torch.tensor(losses))
    return torch.stack(maps), torch.stack(shifts), torch.stack(history, 1)


def test_another_spelling_passes():
    result = iw.check("06.3", spelt_otherwise)
    assert result, result


def test_a_random_start_is_told_from_the_logit_lens():
    def random_start(hf, streams, steps, rate):
        A, b, history = find("06.3").solution(hf, streams, steps, rate)
        return A + 0.1 * torch.randn_like(A), b, history + 0.1

    message = iw.check("06.3", random_start).message
    assert "that of the logit lens" in message
    assert "start with A = 0 and b = 0" in message


def test_an_optimiser_that_never_steps_is_noticed():
    def still(hf, streams, steps, rate):
        A, b, history = find("06.3").solution(hf, streams, steps, rate)
        return 0 * A, 0 * b, history[:1].expand(steps, -1)

    assert "fallen in 0 of 3 rows" in iw.check("06.3", still).message


def test_gradients_are_on_for_those_who_train_only():
    seen = {}

    def watch(name):
        def answer(*given):
            seen[name] = torch.is_grad_enabled()
            return find(name).solution(*given)

        return answer

    for name in ("06.1", "06.3"):
        with torch.no_grad():
            assert iw.check(name, watch(name))
            assert not torch.is_grad_enabled()
    assert seen == {"06.1": False, "06.3": True}


def test_the_solution_leaves_the_model_alone():
    hf, streams, *_ = find("06.3").cases()[0].args
    find("06.3").solution(hf, streams, 2, 0.01)
    assert all(weight.grad is None for weight in hf.parameters())
