"""`iw.path_patching` equals a slow reference with plain hooks, at every row of the table."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import interp_widgets as iw
from interp_widgets.core.hooks import captured, hooked, lock_of
from interp_widgets.core.patching import sweep as engine
from interp_widgets.core.patching.base_run import FINAL
from interp_widgets.core.patching.writes import Writes
from interp_widgets.core.weights import head_writes, token_directions
from tests.core.conftest import hooks_on, make

CLEAN, CORRUPT = "the capital of Texas is", "the city of Rome is"
ANSWER, DISTRACTOR = " Austin", " Paris"
TOLERANCE = 1e-6
PAIRS = (["the capital of Texas is", "a state of Austin is"], ["the city of Rome is"] * 2)


def patched(model, clean=CLEAN, corrupt=CORRUPT, **options):
    given = {"answer": ANSWER, "distractor": DISTRACTOR} | options
    return iw.path_patching(model, clean, corrupt, **given)


def difference(model, logits):
    return float(logits[model.token_id(ANSWER)] - logits[model.token_id(DISTRACTOR)])


def reference(model, senders, receivers, through=False, base=CLEAN, donor=CORRUPT):
    """Three forwards with hooks, as the definition says: record, freeze, give."""
    layers = range(model.n_layers)
    frozen = [f"L{n}.{kind}" for n in layers for kind in ("z", "mlp_out")] + ["embed"]
    runs = []
    for prompt in (base, donor):
        inside = [f"L{n}.{kind}" for n in layers for kind in "qkv"]
        with captured(model, [*frozen, *inside]) as found:
            model.run(model.ids(prompt)[None])
        runs.append({str(site): value for site, value in found.items()})
    held, given = runs[0], runs[1]
    still = {name: held[name].clone() for name in frozen}
    if through:
        still = {name: value for name, value in still.items() if "mlp" not in name}
    for sender in senders:
        place, _, head = sender.partition(".z.")
        if head:
            still[f"{place}.z"][:, :, int(head)] = given[f"{place}.z"][:, :, int(head)]
        elif sender.count(".") == 2:  # a query, key or value head: what becomes of its layer's z
            place, _, index = sender.rpartition(".")
            new = held[place].clone()
            new[:, :, int(index)] = given[place][:, :, int(index)]
            z = f"{sender[:2]}.z"
            with hooked(model, {place: lambda _, new=new: new}), captured(model, [z]) as found:
                model.run(model.ids(base)[None])
            (still[z],) = found.values()
        else:
            still[sender] = given[sender]
    read = {}

    def put(value):
        return lambda _: value

    def record(name):
        return lambda x: read.update({name: x.clone()})

    names = ["final"] if receivers == ["logits"] else receivers
    edits = {name: put(value) for name, value in still.items()}
    with hooked(model, edits), hooked(model, {name: record(name) for name in names}):
        model.run(model.ids(base)[None])
    if names == ["final"]:
        return difference(model, model.unembed(read["final"][0, -1]))
    with hooked(model, {name: put(value) for name, value in read.items()}):
        return difference(model, model.logits(model.ids(base)[None])[0, -1])


@pytest.fixture(scope="module")
def wide():
    return make("llama")


@pytest.mark.parametrize("through", [False, True])
def test_it_equals_the_slow_reference(model, through):
    kv = model.n_kv_heads - 1
    cases = [
        (["L1.z.3"], ["logits"]),
        (["L0.z.1"], ["L2.q.1"]),
        (["L0.mlp_out"], [f"L2.k.{kv}"]),
        (["embed", "L1.z.0", "L0.mlp_out"], ["L1.v", "L2.v.0", "L2.mlp_in"]),
        ([f"L1.v.{kv}"], ["L2.mlp_in"]),
        ([f"L0.k.{kv}"], ["logits"]),
        (["L0.q.2"], ["L1.v.0"]),
    ]
    for senders, receivers in cases:
        receiver = receivers[0] if len(receivers) == 1 else receivers
        cell = patched(model, sender=senders, receiver=receiver, through_mlps=through)
        wanted = reference(model, senders, receivers, through)
        assert float(cell.values[0, 0]) == pytest.approx(wanted, abs=TOLERANCE), (senders,)


def test_a_grid_is_its_places_one_by_one(wide):
    for through in (False, True):
        for receiver in ("logits", "L2.q.1", ["L1.mlp_in", "L2.v"]):
            options = {"receiver": receiver, "through_mlps": through}
            heads, mlps = patched(wide, **options), patched(wide, sender="mlp_out", **options)
            for layer in (0, 1):
                one = patched(wide, sender=f"L{layer}.z.3", **options)
                assert float(one.effect) == pytest.approx(float(heads.effect[layer, 3]))
            one = patched(wide, sender="L0.mlp_out", **options)
            assert float(one.effect) == pytest.approx(float(mlps.effect[0]))


def test_straight_into_the_logits_it_is_a_sum_and_the_final_norm(model):
    """M29: the final norm of the clean run's last stream plus what a head writes otherwise."""
    names = [f"L{layer}.{kind}" for layer in range(model.n_layers) for kind in ("z", "attn_out")]
    runs = []
    for prompt in (CLEAN, CORRUPT):
        with captured(model, [*names, FINAL]) as found:
            model.run(model.ids(prompt)[None])
        runs.append({str(site): value for site, value in found.items()})
    clean, corrupt = runs
    record = patched(model)
    for layer in range(model.n_layers):
        z, attn_out = f"L{layer}.z", f"L{layer}.attn_out"
        for head in range(model.n_heads):
            new = clean[z].clone()
            new[:, :, head] = corrupt[z][:, :, head]
            with hooked(model, {z: lambda _, new=new: new}), captured(model, [attn_out]) as found:
                model.run(model.ids(CLEAN)[None])
            (wrote,) = found.values()
            if model.architecture.attn_post_norm is None:
                both = [head_writes(model, layer, run[z])[0][0, -1, head] for run in runs]
                moved = (wrote - clean[attn_out])[0, -1]
                assert (both[1] - both[0] - moved).abs().max() <= TOLERANCE
            final = (clean["final"] + wrote - clean[attn_out])[0, -1]
            wanted = difference(model, model.unembed(final))
            assert float(record.values[0, layer, head]) == pytest.approx(wanted, abs=TOLERANCE)


