"""Labels keep where they came from, and a table of them from a stranger is only data."""

from __future__ import annotations

import pytest

from interp_widgets.core.dictionary.labels import Label, Labels

NASTY = '=cmd|"/c calc"!A0, <b>«x»</b>\t'.strip()


def test_a_label_is_set_noted_hidden_and_removed():
    labels = Labels(20)
    labels.set(7, "the bridge")
    labels.note(7, "also other bridges\nsee text 3")
    labels.set(3, "digits", source="auto")
    assert (labels[7].source, labels[3].source, labels[7].note[:4]) == ("manual", "auto", "also")
    assert (list(labels), len(labels), 7 in labels, 9 in labels) == ([3, 7], 2, True, False)
    assert repr(labels) == "Labels(1 manual, 1 auto)"
    labels.hide(7)
    assert (labels.text(7), labels[7].text) == ("", "the bridge")
    labels.hide(7, False)
    labels.set(7, "a bridge")
    assert (labels.text(7), labels[7].note[:4]) == ("a bridge", "also")
    labels.note(9, "look at this")
    assert (labels.text(9), labels.text(11)) == ("", "")
    labels.remove(7)
    with pytest.raises(KeyError, match="latent 7 has no label"):
        labels.remove(7)
    assert repr(Labels(3)) == "Labels(none)"


def test_labels_go_to_a_table_and_back(tmp_path):
    labels = Labels(20)
    labels.set(7, NASTY, note="line one\nline two")
    labels.set(2, "ein Städtename, 城", source="auto")
    labels.hide(2)
    path = labels.to_csv(tmp_path / "labels.csv", 3)
    assert path.read_text(encoding="utf-8").startswith("layer,feature,label,note,source,hidden")
    again = Labels.from_csv(path, 3, 20)
    assert {f: (x.text, x.note, x.hidden) for f, x in again.items()} == {
        f: (x.text, x.note, x.hidden) for f, x in labels.items()
    }
    assert (again[7].source, again[2].source) == ("imported", "auto")
    assert len(Labels.from_csv(path, 4, 20)) == 0
    other = Labels(20)
    other.set(5, "kept")
    other.update(again)
    assert list(other) == [2, 5, 7]
    assert Labels.from_json(20, labels.to_json()).to_json() == labels.to_json()
    assert [file.name for file in tmp_path.iterdir()] == ["labels.csv"]


def test_a_table_of_others_with_three_columns(tmp_path):
    path = tmp_path / "theirs.csv"
    path.write_text("\ufefflabel,feature,layer\nbridge,1,3\nother,2,4\n", encoding="utf-8")
    assert Labels.from_csv(path, 3, 5).to_json() == [
        {"feature": 1, "text": "bridge", "note": "", "source": "imported", "hidden": False}
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("layer,feature\n3,1\n", "lacks the column 'label'"),
        ("", "lacks the column 'layer'"),
        ("layer,feature,label\n3,one,x\n", "line 2: layer and feature are whole numbers"),
        ("layer,feature,label\n3\n", "line 2: layer and feature are whole numbers"),
        ("layer,feature,label\n3,99,x\n", "line 2: there are latents 0 to 4; got 99"),
        ("layer,feature,label\n3,-1,x\n", "line 2: there are latents 0 to 4; got -1"),
        ("layer,feature,label\n3,1," + "x" * 600 + "\n", "line 2: .* at most 512 characters"),
        ('layer,feature,label\n3,1,"a\nb"\n', "line 3: a label is one line"),
        ("layer,feature,label\n3,1,\x1b[31m\n", "line 2: a label is one line of printable"),
        ('layer,feature,label\n3,1,"x\n', "no table of labels"),
    ],
)
def test_tables_that_are_none_name_their_line(tmp_path, text, said):
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        Labels.from_csv(path, 3, 5)


def test_what_is_no_table_or_no_label(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file"):
        Labels.from_csv(tmp_path / "none.csv", 3, 5)
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="no table of labels in UTF-8"):
        Labels.from_csv(tmp_path / "bytes.csv", 3, 5)
    for layer, kind in (("L3", TypeError), (None, TypeError), (-1, ValueError)):
        with pytest.raises(kind, match="layer= is"):
            Labels(5).to_csv(tmp_path / "labels.csv", layer)
        with pytest.raises(kind, match="layer= is"):
            Labels.from_csv(tmp_path / "bytes.csv", layer, 5)
    assert not (tmp_path / "labels.csv").exists()
    with pytest.raises(FileNotFoundError, match=r"no folder .* to write labels.csv in"):
        Labels(5).to_csv(tmp_path / "none" / "labels.csv", 3)
    labels = Labels(5)
    for feature, kind in ((5, ValueError), (-1, ValueError), (True, TypeError), ("1", TypeError)):
        with pytest.raises(kind, match="latent"):
            labels.set(feature, "x")
    with pytest.raises(ValueError, match="source is one of manual, auto, imported"):
        labels.set(1, "x", source="gossip")
    with pytest.raises(TypeError, match="the text of a label is text; got int"):
        labels.set(1, 5)
    with pytest.raises(TypeError, match="hidden is True or False"):
        Label("x", hidden=1)
    assert len(labels) == 0
