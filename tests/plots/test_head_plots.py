"""Still pictures of HeadGrid and AttributionScatter: what is written and where points lie."""

from __future__ import annotations

import numpy as np

from interp_widgets.plots.attribution import plot_print
from interp_widgets.plots.heads import plot_grid


def test_a_grid_has_its_numbers_and_roles_and_colours_around_zero() -> None:
    values = np.array([[0.5, -0.25], [np.nan, 0.0]])
    ax = plot_grid(values, "Heads", "recovery", roles={(0, 1): "mover", (1, 0): "in$duction"}).axes[
        0
    ]
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {
        (0, 0): "0.50",
        (1, 0): "-0.25\nmover",
        (0, 1): r"in\$duction",
        (1, 1): "0.00",
    }
    assert ax.images[0].get_clim() == (-0.5, 0.5)
    large = plot_grid(np.zeros((30, 30)), "Heads", "score", ends=(0, 1)).axes[0]
    assert len(large.texts) == 0
    assert large.images[0].get_clim() == (0, 1)


def test_a_scatter_has_a_kind_a_collection_and_names_that_do_not_overlap() -> None:
    groups = {
        "z": (np.array([1.0, 2.0]), np.array([1.5, 4.0])),
        "mlp_out": (np.array([0.0]), np.array([np.nan])),
    }
    named = [("L0.z.1", 4.0, 2.0), ("L0.z.2", 3.99, 2.0), ("L0.z.0", 1.5, 1.0)]
    ax = plot_print(groups, named, "logit_diff", "a model").axes[0]
    points = [collection.get_offsets() for collection in ax.collections]
    np.testing.assert_array_equal(np.asarray(points[0]), [[1.5, 1.0], [4.0, 2.0]])
    assert [text.get_text() for text in ax.texts] == ["L0.z.1", "L0.z.0"]
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["z", "mlp_out"]