def test_all_writes_together_are_the_other_run(model):
    for direction in ("noise", "denoise"):
        record = patched(model, sender="mlp_out", direction=direction)
        assert record.check_whole == pytest.approx(1, abs=TOLERANCE)
        assert record.check_nothing <= TOLERANCE
    everything = ["embed", "L*.attn_out", "L*.mlp_out"]
    assert float(patched(model, sender=everything).recovery) == pytest.approx(1, abs=TOLERANCE)
    assert (patched(model, corrupt=CLEAN).effect == 0).all()


@pytest.mark.parametrize("family", ["gpt2", "llama", "gpt_neox"])
def test_without_a_final_norm_paths_are_direct_logit_attribution(family):
    """A head's share in the logit difference: in the corrupt run less in the clean one."""
    model = make(family)
    parent, _, name = model.architecture.final_norm.rpartition(".")
    setattr(model.hf.get_submodule(parent), name, nn.Identity().eval())
    directions, _ = token_directions(model, [model.token_id(t) for t in (ANSWER, DISTRACTOR)])
    record, shares = patched(model), []
    for prompt in (CLEAN, CORRUPT):
        with captured(model, "L*.z") as found:
            model.run(model.ids(prompt)[None])
        writes = [head_writes(model, n, z[0, -1])[0] for n, z in enumerate(found.values())]
        shares.append(torch.stack(writes) @ (directions[0] - directions[1]))
    assert record.effect.allclose(shares[1] - shares[0], atol=TOLERANCE)
    # Nothing bends any more, so heads that send together add up.
    together = patched(model, sender=["L*.z"])
    assert float(together.effect) == pytest.approx(float(record.effect.sum()), abs=TOLERANCE)


def test_the_last_layer_has_direct_paths_only(wide):
    """What the last MLP does it does straight into the logits; so do the last heads, frozen MLP."""
    whole = iw.activation_patching(
        wide, CLEAN, CORRUPT, ANSWER, DISTRACTOR, "mlp_out", "layer", "noise"
    )
    paths = patched(wide, sender="mlp_out")
    assert float(paths.effect[2]) == pytest.approx(float(whole.effect[2]), abs=TOLERANCE)
    assert abs(float(paths.effect[0] - whole.effect[0])) > 1e-3
    heads = iw.activation_patching(wide, CLEAN, CORRUPT, ANSWER, DISTRACTOR, "z", "head", "noise")
    assert patched(wide, through_mlps=True).effect[2].allclose(heads.effect[2])


def test_where_no_path_leads_nothing_changes(wide):
    record = patched(wide, receiver="L1.q")
    assert (record.effect[1:] == 0).all()
    assert (record.effect[0] != 0).all()
    between = patched(wide, receiver="L1.mlp_in")  # attention of the same layer is read
    assert (between.effect[:2] != 0).all()
    assert (between.effect[2] == 0).all()
    beside = patched(make("gptj"), receiver="L1.mlp_in")  # parallel: it is not
    assert (beside.effect[1:] == 0).all()


