"""Records: one file there and back, refused when it is something else, whole or not at all."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import pytest
import safetensors.torch
import torch
from safetensors import safe_open

import interp_widgets as iw
from interp_widgets.core import result
from tests.core.conftest import PROMPT


@pytest.fixture(scope="module")
def lens(gpt2):
    return iw.logit_lens(gpt2, PROMPT, track=[" Austin"], k=3)


@pytest.fixture(scope="module")
def cache(gpt2):
    return iw.cache(
        gpt2, [PROMPT, "the\nend <b>"], ["embed", "L*.resid_pre", "L1.pattern", "L0.z.2"]
    )


@pytest.fixture(params=["lens", "cache"])
def record(request):
    return request.getfixturevalue(request.param)


def same(a, b):
    """Equal in every field, the types included."""
    assert type(a) is type(b)
    for field in dataclasses.fields(a):
        x, y = getattr(a, field.name), getattr(b, field.name)
        assert type(x) is type(y), field.name
        if isinstance(x, torch.Tensor):
            assert x.dtype == y.dtype
            torch.testing.assert_close(x, y, rtol=0, atol=0, equal_nan=True)
        elif field.name in a.tensor_dicts:
            assert sorted(x) == sorted(y)
            for name in x:
                torch.testing.assert_close(x[name], y[name], rtol=0, atol=0, equal_nan=True)
        else:
            assert x == y, field.name
    assert repr(a) == repr(b)
    assert a.describe() == b.describe()


def test_there_and_back(record, tmp_path):
    path = record.save(tmp_path / "record.safetensors")
    assert [file.name for file in tmp_path.iterdir()] == ["record.safetensors"]
    same(iw.Result.load(path), record)
    same(type(record).load(str(path)), record)
    again = record.save(path)  # over the old one
    same(iw.Result.load(again), record)


def test_without_tracked_tokens_there_and_back(gpt2, tmp_path):
    record = iw.logit_lens(gpt2, [4])
    same(iw.Result.load(record.save(tmp_path / "r.safetensors")), record)


def test_a_partial_record_there_and_back(gpt2, tmp_path, monkeypatch):
    monkeypatch.setattr("interp_widgets.core.lens.logit._BUDGET", 1)
    partial = next(iter(iw.iter_logit_lens(gpt2, PROMPT)))
    back = iw.LogitLens.load(partial.save(tmp_path / "r.safetensors"))
    assert back.check != back.check
    assert (back.top_ids == partial.top_ids).all()


def test_the_order_of_places_is_kept(cache, tmp_path):
    back = iw.ActivationCache.load(cache.save(tmp_path / "r.safetensors"))
    assert list(back) == list(cache)
    back.plot(kind="print")


def test_the_header_is_plain_json(record, tmp_path):
    with safe_open(record.save(tmp_path / "r.safetensors"), "pt") as file:
        header = file.metadata()
    assert header["kind"] == type(record).__name__
    assert header["schema"] == "1"
    assert header["package"] == iw.__version__
    fields = json.loads(header["fields"])
    assert fields["model"] == "GPT2LMHeadModel"
    assert fields["revision"] == ""
    assert fields["prompt"] == record.prompt


def written(path, **header):
    safetensors.torch.save_file({"x": torch.ones(2)}, path, metadata=header)
    return path


def test_what_is_no_record_is_refused(lens, cache, tmp_path):
    path = tmp_path / "r.safetensors"
    load = iw.Result.load
    with pytest.raises(FileNotFoundError, match="no file"):
        load(tmp_path / "none.safetensors")
    with pytest.raises(ValueError, match=r"are \.safetensors files; got 'r.pt'"):
        load(tmp_path / "r.pt")
    with pytest.raises(ValueError, match=r"are \.safetensors files; got 'r'"):
        lens.save(tmp_path / "r")
    for garbage in (b"", b"garbage", b"\x80\x04pickle" * 9):
        path.write_bytes(garbage)
        with pytest.raises(ValueError, match="not a readable safetensors file"):
            load(path)
    cut = lens.save(path).read_bytes()
    path.write_bytes(cut[: len(cut) // 2])
    with pytest.raises(ValueError, match="not a readable safetensors file"):
        load(path)
    safetensors.torch.save_file({"x": torch.ones(2)}, path)
    with pytest.raises(ValueError, match="holds no record of this package"):
        load(path)
    with pytest.raises(ValueError, match=r"holds no record.*'Sofa'"):
        load(written(path, kind="Sofa", schema="1", package="0", fields="{}"))
    with pytest.raises(ValueError, match=r"interp_widgets 9.9, schema 2; .*pip install -U"):
        load(written(path, kind="LogitLens", schema="2", package="9.9", fields="{}"))
    for fields in ("{}", "[", '"x"', '{"vocab": 3}'):
        with pytest.raises(ValueError, match="holds a damaged LogitLens"):
            load(written(path, kind="LogitLens", schema="1", package="0", fields=fields))
    with pytest.raises(ValueError, match="holds a damaged LogitLens"):
        load(written(path, kind="LogitLens"))
    with pytest.raises(ValueError, match=r"holds a ActivationCache, not a LogitLens"):
        iw.LogitLens.load(cache.save(path))


def test_a_changed_byte_is_noticed(lens, tmp_path):
    whole = lens.save(tmp_path / "r.safetensors").read_bytes()
    changed = tmp_path / "changed.safetensors"
    prompt = whole.index(lens.prompt.encode())  # in the header; the last byte is of a tensor
    for place in (prompt, len(whole) - 1):
        other = bytes([whole[place] ^ 1])
        changed.write_bytes(whole[:place] + other + whole[place + 1 :])
        with pytest.raises(ValueError, match=r"changed\.safetensors was changed or damaged"):
            iw.Result.load(changed)


def test_fields_that_are_one_tensor_are_saved(cache, tmp_path):
    places = list(cache)[:2]
    same = dataclasses.replace(cache, activations=dict.fromkeys(places, cache[places[0]]))
    read = iw.ActivationCache.load(same.save(tmp_path / "same.safetensors"))
    for place in places:
        torch.testing.assert_close(read[place], cache[places[0]], rtol=0, atol=0, equal_nan=True)


def test_a_folder_that_is_not_there_is_named(cache, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*absent to write x\.safetensors"):
        cache.save(tmp_path / "absent" / "x.safetensors")


@pytest.mark.parametrize("moment", ["before", "half-way"])
def test_a_save_that_is_cut_off_keeps_the_old_file(lens, cache, tmp_path, monkeypatch, moment):
    path = lens.save(tmp_path / "r.safetensors")

    def cut_off(_tensors, file, metadata=None):
        if moment == "half-way":
            file.write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(safetensors.torch, "save_file", cut_off)
    with pytest.raises(KeyboardInterrupt):
        cache.save(path)
    assert [file.name for file in tmp_path.iterdir()] == ["r.safetensors"]
    same(iw.Result.load(path), lens)


def test_records_are_frozen_and_repeat_themselves(gpt2, lens, cache):
    with pytest.raises(dataclasses.FrozenInstanceError):
        lens.kl = None
    assert repr(lens) == repr(iw.logit_lens(gpt2, PROMPT, track=[" Austin"], k=3))
    assert repr(lens) == "LogitLens(logit, 4 rows, 6 tokens, k=3, GPT2LMHeadModel)"
    for record in (lens, cache):
        assert "\n" not in repr(record)
        assert "0x" not in repr(record)
        assert record.describe().endswith(".")


def test_the_frame_of_a_lens(lens):
    frame = lens.to_frame()
    assert list(frame.columns) == [
        *("row", "row_name", "pos", "token", "rank", "predicted", "prob", "entropy", "kl"),
    ]
    assert len(frame) == 4 * 6 * 3
    cell = frame.query("row == 2 and pos == 4 and rank == 1").iloc[0]
    assert cell.row_name == "L1"
    assert cell.token == " Texas"
    assert cell.predicted == lens.vocab[int(lens.top_ids[2, 4, 1])]
    assert cell.prob == pytest.approx(float(lens.top_probs[2, 4, 1]))
    assert cell.kl == pytest.approx(float(lens.kl[2, 4]))


def test_every_kind_has_its_doors():
    for kind, (home, stem, widget) in result._KINDS.items():
        assert getattr(iw, kind).__module__ == f"interp_widgets.{home}"
        assert __import__(f"interp_widgets.plots.{stem}")
        assert widget is None or hasattr(iw, widget)


def test_a_record_without_a_widget_says_what_to_do(cache):
    with pytest.raises(TypeError, match=r"ActivationCache has no widget.*\.plot\(\)"):
        cache.widget()


def test_importing_the_package_loads_no_torch():
    code = (
        "import sys; import interp_widgets as iw; dir(iw); iw.available; "
        "heavy = {'torch', 'transformers', 'pandas', 'plotly', 'matplotlib', 'ipywidgets'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules); "
        "iw.logit_lens; import interp_widgets.core.cache, interp_widgets.core.hooks; "
        "screens = {'plotly', 'matplotlib', 'ipywidgets', 'anywidget'} & set(sys.modules); "
        "assert not screens, screens"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_public_names_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'logit_lense'"):
        _ = iw.logit_lense
    assert set(iw.__all__) <= set(dir(iw))
