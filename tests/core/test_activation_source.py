"""Rows that training is served: each once a turn, pairs together, the same again after a stop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

import interp_widgets as iw
from interp_widgets.core.dictionary.activation_blocks import BlockSource, TensorSource, shuffled
from interp_widgets.core.dictionary.activation_rows import ModelRows
from interp_widgets.core.dictionary.activations import activation_source
from tests.core import tiny
from tests.core.conftest import make

WORDS = [word for word in tiny.WORDS if word != "the"]
TEXTS = [" ".join(WORDS[(7 * i + j * (i + 1)) % 15] for j in range(3 + i % 9)) for i in range(60)]
SITE, OTHER = "L1.resid_post", "L1.mlp_out"


@pytest.fixture(scope="module")
def model():
    return make("llama", torch.float32)


class Counted:
    """Rows 0, 1, 2 … in pieces of 7, with their negatives beside them; 50 of them a turn."""

    d_in = d_out = 1
    about: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self, again: bool = True, paired: bool = True) -> None:
        self.again, self.paired, self.reads = again, paired, 0

    def read(self, cursor):
        self.reads += 1
        turn, at = cursor.get("turn", 0), cursor.get("at", 0)
        rows = torch.arange(at, min(at + 7, 50)).float()[:, None] + 100 * turn
        ended = at + 7 >= 50
        after = {"turn": turn + 1} if ended else {"turn": turn, "at": at + 7}
        return (torch.cat([rows, -rows], 1) if self.paired else rows), after, ended


def ordered(rows: Tensor) -> Tensor:
    return rows[rows[:, 0].argsort()]


def test_a_stream_serves_every_row_once_and_pairs_together():
    source = shuffled(Counted(again=False), 20, seed=3)
    assert isinstance(source, BlockSource)
    served = [source.next(5) for _ in range(10)]
    x, y = (torch.cat(parts) for parts in zip(*served, strict=True))
    assert sorted(x.flatten().tolist()) == list(range(50))
    assert torch.equal(y, -x)
    assert x.flatten().tolist() != list(range(50))
    with pytest.raises(ValueError, match="the texts have ended"):
        source.next(1)


def test_turn_after_turn_without_loss():
    source = shuffled(Counted(paired=False), 20, seed=3)
    served = torch.cat([source.next(1000)])  # pyright: ignore[reportArgumentType]
    whole, last = served[:900].flatten().tolist(), served[900:]
    assert len(set(whole)) == 900 and len(set(served.flatten().tolist())) == 1000  # noqa: PT018
    for turn in range(15):  # what is late of a block comes with the next one
        seen = sorted(row - 100 * turn for row in served.flatten().tolist() if row // 100 == turn)
        assert seen == list(range(50))
    assert float(last.max()) < 2100


def test_what_was_taken_before_a_failure_is_not_lost():
    class Broken(Counted):
        def read(self, cursor):
            if cursor.get("at", 0) >= 28:
                raise ValueError("broken")
            return super().read(cursor)

    fine, source = (shuffled(kind(False, False), 20, seed=3) for kind in (Counted, Broken))
    served = []

    def all_of(batch):
        while True:
            served.append(source.next(batch))

    for batch in (4, 1):  # four at a time fail before one at a time does
        with pytest.raises(ValueError, match="broken"):
            all_of(batch)
    assert len(served[-1]) == 1
    rows = torch.cat(served)
    assert torch.equal(rows, fine.next(len(rows)))  # pyright: ignore[reportArgumentType]


def test_neighbours_are_parted():
    source = shuffled(Counted(again=False, paired=False), 40, seed=0)
    first = source.next(10)
    assert isinstance(first, Tensor)
    steps = first.flatten().diff().abs()
    assert float(steps.mean()) > 3


def test_what_fits_is_kept_and_read_once():
    producer = Counted()
    source = shuffled(producer, 100, seed=3)
    assert isinstance(source, TensorSource)
    reads = producer.reads
    x, y = source.next(120)
    assert producer.reads == reads == 8
    assert sorted(x[:50].flatten().tolist()) == sorted(x[50:100].flatten().tolist())
    assert x[:50].flatten().tolist() != x[50:100].flatten().tolist()
    assert torch.equal(y, -x)
    assert (source.rows, source.d_in, source.d_out) == (50, 1, 1)


@pytest.mark.parametrize("held", [20, 1000])
@pytest.mark.parametrize("steps", [0, 3, 7, 40])
def test_it_goes_on_where_it_was(held, steps):
    source = shuffled(Counted(), held, seed=5)
    for _ in range(steps):
        source.next(6)
    tensors, plain = source.state()
    assert tensors == {}
    wanted = [torch.cat(source.next(6), 1) for _ in range(20)]
    for again in (shuffled(Counted(), held, seed=5), source):  # anew, and back
        again.load_state(tensors, json.loads(json.dumps(plain)))
        assert all(torch.equal(torch.cat(again.next(6), 1), rows) for rows in wanted)


def test_a_sample_does_not_count_as_served():
    for held in (20, 1000):
        one, other = (shuffled(Counted(), held, seed=5) for _ in range(2))
        sample = one.sample(8)
        assert torch.equal(torch.cat(sample, 1), torch.cat(one.sample(8), 1))
        assert len(sample[0]) == 8
        assert len(one.sample(10_000)[0]) <= 50
        assert torch.equal(torch.cat(one.next(30), 1), torch.cat(other.next(30), 1))


def test_tensors():
    x, y = torch.randn(30, 4), torch.randn(30, 3)
    source = activation_source(x, target=y, seed=1)
    read, wanted = source.next(30)
    where = (read[:, None] == x[None]).all(-1).int().argmax(1)
    assert torch.equal(y[where], wanted)
    assert torch.equal(ordered(read), ordered(x))
    assert activation_source((x, y), seed=1).about == source.about
    assert activation_source(x + 1, seed=1).about != activation_source(x, seed=1).about
    other = activation_source(x, seed=2).next(30)
    assert not torch.equal(activation_source(x, seed=1).next(30), other)
    assert activation_source(x.half()).next(3).dtype == torch.float16


def expected(model, texts, site=SITE) -> Tensor:
    """Activations of all tokens but the first of each text."""
    rows = iw.cache(model, texts, site)[site][:, 1:].flatten(0, 1)
    return rows[rows[:, 0].isfinite()]  # short texts are filled up with NaN


def test_a_model_reads_texts(model):
    source = activation_source(model, SITE, TEXTS, target=OTHER, seed=4)
    assert source.rows == sum(len(model.ids(text)) - 1 for text in TEXTS)
    x, y = source.next(source.rows)
    torch.testing.assert_close(ordered(x), ordered(expected(model, TEXTS)), atol=1e-5, rtol=0)
    both = torch.cat([expected(model, TEXTS), expected(model, TEXTS, OTHER)], 1)
    torch.testing.assert_close(ordered(torch.cat([x, y], 1)), ordered(both), atol=1e-5, rtol=0)
    assert (source.about["site"], source.about["target"]) == (SITE, OTHER)
    assert source.about != activation_source(model, SITE, TEXTS[1:], target=OTHER).about


def test_texts_come_as_files_data_sets_and_generators(model, tmp_path):
    few = TEXTS[:24]
    lines, objects = tmp_path / "texts.txt", tmp_path / "texts.jsonl"
    # With a byte-order mark, as Windows writes it, and ends of lines of other systems.
    lines.write_text("\r\n".join(few) + "\n\n", encoding="utf-8-sig", newline="")
    objects.write_text("".join(json.dumps({"text": text}) + "\n" for text in few), "utf-8-sig")

    class Columns:
        """Like a data set: items by number, each an object."""

        def __len__(self) -> int:
            return len(few)

        def __getitem__(self, i: int) -> dict[str, Any]:
            return {"text": few[i], "url": ""}

    class Streamed:
        """Like a streamed data set: begun anew by each loop, texts left out by `skip`."""

        def __init__(self, first: int = 0) -> None:
            self.first = first

        def __iter__(self) -> Iterator[dict[str, str]]:
            return ({"text": text} for text in few[self.first :])

        def skip(self, n: int) -> Streamed:
            return Streamed(n)

    wanted = ordered(expected(model, few))
    ids = [model.ids(text).tolist() for text in few]
    for texts in (str(lines), objects, Columns(), Streamed(), tuple(few), ids):
        source = activation_source(model, SITE, texts)
        torch.testing.assert_close(ordered(source.next(source.rows)), wanted, atol=1e-5, rtol=0)
        blocks = activation_source(model, SITE, texts, buffer=40)
        assert blocks.rows is None
        for _ in range(9):
            blocks.next(20)
        state = blocks.state()
        after = blocks.next(20)
        blocks.load_state(*state)
        assert torch.equal(blocks.next(20), after)
        begun = activation_source(model, SITE, texts, buffer=40)
        begun.load_state(*state)
        assert torch.equal(begun.next(20), after)
    once = activation_source(model, SITE, (text for text in few))
    assert once.rows is None
    torch.testing.assert_close(ordered(once.next(len(wanted))), wanted, atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match=r"cannot be read again.*pass a list"):
        once.next(1)
    again = activation_source(model, SITE, (text for text in few), buffer=40)
    start = again.state()
    again.next(100)
    with pytest.raises(ValueError, match="have gone by"):
        again.load_state(*start)


def test_long_texts_are_read_in_pieces_and_joined_ones_too(model):
    long = " ".join(TEXTS[:20])
    ids = torch.tensor(model.tokenizer(long)["input_ids"][1:])
    pieces = [torch.cat([model.ids("")[:1], part]) for part in ids.split(9)]
    source = activation_source(model, SITE, [long], context=10)
    found = ordered(source.next(source.rows))
    torch.testing.assert_close(found, ordered(expected(model, pieces)), atol=1e-5, rtol=0)
    assert source.rows == len(ids)
    joined = torch.cat([torch.cat([torch.tensor([0]), model.ids(t)[1:]]) for t in TEXTS])
    wanted = []
    for piece in joined.split(10):
        wanted.append(iw.cache(model, piece, SITE)[SITE][1:][piece[1:] != 0])
    # The order of a list differs from turn to turn; a stream keeps it.
    source = activation_source(model, SITE, iter(TEXTS), tokenize="joined", context=10)
    rows = torch.cat(wanted)
    torch.testing.assert_close(ordered(source.next(len(rows))), ordered(rows), atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match="cannot be read again"):
        source.next(1)  # nothing more was in it


def test_shards(model, tmp_path):
    folder = tmp_path / "shards"
    iw.cache_shards(model, TEXTS, [SITE, OTHER], folder, shard_tokens=64)
    for data in (folder, str(folder), iw.ActivationShards(folder)):
        source = activation_source(data, SITE)
        torch.testing.assert_close(
            ordered(source.next(source.rows)), ordered(expected(model, TEXTS)), atol=1e-5, rtol=0
        )
    pairs = activation_source(folder, SITE, target=OTHER, buffer=100, seed=2)
    assert pairs.rows is None
    for _ in range(20):
        pairs.next(32)
    state = pairs.state()
    wanted = torch.cat(pairs.next(64), 1)
    begun = activation_source(folder, SITE, target=OTHER, buffer=100, seed=2)
    begun.load_state(*state)
    assert torch.equal(torch.cat(begun.next(64), 1), wanted)
    with pytest.raises(ValueError, match=r"'embed' was not cached; cached are L1"):
        activation_source(folder, "embed")
    with pytest.raises(TypeError, match="which place of a folder"):
        activation_source(folder)
    with pytest.raises(ValueError, match="texts are for a model"):
        activation_source(folder, SITE, TEXTS)


def test_texts_that_hold_nothing(model):
    rows = activation_source(model, SITE, ["", "Texas", *TEXTS, ""]).rows
    assert rows == len(expected(model, TEXTS)) + 1
    for nothing in ([""], ["", ""]):
        with pytest.raises(ValueError, match="none of the texts has a token that counts"):
            activation_source(model, SITE, nothing)
    bare = iw.load(tiny.hf_model("gpt2"), tokenizer=tiny.tokenizer(bos=False))
    with pytest.raises(ValueError, match="they are empty, or of one token"):
        activation_source(bare, SITE, ["Texas"])
    assert activation_source(bare, SITE, ["Texas is a state"]).rows == 3


def test_activations_that_are_not_finite():
    broken = make("llama", torch.float32)
    broken.hf.get_input_embeddings().weight.data[broken.token_id(" Rome")] = torch.nan
    fine = [text for text in TEXTS if "Rome" not in text]
    assert activation_source(broken, SITE, fine).rows
    with pytest.raises(ValueError, match=r"not finite for the text '.*Rome.*float32"):
        activation_source(broken, SITE, TEXTS)
    x = torch.randn(20, 3)
    x[4, 1], x[9, 0] = torch.nan, -torch.inf
    with pytest.raises(ValueError, match=r"2 of 20 rows of activations hold NaN"):
        activation_source(x)


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ({"texts": None}, TypeError, r"pass what it is to read, texts="),
        ({"site": None}, TypeError, "which place of a model"),
        ({"texts": []}, ValueError, "texts is empty"),
        ({"texts": "Texas is a state"}, FileNotFoundError, r"no file 'Texas is a state'.*\[text\]"),
        ({"texts": {"train": TEXTS}}, TypeError, r"texts\['train'\]"),
        ({"texts": 3}, TypeError, "a generator of texts; got int"),
        ({"texts": [3]}, TypeError, "text 0 is no text and no ids; got int"),
        ({"texts": [{"content": "x"}]}, TypeError, 'object with content: .* under "text"'),
        ({"texts": [{"text": None}]}, TypeError, 'text 0 has None under "text", wanted a string'),
        ({"texts": [[5, 99999]]}, ValueError, "token ids go from 0"),
        (
            {"texts": [["Rome", "is"]]},
            TypeError,
            r"ids of one, whole numbers; got \['Rome', 'is'\]",
        ),
        ({"texts": ["a \ud800"]}, ValueError, "half a character.*Leave it out, or mend it"),
        ({"site": "L9.resid_post"}, ValueError, "L9"),
        ({"site": "L*.resid_post"}, ValueError, "one place with a row a token"),
        ({"site": "L0.pattern"}, ValueError, "one place with a row a token"),
        ({"target": torch.ones(3, 3)}, TypeError, "a place of a model is named"),
        ({"tokenize": "packed"}, ValueError, "one of documents, joined; got 'packed'"),
        ({"context": 1}, ValueError, "context= is 2 or more; got 1"),
        ({"context": 65}, ValueError, "2 to 64; got 65"),
        ({"buffer": 1}, ValueError, "buffer= is 2 or more; got 1"),
        ({"seed": -1}, ValueError, "a seed is 0 or larger"),
    ],
)
def test_bad_requests(model, given, kind, said):
    asked = {"site": SITE, "texts": TEXTS} | given
    with pytest.raises(kind, match=said):
        activation_source(model, **asked)


@pytest.mark.parametrize(
    ("x", "kind", "said"),
    [
        (torch.ones(3, dtype=torch.long), TypeError, "real numbers; got a tensor of torch.int64"),
        (torch.ones(3), ValueError, r"rows, \[token, d\]; got \[3\]"),
        (torch.ones(0, 3), ValueError, r"got \[0, 3\]"),
        ([1.0], TypeError, "or on a model with site= and texts=; got list"),
        ((torch.ones(3, 2), torch.ones(4, 2)), ValueError, "3 rows on cpu; got 4"),
    ],
)
def test_data_that_are_none(x, kind, said):
    with pytest.raises(kind, match=said):
        activation_source(x)


def test_a_file_that_is_no_text_is_named(model, tmp_path):
    for name, held in (("latin.txt", "caf\xe9 is\n".encode("latin-1")), ("rows.pt", b"\x80\x04K.")):
        (tmp_path / name).write_bytes(held)
        with pytest.raises(ValueError, match=rf"{name} is no text in UTF-8: .*Write it anew"):
            activation_source(model, SITE, tmp_path / name)
    with pytest.raises(IsADirectoryError, match=r"is a folder\. Name a file of it"):
        activation_source(model, SITE, str(tmp_path))


def test_a_long_text_is_tokenised_once(model, monkeypatch):
    long, seen, tokenise = " ".join(TEXTS), [], ModelRows._ids
    monkeypatch.setattr(ModelRows, "_ids", lambda *given: seen.append(given[1]) or tokenise(*given))
    activation_source(model, SITE, [long], buffer=40).next(300)  # of 400, a few at a time
    assert seen == [long]


def test_a_name_is_no_model():
    with pytest.raises(FileNotFoundError, match=r"A model is loaded first.*iw\.load\('gpt2'\)"):
        activation_source("gpt2", SITE, TEXTS)


def test_a_file_is_no_folder_of_activations(tmp_path):
    (tmp_path / "rows.pt").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"rows\.pt is a file.*load_file.*never read"):
        activation_source(tmp_path / "rows.pt")


def test_no_text_in_a_stream_is_not_its_end(model):
    stream = (None if i == 50 else text for i, text in enumerate(TEXTS * 4))
    source = activation_source(model, SITE, stream, buffer=100)
    with pytest.raises(TypeError, match="text 50 is no text and no ids; got NoneType"):
        source.next(10_000)


def test_places_of_every_width(model):
    for site, width in (("L1.z", 32), ("L1.z.2", 8), ("L0.mlp_post.5", 1), ("embed", 32)):
        source = activation_source(model, site, TEXTS[:4])
        assert source.d_in == width
        assert source.next(5).shape == (5, width)
    pair = activation_source(model, "L1.mlp_in", TEXTS[:4], target="L2.z")
    assert [rows.shape for rows in pair.next(3)] == [(3, 32), (3, 32)]


@pytest.mark.gpu
def test_cuda_equals_cpu(model):
    there = iw.load(tiny.hf_model("llama", torch.float32).cuda(), tokenizer=tiny.tokenizer())
    here = activation_source(model, SITE, TEXTS, target=OTHER, buffer=100, seed=2)
    far = activation_source(there, SITE, TEXTS, target=OTHER, buffer=100, seed=2)
    for got, wanted in zip(far.next(300), here.next(300), strict=True):
        assert got.device.type == "cuda"
        torch.testing.assert_close(got.cpu(), wanted, atol=1e-4, rtol=1e-4)