def test_the_record(wide, tmp_path):
    record = patched(wide, receiver=["L2.k.1", "L2.v.1"])
    assert record.effect.shape == (3, 4)
    assert (record.method, record.receiver) == ("path", "L2.k.1 + L2.v.1")
    assert repr(record) == (
        f"Patching(path, z → L2.k.1 + L2.v.1, noise, 3 layer × 4 head, {wide.name})"
    )
    assert "direct paths z → L2.k.1 + L2.v.1" in record.describe()
    assert "z → L2.k.1" in record.plot().layout.title.text
    back = iw.Patching.load(record.save(tmp_path / "a.safetensors"))
    assert (repr(back), back.receiver) == (repr(record), record.receiver)
    one = patched(wide, sender="L0.z.1", receiver="L2.q.1")
    assert one.axes == ("cell",)
    assert one.labels == (("L0.z.1",),)
    assert "L0.z.1 → L2.q.1" in one.describe()
    with pytest.raises(TypeError, match=r"has no widget.*\.plot\(\)"):
        one.widget()
    every = patched(wide, sender="z", receiver="L2.q.1")
    assert float(one.effect) == pytest.approx(float(every.effect[0, 1]))


def test_several_pairs_in_steps(wide):
    record = patched(wide, *PAIRS, receiver="L2.q.1")
    singles = [patched(wide, *pair, receiver="L2.q.1") for pair in zip(*PAIRS, strict=True)]
    assert record.effect.allclose(torch.stack([one.effect for one in singles]).mean(0))
    low, high = record.interval()
    assert ((low <= record.effect) & (record.effect <= high)).all()
    steps = list(iw.iter_path_patching(wide, *PAIRS, ANSWER, DISTRACTOR, receiver="L2.q.1"))
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0.5, 1)
    assert torch.equal(steps[-1].values, record.values)
    scaled = patched(wide, *PAIRS, metric="recovery")
    assert scaled.effect.allclose(-patched(wide, *PAIRS).recovery)  # it starts from 1


def test_closing_and_interrupting_leave_nothing(wide, monkeypatch):
    steps = iw.iter_path_patching(wide, *PAIRS, ANSWER, DISTRACTOR, receiver="L2.mlp_in")
    next(steps)
    steps.close()
    assert hooks_on(wide.hf) == 0
    assert not lock_of(wide.hf)._is_owned()

    def stop(_):
        raise KeyboardInterrupt

    wanted = patched(wide, receiver="L2.mlp_in").values
    monkeypatch.setattr(wide.layers[2].mlp, "forward", stop)
    with pytest.raises(KeyboardInterrupt):
        patched(wide, receiver="L2.mlp_in")
    monkeypatch.undo()
    assert hooks_on(wide.hf) == 0
    assert all("forward" not in vars(layer) for layer in wide.layers)
    assert torch.equal(patched(wide, receiver="L2.mlp_in").values, wanted)


@pytest.mark.parametrize("through", [False, True])
def test_a_budget_and_scarce_memory_change_no_number(wide, monkeypatch, through):
    options = {"receiver": "L2.mlp_in", "through_mlps": through}
    wanted = patched(wide, **options).values
    monkeypatch.setitem(engine.BUDGET, "cpu", 1)
    steps = list(iw.iter_path_patching(wide, CLEAN, CORRUPT, ANSWER, DISTRACTOR, **options))
    assert len(steps) >= 12  # a head a batch
    assert (steps[-1].values - wanted).abs().max() <= TOLERANCE
    monkeypatch.undo()
    own, refused = Writes.of, []

    def scarce(self, cells):
        if len(cells) > 3:
            refused.append(len(cells))
            raise torch.OutOfMemoryError("tried to allocate more than there is")
        return own(self, cells)

    monkeypatch.setattr(Writes, "of", scarce)
    assert (patched(wide, **options).values - wanted).abs().max() <= TOLERANCE
    assert refused == [12, 6]


def test_nothing_below_the_receiver_runs_again(wide):
    """Layers under the lowest receiver see whole runs only, those above it nothing but the last."""
    rows = {layer: [] for layer in range(wide.n_layers)}
    looks = [
        module.mlp.register_forward_pre_hook(
            lambda _, args, layer=layer: rows[layer].append(len(args[0]))
        )
        for layer, module in enumerate(wide.layers)
    ]
    try:
        patched(wide, receiver="L1.q.0")
    finally:
        for look in looks:
            look.remove()
    assert max(rows[0]) <= 3  # of the base run's own check
    assert rows[1].count(4) == rows[2].count(4) == 1  # the four heads of layer 0, together


