"""Edge attribution is the slope of path patching, and a node's edges add up to its attribution."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import interp_widgets as iw
from interp_widgets.core.hooks import captured, hooked, lock_of
from tests.core.conftest import hooks_on, make

CLEAN, CORRUPT = "the capital of Texas is", "the city of Rome is"
ANSWER, DISTRACTOR = " Austin", " Paris"
TOLERANCE = 1e-6
PAIRS = (["the capital of Texas is", "a state of Austin is"], ["the city of Rome is"] * 2)


def edges(model, clean=CLEAN, corrupt=CORRUPT, **options):
    given = {"answer": ANSWER, "distractor": DISTRACTOR} | options
    return iw.edge_attribution(model, clean, corrupt, **given)


@pytest.fixture(scope="module")
def wide():
    return make("llama")


def written(model, source):
    """What a source writes in the corrupt run less in the clean one, ``[pos, d_model]``."""
    place, _, head = source.partition(".z.")
    name = f"{place}.z" if head else source
    runs = []
    for prompt in (CLEAN, CORRUPT):
        with captured(model, [name, f"{place}.attn_out"] if head else [name]) as found:
            model.run(model.ids(prompt)[None])
        runs.append([*found.values()])
    if not head:
        return (runs[1][0] - runs[0][0])[0]
    new = runs[0][0].clone()
    new[:, :, int(head)] = runs[1][0][:, :, int(head)]
    out = f"{place}.attn_out"
    with hooked(model, {name: lambda _: new}), captured(model, [out]) as found:
        model.run(model.ids(CLEAN)[None])
    return (found.popitem()[1] - runs[0][1])[0]


def slope_by(model, target, shape):
    """``∂metric/∂stream`` where one reader alone sees the stream moved: two runs, by autograd."""
    moved = torch.zeros(shape, dtype=torch.float64, device=model.device, requires_grad=True)
    tokens = [model.token_id(ANSWER), model.token_id(DISTRACTOR)]
    ids, read = model.ids(CLEAN)[None], {}
    if target == "logits":
        with hooked(model, {"final": lambda x: x + moved}):
            logits = model.hf(input_ids=ids, use_cache=False).logits[0, -1]
    else:
        layer, kind, *head = target.split(".")
        with captured(model, [f"{layer}.attn_out"]) as found:
            model.run(ids)
        still = found.popitem()[1]
        place = f"{layer}.{kind}"
        enter = {f"{layer}.resid_pre": lambda x: x + moved}
        edits = {f"{layer}.attn_out": lambda _: still, place: lambda x: read.update(x=x)}
        with hooked(model, enter | edits):
            model.hf(input_ids=ids, use_cache=False)

        def give(x):
            if not head:
                return read["x"]
            new = x.clone()
            new[:, :, int(head[0])] = read["x"][:, :, int(head[0])]
            return new

        with hooked(model, {place: give}):
            logits = model.hf(input_ids=ids, use_cache=False).logits[0, -1]
    (slope,) = torch.autograd.grad(logits[tokens[0]] - logits[tokens[1]], moved)
    return slope


def test_scores_are_derivatives_of_path_patching(model):
    """Against autograd through the two runs of the definition, edge by edge."""
    record = edges(model, sample=0)
    sent = {source: written(model, source) for source in ("embed", "L0.z.1", "L1.mlp_out")}
    kv = model.n_kv_heads - 1
    for target in ("logits", "L2.q.1", f"L2.k.{kv}", "L2.v.0", "L2.mlp_in", "L1.mlp_in"):
        slope = slope_by(model, target, sent["embed"].shape)
        for source, change in sent.items():
            score = float(record.scores[record.sources.index(source), record.targets.index(target)])
            if (source, target) == ("L1.mlp_out", "L1.mlp_in"):
                assert score != score
            else:
                wanted = float((slope * change).sum())
                assert score == pytest.approx(wanted, abs=TOLERANCE), (source, target)


def test_edges_of_a_node_add_up_to_its_attribution(model):
    _add_up(model, integrate=0)


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2"])
def test_integrated_edges_of_a_node_add_up_too(family):
    _add_up(make(family), integrate=3)


def _add_up(model, integrate):
    options = {"direction": "noise", "integrate": integrate, "sample": 0}
    record = edges(model, **options)
    assert record.check <= TOLERANCE
    given = (model, CLEAN, CORRUPT, ANSWER, DISTRACTOR)
    nodes = iw.attribution_patching(*given, "mlp_out", "layer", **options).effect.tolist()
    for layer, wanted in enumerate(nodes):
        assert record.node(f"L{layer}.mlp_out") == pytest.approx(wanted, abs=TOLERANCE)
    whole = iw.attribution_patching(*given, "resid_pre", "layer", **options).effect
    assert record.node("embed") == pytest.approx(float(whole[0]), abs=TOLERANCE)
    if model.architecture.attn_post_norm is None:
        heads = iw.attribution_patching(*given, "z", "head", **options).effect
        for layer, head in heads.abs().gt(-1).nonzero().tolist():
            node = record.node(f"L{layer}.z.{head}")
            assert node == pytest.approx(float(heads[layer, head]), abs=TOLERANCE)


@pytest.mark.parametrize("family", ["gpt2", "gemma2", "gptj"])
def test_edges_are_exact_where_nothing_bends(family):
    """Straight into logits that no norm precedes, in both directions."""
    model = make(family)
    if family == "gemma2":
        model.logit_softcap = model.hf.config.final_logit_softcapping = None
    parent, _, name = model.architecture.final_norm.rpartition(".")
    setattr(model.hf.get_submodule(parent), name, nn.Identity().eval())
    for direction in ("noise", "denoise"):
        record = edges(model, direction=direction, sample=0)
        given = (model, CLEAN, CORRUPT, ANSWER, DISTRACTOR)
        exact = iw.path_patching(*given, direction=direction).effect
        into = dict(zip(record.sources, record.scores[:, -1].tolist(), strict=True))
        for layer, head in exact.abs().gt(-1).nonzero().tolist():
            wanted = float(exact[layer, head])
            assert into[f"L{layer}.z.{head}"] == pytest.approx(wanted, abs=TOLERANCE)


def test_the_sample_is_path_patched(wide):
    record = edges(wide, sample=12)
    frame = record.to_frame()
    measured = frame[frame.exact.notna()]
    assert len(measured) == 12
    given = (wide, CLEAN, CORRUPT, ANSWER, DISTRACTOR)
    for row in measured.itertuples():
        one = iw.path_patching(*given, sender=str(row.source), receiver=str(row.target))
        assert row.exact == pytest.approx(float(one.effect), abs=TOLERANCE)
    pairs = torch.tensor(measured[["score", "exact"]].to_numpy().T)
    assert record.agreement == pytest.approx(float(torch.corrcoef(pairs)[0, 1]))
    assert record.sign_agreement == pytest.approx(
        float((pairs[0].sign() == pairs[1].sign()).double().mean())
    )
    assert f"{record.agreement:.2f}" in record.describe()
    again, other = edges(wide, sample=12), edges(wide, sample=12, seed=1)
    assert torch.equal(again.exact.isnan(), record.exact.isnan())
    assert not torch.equal(other.exact.isnan(), record.exact.isnan())
    everything = edges(wide, sample=10**6)
    assert torch.equal(everything.exact.isnan(), everything.scores.isnan())
    assert everything.agreement > 0.8
    none = edges(wide, sample=0)
    assert none.agreement != none.agreement
    assert none.sign_agreement != none.sign_agreement


def test_the_record(wide, tmp_path):
    record = edges(wide)
    assert record.scores.shape == record.exact.shape == (16, 28)
    assert record.sources[:6] == ("embed", *(f"L0.z.{h}" for h in range(4)), "L0.mlp_out")
    assert record.targets[:4] == tuple(f"L0.q.{h}" for h in range(4))
    assert record.targets[4:9] == ("L0.k.0", "L0.k.1", "L0.v.0", "L0.v.1", "L0.mlp_in")
    assert record.targets[-1] == "logits"
    assert repr(record) == f"EdgeAttribution(noise, 16 sources × 28 targets, {wide.name})"
    assert not record.scores[:, -1].isnan().any()  # everyone writes to the logits
    assert record.scores[record.sources.index("L2.mlp_out"), :-1].isnan().all()
    frame = record.to_frame()
    assert list(frame) == ["source", "target", "score", "exact"]
    assert (frame.score.abs().diff().dropna() <= 0).all()
    assert len(frame) == int((~record.scores.isnan()).sum())
    first = frame.iloc[0]
    assert record.strongest(3)[0] == (first.source, first.target, first.score)
    assert f"{first.source} → {first.target}" in record.describe()
    with pytest.raises(ValueError, match=r"'L0\.q\.1' is no source"):
        record.node("L0.q.1")
    back = iw.EdgeAttribution.load(record.save(tmp_path / "a.safetensors"))
    assert repr(back) == repr(record)
    assert back.scores.equal(record.scores) or back.scores.allclose(record.scores, equal_nan=True)
    assert back.describe() == record.describe()
    drawn = record.plot(top=5)
    assert list(drawn.data[0].x)[-1] == pytest.approx(first.score)
    bars = record.plot(kind="print", top=5).axes[0].patches
    assert bars[-1].get_width() == pytest.approx(first.score)
    with pytest.raises(ValueError, match="top="):
        record.plot(top=0)
    with pytest.raises(TypeError, match="no widget"):
        record.widget()


def test_several_pairs_in_steps(wide):
    record = edges(wide, *PAIRS, sample=5)
    singles = [edges(wide, *pair, sample=5) for pair in zip(*PAIRS, strict=True)]
    for name in ("scores", "exact"):
        mean = torch.stack([getattr(one, name) for one in singles]).mean(0)
        assert getattr(record, name).allclose(mean, equal_nan=True)
    steps = list(iw.iter_edge_attribution(wide, *PAIRS, ANSWER, DISTRACTOR, sample=5))
    assert steps[0].scores.allclose(singles[0].scores, equal_nan=True)
    assert steps[0].exact.isnan().all()
    assert steps[0].clean_values.isnan().tolist() == [False, True]
    assert steps[-1].scores.equal(record.scores) or steps[-1].scores.allclose(
        record.scores, equal_nan=True
    )
    scaled = edges(wide, *PAIRS, metric="recovery", sample=5)
    gap = record.clean - record.corrupt
    assert scaled.scores.allclose(record.scores / gap, equal_nan=True)
    assert scaled.agreement == pytest.approx(record.agreement)
    assert (scaled.clean, scaled.corrupt) == pytest.approx((1, 0))


def test_identical_and_unequal_prompts(wide):
    same = edges(wide, corrupt=CLEAN)
    assert (same.scores.nan_to_num() == 0).all()
    with pytest.raises(ValueError, match="6 tokens and the corrupt one 4"):
        edges(wide, "the Eiffel Tower is in", "Rome is in")
    record = edges(
        wide, "the Eiffel Tower is in", "Rome is in", align="diff", metric="log_prob", sample=40
    )
    assert record.agreement > 0.5


def test_inside_a_block_of_the_callers_its_edit_stays(wide):
    with hooked(wide, {"L0.mlp_out": lambda x: x * 0}):
        record = edges(wide)
        assert record.node("L0.mlp_out") == pytest.approx(0, abs=TOLERANCE)
        heads = iw.attribution_patching(
            wide, CLEAN, CORRUPT, ANSWER, DISTRACTOR, "z", "head", "noise", sample=0
        )
        assert record.node("L1.z.2") == pytest.approx(float(heads.effect[1, 2]), abs=TOLERANCE)


def test_the_model_is_left_as_it_was(wide, monkeypatch):
    before = [weight.requires_grad for weight in wide.hf.parameters()]
    with torch.no_grad():  # the caller's own setting does not matter
        wanted = edges(wide).scores
    steps = iw.iter_edge_attribution(wide, *PAIRS, ANSWER, DISTRACTOR)
    next(steps)
    steps.close()

    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(wide.layers[1].mlp, "forward", stop)
    with pytest.raises(KeyboardInterrupt):
        edges(wide)
    monkeypatch.undo()
    assert all(weight.grad is None for weight in wide.hf.parameters())
    assert [weight.requires_grad for weight in wide.hf.parameters()] == before
    assert hooks_on(wide.hf) == 0
    assert not lock_of(wide.hf)._is_owned()
    assert edges(wide).scores.allclose(wanted, equal_nan=True)


def test_half_precision(device):
    wanted = edges(make("llama"), sample=0).scores.nan_to_num()
    got = edges(make("llama", torch.bfloat16), sample=0).scores.nan_to_num()
    assert (got - wanted).abs().max() < 0.1 * wanted.abs().max()


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"metric": "rank"}, ValueError, "no gradient"),
        ({"metric": "kl"}, ValueError, "no gradient"),
        ({"metric": lambda logits: logits[:, 5].detach()}, ValueError, "lets no gradient pass"),
        ({"metric": lambda x: x[:, 0] * float("nan")}, ValueError, "is nan in the run that is"),
        ({"integrate": -1}, ValueError, "integrate="),
        ({"integrate": 1.5}, ValueError, "integrate="),
        ({"sample": True}, ValueError, "sample="),
        ({"seed": -1}, ValueError, "seed"),
        ({"direction": "both"}, ValueError, "'noise'"),
        ({"answer": None}, ValueError, "answer= is missing"),
        ({"answer": " Eiffel Tower"}, ValueError, "Tower"),
        ({"corrupt": "the capital"}, ValueError, "do not correspond"),
    ],
)
def test_bad_arguments(wide, given, error, said):
    with pytest.raises(error, match=said):
        edges(wide, **given)
    assert hooks_on(wide.hf) == 0
    assert not lock_of(wide.hf)._is_owned()
