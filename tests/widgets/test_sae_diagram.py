"""SAEDiagram: every number it draws is the dictionary's own, worked out again by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import interp_widgets as iw
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.widgets.sae_diagram import SAEDiagram
from tests.widgets.examples import OTHER, PROMPT, model
from tests.widgets.feature_data import small_sae


def toy() -> tuple[SAE, Tensor]:
    """ReLU, d 2, three latents: the axes, and the first one backwards."""
    directions = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    bias = torch.tensor([-0.5, 0.0, 0.0])
    sae = SAE(directions.T, bias, directions, torch.zeros(2), "relu")
    return sae, torch.tensor([[2.0, 1.0], [-3.0, 0.0], [0.25, -1.0]])


def test_its_numbers_are_those_of_the_forward_pass_by_hand():
    sae, x = toy()
    diagram = SAEDiagram(sae, x, families={"right": 0, "left": [2]}, names={1: "up"})
    scene = diagram.scene
    assert scene["codes"] == [[1.5, 1.0, 0.0], [0.0, 0.0, 3.0], [0.0, 0.0, 0.0]]
    assert scene["out"] == [[1.5, 1.0], [-3.0, 0.0], [0.0, 0.0]]
    assert scene["mse"] == [0.25, 0.0, 1.062]  # 1.0625, to four digits
    assert scene["l1"] == [2.5, 3.0, 0.0]
    assert scene["l0"] == [2, 1, 0]
    assert scene["encoder"] == [[1.0, 0.0, -1.0], [0.0, 1.0, 0.0]]
    assert scene["decoder"] == [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]
    assert scene["shine"] == [[2, 2, 0], [0, 0, 2], [0, 0, 0]]
    assert scene["families"] == [
        {"name": "right", "at": 0, "shine": [2, 0, 0]},
        {"name": "left", "at": 1, "shine": [0, 2, 0]},
    ]
    assert [one["name"] for one in scene["latents"]] == ["right", "up", "left"]
    assert diagram.describe() == (
        "x0 (1 of 3): 2 of 3 latents fire, L1 2.50, squared error 0.250; lit: right."
    )
    diagram.act({"do": "token", "to": 2})
    assert diagram.describe() == "x2 (3 of 3): 0 of 3 latents fire, L1 0, squared error 1.06."


def test_what_fires_below_half_of_its_own_largest_value_is_faint_not_lit():
    """A dictionary of k latents a token lets some fire for want of better ones."""
    sae, _ = toy()
    x = torch.tensor([[2.5, 0.1], [1.0, 0.0], [1.5, 0.0], [0.0, 0.0]])
    diagram = SAEDiagram(sae, x, families={"right": 0, "up": 1}, latents=[0, 2])
    assert diagram.walk.codes[:, 0].tolist() == [2.0, 0.5, 1.0, 0.0]  # the third: just half
    assert diagram.walk.shine[:, 0].tolist() == [2, 1, 2, 0]
    assert [diagram.walk.lit(token) for token in range(4)] == [["right", "up"], [], ["right"], []]
    # "up" is not drawn, and its family is lit all the same.
    assert [one["shine"] for one in diagram.scene["families"]] == [[2, 1, 2, 0], [2, 0, 0, 0]]
    diagram.act({"do": "token", "to": 1})
    assert diagram.describe() == "x1 (2 of 4): 1 of 3 latents fire, L1 0.500, squared error 0.250."


def test_a_prompt_lights_latents_as_the_model_does():
    sae = small_sae()
    diagram = SAEDiagram(sae, model=model(), prompt=[PROMPT, OTHER])
    rows = [
        iw.cache(model(), text, ["L1.resid_post"])["L1.resid_post"][1:] for text in (PROMPT, OTHER)
    ]
    x = torch.cat(rows)
    walk = diagram.walk
    assert torch.equal(walk.x, x)
    assert list(walk.tokens) == [*model().tokens(PROMPT)[1:], *model().tokens(OTHER)[1:]]
    torch.testing.assert_close(walk.mse, sae.error(x).square().sum(-1))
    assert walk.l0.tolist() == [3] * len(x)
    assert len(walk.dims) == 8
    others = [i for i in range(32) if i not in walk.dims]
    assert float(x.var(0)[list(walk.dims)].min()) >= float(x.var(0)[others].max())
    assert len(walk.latents) == 24


def test_families_are_drawn_however_weak_and_the_strongest_fill_up():
    torch.manual_seed(0)
    sae = SAE(torch.randn(6, 60), torch.zeros(60), torch.randn(60, 6), torch.zeros(6), "relu")
    x = torch.randn(10, 6)
    total = sae.encode(x).sum(0)
    weakest = int(total.argmin())
    walk = SAEDiagram(sae, x, families={"faint": weakest}).walk
    strongest = set(total.topk(23).indices.tolist())
    assert set(walk.latents) == {weakest} | strongest
    assert walk.dims == tuple(range(6))
    chosen = SAEDiagram(sae, x, latents=[5, 2]).walk
    assert chosen.latents == (5, 2)


def test_a_training_run_is_shown_as_it_is_by_now():
    x = torch.randn(64, 8, generator=torch.Generator().manual_seed(0))
    run = iw.train_sae(x, variant="topk", d_sae=24, k=3, batch_size=32, steps=5).train()
    diagram = SAEDiagram(run, x[:10])
    torch.testing.assert_close(diagram.walk.out, run.sae(x[:10]))
    assert set(diagram.scene["l0"]) == {3}


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ({"do": "token", "to": 3}, "tokens 0 to 2; got 3"),
        ({"do": "pick", "latent": 9}, "drawn are 0, 1, 2; got 9"),
        ({"do": "set", "name": "token", "value": 7}, "tokens 0 to 2; got 7"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(action, said):
    diagram = SAEDiagram(*toy())
    with pytest.raises(ValueError, match=said):
        diagram.act(action)
    assert (diagram.actions, diagram.token, diagram.picked) == ([], 0, -1)


def test_constructor_refuses():
    sae, x = toy()
    with pytest.raises(TypeError, match="shows a dictionary"):
        SAEDiagram("sae", x)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs activations, or model="):
        SAEDiagram(sae)
    with pytest.raises(TypeError, match="needs activations, or model="):
        SAEDiagram(sae, x, model=model(), prompt=PROMPT)
    with pytest.raises(ValueError, match=r"\[token, 2\] of 1 to 128 tokens; got \[3, 5\]"):
        SAEDiagram(sae, torch.ones(3, 5))
    with pytest.raises(ValueError, match="NaN or infinite"):
        SAEDiagram(sae, x.clone().fill_(torch.nan))
    with pytest.raises(ValueError, match="one text a row: 3; got 1"):
        SAEDiagram(sae, x, tokens=["a"])
    with pytest.raises(ValueError, match=r"families\['far'\] is different latents of 0 to 2"):
        SAEDiagram(sae, x, families={"far": 3})
    with pytest.raises(ValueError, match="does not say where it reads"):
        SAEDiagram(sae, model=model(), prompt=PROMPT)
    skip = SAE(sae.W_enc, sae.b_enc, sae.W_dec, sae.b_dec, "relu", center=False, site="L1.mlp_in",
               site_out="L1.mlp_out")  # fmt: skip
    with pytest.raises(ValueError, match="is a transcoder"):
        SAEDiagram(skip, x)