def test_unequal_prompts_are_shown_or_aligned(wide):
    with pytest.raises(ValueError, match="6 tokens and the corrupt one 4"):
        patched(wide, "the Eiffel Tower is in", "Rome is in")
    record = patched(wide, "the Eiffel Tower is in", "Rome is in", align="diff", metric="log_prob")
    assert record.effect.shape == (3, 4)
    assert not record.effect.isnan().any()
    assert record.check_whole != record.check_whole  # there is no whole to send


def test_inside_a_block_of_the_callers_paths_keep_its_edit(wide):
    with hooked(wide, {"L0.mlp_out": lambda x: x * 0}):
        record = patched(wide, receiver="L2.q.1")
        assert not record.resumed
        wanted = reference(wide, ["L1.z.2"], ["L2.q.1"])
    assert float(record.values[0, 1, 2]) == pytest.approx(wanted, abs=TOLERANCE)


def test_half_precision_runs(device):
    model = make("llama", torch.bfloat16)
    for receiver in ("logits", "L2.v"):
        record, exact = patched(model, receiver=receiver), patched(make("llama"), receiver=receiver)
        assert (record.effect - exact.effect).abs().max() < 0.1 * exact.values.abs().max()


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"sender": "L1.resid_pre"}, ValueError, "no part that writes"),
        ({"sender": "resid_pre"}, ValueError, "not a place"),
        ({"sender": "L7.z"}, ValueError, "3 layers"),
        ({"sender": "L1.z.9"}, ValueError, "4 heads"),
        ({"sender": []}, ValueError, "no place"),
        ({"sender": 3}, TypeError, "named by strings"),
        ({"sender": [iw.Patch("L1.z")]}, TypeError, "named by a string"),
        ({"receiver": "L1.z"}, ValueError, "no place that reads"),
        ({"receiver": "final"}, ValueError, "'logits'"),
        ({"receiver": "L1.k.3"}, ValueError, "2 key/value heads"),
        ({"receiver": ["logits", "L1.q"]}, ValueError, "alone"),
        ({"receiver": None}, TypeError, "named by strings"),
        ({"sender": "L2.z.0", "receiver": "L1.q"}, ValueError, "no path leads"),
        ({"sender": "L2.z.0", "receiver": "L2.q"}, ValueError, "no path leads"),
        ({"receiver": b"logits"}, TypeError, "named by a string"),
        ({"direction": "both"}, ValueError, "'noise'"),
        ({"through_mlps": "no"}, TypeError, "through_mlps= is True or False"),
        ({"align": 3}, TypeError, "a list of position pairs"),
        ({"align": ["ab"]}, TypeError, "a list of position pairs"),
        ({"align": []}, ValueError, "nothing could be patched"),
        ({"answer": b"x"}, ValueError, "answer= is one token"),
        ({"answer": " Eiffel Tower"}, ValueError, "Tower"),
        ({"distractor": None}, ValueError, "distractor= is missing"),
        ({"metric": "logits"}, ValueError, "metric= is one of"),
        ({"metric": lambda x: x[:, 0] * float("nan")}, ValueError, "is nan in the run that is"),
        ({"corrupt": "the capital"}, ValueError, "do not correspond"),
        ({"clean": [CLEAN, CLEAN]}, ValueError, "go in pairs"),
    ],
)
def test_bad_arguments(wide, given, error, said):
    options = {"answer": ANSWER, "distractor": DISTRACTOR, "clean": CLEAN, "corrupt": CORRUPT}
    with pytest.raises(error, match=said):
        iw.path_patching(wide, **(options | given))
    assert hooks_on(wide.hf) == 0
    assert not lock_of(wide.hf)._is_owned()


def test_a_metric_that_fails_on_one_path_names_it(wide):
    wanted = patched(wide).values[0, 1, 3]
    answer, distractor = wide.token_id(ANSWER), wide.token_id(DISTRACTOR)

    def sometimes(found):
        value = found[:, answer] - found[:, distractor]
        return torch.where((value - wanted).abs() < 1e-9, float("nan"), value)

    with pytest.raises(ValueError, match="is nan in the run patched at L1, head 3"):
        patched(wide, metric=sometimes)


def test_a_bare_model_is_told_how_to_come_in(wide):
    with pytest.raises(TypeError, match=r"iw\.load"):
        iw.path_patching(wide.hf, CLEAN, CORRUPT, ANSWER, DISTRACTOR)
