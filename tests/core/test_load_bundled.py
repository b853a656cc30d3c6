"""The course model as it is shipped: it loads offline and is used as any other."""

from __future__ import annotations

import pytest
import torch
from transformers.utils import logging

import interp_widgets as iw
from tests.core.conftest import hooks_on


@pytest.fixture(scope="module")
def course():
    return iw.load()


def test_it_is_on_cpu_in_float32_with_bos(course):
    assert (course.name, course.device.type, course.dtype) == ("course-model", "cpu", torch.float32)
    assert course.context >= 128
    assert course.ids("").tolist() == [course.tokenizer.bos_token_id]
    assert course.tokens(" Austin")[0] == course.tokenizer.bos_token
    assert course.ids(course.tokenizer.bos_token + "a").tolist() == course.ids("a").tolist()


def test_every_token_names_itself(course):
    for i, piece in enumerate(course.piece(i) for i in range(course.d_vocab)):
        if piece.startswith(" ") and piece.strip().isalpha():
            assert course.token_id(piece) == i


def test_the_lens_reads_it(course):
    record = iw.logit_lens(course, "The capital of Texas is", track=" Austin")
    assert record.check < 1e-4
    assert record.rows[-1] == f"L{course.n_layers - 1}"
    assert hooks_on(course.hf) == 0


def test_options_that_it_has_not(course):
    for options in ({"revision": "main"}, {"device_map": "auto"}, {"tokenizer": course.tokenizer}):
        with pytest.raises(ValueError, match="cannot be chosen for the course model"):
            iw.load(**options)


def test_loading_leaves_no_progress_bar_and_keeps_the_users_setting(capfd):
    logging.enable_progress_bar()
    iw.load()
    assert logging.is_progress_bar_enabled()
    assert "Loading" not in capfd.readouterr().err


def test_a_piece_without_its_space_is_named_by_its_text(course):
    las, las_after_space = course.tokens("Dallas")[-1], course.tokens("Dal")[-1]
    assert (las, las_after_space) == ("las", " Dal")
    assert course.piece(course.token_id("las")) == "las"
    assert course.piece(course.token_id("33")) == "33"
    assert course.piece(course.token_id("Paris")) == " Paris"
