"""Hooks come off by every road, act in their own thread only, and leave no trace in a model."""

from __future__ import annotations

import _thread
import copy
import ctypes
import random
import signal
import threading
import time
from contextlib import suppress
from typing import Any

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.hooks import captured, hooked, lock_of
from interp_widgets.core.sites import Site
from tests.core import tiny
from tests.core.conftest import PROMPT, hooks_on, make

BUSY = ["embed", "final", "L*.z", "L*.mlp_out", "L*.pattern", "L*.resid_post"]


def clean(model) -> bool:
    """No hook, attention as the model's own, the lock free for everybody."""
    free = []

    def knock():
        if lock_of(model.hf).acquire(blocking=False):
            lock_of(model.hf).release()
            free.append(True)

    other = threading.Thread(target=knock)
    other.start()
    other.join()
    switched = model.hf.config._attn_implementation.startswith("interp_widgets")
    return hooks_on(model.hf) == 0 and not switched and free == [True]


@pytest.fixture
def fresh():
    """A model of its own for each test; it runs SDPA."""
    return make("llama", torch.float32)


def ids_of(model):
    return model.ids(PROMPT)[None]


def test_a_block_ends_clean(fresh):
    before = fresh.hf.config._attn_implementation
    with captured(fresh, BUSY):
        assert hooks_on(fresh.hf) > 0
        assert fresh.hf.config._attn_implementation != before
    assert fresh.hf.config._attn_implementation == before == "sdpa"
    assert clean(fresh)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("site", ["embed", "L1.pattern", "L2.z.1", "L0.resid_post", "final"])
def test_a_block_ends_clean_after_an_error_in_the_edit(fresh, site, error):
    def edit(_):
        raise error

    with pytest.raises(error), captured(fresh, BUSY), hooked(fresh, {site: edit}):
        fresh.logits(ids_of(fresh))
    assert clean(fresh)


def test_bad_edits_are_named_and_leave_nothing(fresh):
    for edit, message in (
        (lambda x: x[:, :1], r"L1\.z returned shape \[1, 1, 4, 8\].*has shape \[1, 6, 4, 8\]"),
        (lambda x: 3.0, r"L1\.z returned float; wanted a tensor"),
    ):
        edits: Any = {"L1.z": edit}
        with pytest.raises((ValueError, TypeError), match=message), hooked(fresh, edits):
            fresh.logits(ids_of(fresh))
        assert clean(fresh)
    for place in ("L9.z", "L1.z.4", "L1.mlp_post.48", "L1.k.2", "L1.resid", Site(7, "z")):
        edits: Any = {place: torch.zeros_like}
        with pytest.raises(ValueError, match=r"L9\.z|heads|neurons|key/value|not a place|L0 to L2"):
            hooked(fresh, edits)
    assert clean(fresh)


def test_an_edit_that_writes_into_what_it_was_given_is_refused(fresh):
    ids = ids_of(fresh)
    own = fresh.logits(ids)
    for site in ("L1.resid_post", "L1.z.2", "embed", "L0.mlp_post.3"):
        edits: Any = {site: lambda x: x.mul_(0)}
        message = rf"edit at {site} wrote into the activation.*x \* 0"
        with pytest.raises(ValueError, match=message), hooked(fresh, edits):
            fresh.logits(ids)
        assert clean(fresh)
    with torch.inference_mode(), hooked(fresh, {"L1.z": torch.zeros_like}):
        assert not torch.equal(fresh.logits(ids), own)
    assert torch.equal(fresh.logits(ids), own)


@pytest.mark.parametrize("family", ["llama", "falcon", "opt", "bloom", "gemma3_text"])
def test_generation_is_the_same_when_it_is_looked_at(family):
    """With a cache of keys the model sees one token a step, in layouts of each kind."""
    model = make(family, torch.float32)
    ids, options = ids_of(model), {"max_new_tokens": 5, "do_sample": False}
    own = model.hf.generate(ids, **options)
    with captured(model, ["L*.pattern", "L1.q", "L1.mlp_out"]) as found:
        assert torch.equal(model.hf.generate(ids, **options), own)
    assert found[Site(1, "mlp_out")].shape == (1, 1, 32)
    with hooked(model, {"L1.mlp_out": lambda x: x.clone(), "L1.q": lambda x: x.clone()}):
        assert torch.equal(model.hf.generate(ids, **options), own)
    with hooked(model, {"L1.mlp_out": lambda x: x * -5}):
        assert not torch.equal(model.hf.generate(ids, **options), own)


def test_what_a_copy_of_the_model_took_along_is_dead(fresh):
    ids = ids_of(fresh)
    own = fresh.logits(ids)
    with hooked(fresh, {"L1.resid_post": torch.zeros_like}):
        twin = copy.deepcopy(fresh.hf)
    with torch.no_grad():
        assert torch.equal(twin(ids).logits, own)


def test_interrupts_at_every_step_of_opening_and_closing(fresh, monkeypatch):
    """An interrupt at the n-th call into torch's hook tables or the switch, for every n."""
    from interp_widgets.core import hooks

    for name in ("_install", "_remove"):
        genuine = getattr(hooks, name)

        def cut_off(*args, _genuine=genuine):
            nonlocal left
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
            done = _genuine(*args)
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
            return done

        monkeypatch.setattr(hooks, name, cut_off)
    interrupted = 0
    for n in range(1, 60):
        left = n
        with suppress(KeyboardInterrupt), captured(fresh, BUSY):
            pass
        interrupted += left <= 0
        assert clean(fresh), n
    assert interrupted > 40


@pytest.fixture
def interruptible():
    """Interrupts reach the main thread, also where the suite was started with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def sweep(model, seconds, stop=None):
    """Run edits and watched patterns over and over."""
    ids, end = ids_of(model), time.monotonic() + seconds
    while time.monotonic() < end and not (stop and stop.is_set()):
        edits = {"L*.resid_post": lambda x: x * 0.5, "L1.z.0": torch.zeros_like}
        with hooked(model, edits), captured(model, ["L*.pattern", "L*.mlp_out"]):
            model.logits(ids)


def test_interrupts_at_random_moments(fresh, interruptible):
    """As a stopped kernel does it: an interrupt from outside, wherever the main thread is."""
    generator = random.Random(0)
    before = {key: value.clone() for key, value in fresh.hf.state_dict().items()}
    for _ in range(60):
        timer = threading.Timer(generator.uniform(0.0005, 0.02), _thread.interrupt_main)
        try:
            timer.start()
            sweep(fresh, 0.2)
            pytest.fail("no interrupt came")
        except KeyboardInterrupt:
            timer.join()
        assert clean(fresh)
    after = fresh.hf.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())


def test_interrupts_in_a_worker_thread(fresh):
    raised, kill = [], ctypes.pythonapi.PyThreadState_SetAsyncExc

    def work():
        try:
            sweep(fresh, 5)
        except KeyboardInterrupt:
            raised.append(True)

    generator = random.Random(1)
    for _ in range(50):
        worker = threading.Thread(target=work)
        worker.start()
        time.sleep(generator.uniform(0.0005, 0.01))
        kill(ctypes.c_ulong(worker.ident or 0), ctypes.py_object(KeyboardInterrupt))
        worker.join()
        assert clean(fresh)
    assert len(raised) >= 45  # a few hit before the try


def test_an_interrupted_lens_leaves_the_weights(fresh, interruptible):
    half = make("llama", torch.bfloat16)  # read out through a float32 twin of its norm
    before = {key: value.clone() for key, value in half.hf.state_dict().items()}
    iw.logit_lens(half, PROMPT, k=3)  # an interrupted import would be another matter
    generator = random.Random(2)
    for _ in range(30):
        timer = threading.Timer(generator.uniform(0.0005, 0.01), _thread.interrupt_main)
        try:
            timer.start()
            while True:
                iw.logit_lens(half, PROMPT, k=3)
        except KeyboardInterrupt:
            timer.join()
        assert clean(half)
    after = half.hf.state_dict()
    assert all(after[key].dtype == value.dtype for key, value in before.items())
    assert all(torch.equal(after[key], value) for key, value in before.items())


def test_nested_blocks_on_one_module(gpt2):
    ids, order = ids_of(gpt2), []

    def edit(name, factor):
        def scale(x):
            order.append(name)
            return x * factor

        return scale

    with hooked(gpt2, {"L1.resid_post": edit("outer", 2)}):
        with hooked(gpt2, {"L1.resid_post": edit("inner", 3)}), captured(gpt2, "L2.resid_pre") as c:
            gpt2.logits(ids)
        both = c[Site(2, "resid_pre")]
        with captured(gpt2, "L2.resid_pre") as c:
            gpt2.logits(ids)
        one = c[Site(2, "resid_pre")]
    assert order == ["outer", "inner", "outer"]
    torch.testing.assert_close(both, one * 3)


def test_nested_watching_shows_each_its_own(gpt2):
    ids = ids_of(gpt2)
    with captured(gpt2, "L1.pattern") as outer:
        with captured(gpt2, ["L1.pattern", "L2.pattern"]) as inner:
            gpt2.logits(ids)
        assert gpt2.hf.config._attn_implementation != "sdpa"
        assert set(outer) == {Site(1, "pattern")}
    assert torch.equal(outer[Site(1, "pattern")], inner[Site(1, "pattern")])
    assert gpt2.hf.config._attn_implementation == "sdpa"


def test_a_block_opens_once(gpt2):
    block = captured(gpt2, "L0.z")
    with block:
        pass
    with pytest.raises(RuntimeError, match="opened once"), block:
        pass


def test_both_ways_of_naming_give_the_same_place(gpt2):
    with captured(gpt2, ["blocks.1.attn.hook_z", Site(1, "z")]) as found:
        gpt2.logits(ids_of(gpt2))
    assert list(found) == [Site(1, "z")]


@pytest.mark.parametrize(
    ("family", "attention"),
    [
        *((family, "sdpa") for family in ("gpt2", "llama", "falcon", "falcon-rw", "opt")),
        *((family, "eager") for family in ("llama", "falcon", "gpt_neo", "gemma2", "bloom")),
    ],
)
def test_another_thread_gets_the_same_bits(family, attention):
    model = make(family, torch.float32, attn_implementation=attention)
    assert model.hf.config._attn_implementation == attention
    ids, wrong, runs = ids_of(model), [], 0
    with torch.no_grad():
        alone = model.hf(ids).logits
    stop = threading.Event()
    sweeper = threading.Thread(target=sweep, args=(model, 30, stop))
    sweeper.start()
    try:
        end = time.monotonic() + 0.7
        while time.monotonic() < end:
            with torch.no_grad():
                wrong.append(not torch.equal(model.hf(ids).logits, alone))
            runs += 1
    finally:
        stop.set()
        sweeper.join()
    assert runs > 5
    assert not any(wrong)
    assert clean(model)


def test_another_thread_gets_the_same_bits_while_a_half_model_is_read_out():
    model = make("gpt2", torch.bfloat16)
    ids, stop = ids_of(model), threading.Event()
    with torch.no_grad():
        alone = model.hf(ids).logits

    def read():
        while not stop.is_set():
            iw.logit_lens(model, PROMPT, k=2)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        end = time.monotonic() + 0.7
        while time.monotonic() < end:
            with torch.no_grad():
                assert torch.equal(model.hf(ids).logits, alone)
    finally:
        stop.set()
        reader.join()


def test_two_models_around_one_share_the_lock(fresh):
    twin = iw.load(fresh.hf, tokenizer=tiny.tokenizer())
    assert lock_of(twin.hf) is lock_of(fresh.hf)
    inside, log = threading.Event(), []

    def second():
        inside.wait()
        with hooked(twin, {"L0.z": lambda _: None}):
            log.append("second")

    worker = threading.Thread(target=second)
    worker.start()
    with hooked(fresh, {"L0.z": lambda _: None}):
        inside.set()
        time.sleep(0.1)
        log.append("first")
    worker.join()
    assert log == ["first", "second"]
    assert clean(fresh)


def test_models_made_from_one_config_do_not_meet():
    """Transformers lets two models share a config, which says how attention is computed."""
    one = make("llama", torch.float32)
    twin = type(one.hf)(one.hf.config).eval()
    assert twin.config is one.hf.config
    other = iw.load(twin, tokenizer=tiny.tokenizer())
    failed = []

    def work(model):
        for _ in range(40):
            try:
                if len(iw.cache(model, PROMPT, "L*.pattern").activations) != 3:
                    failed.append("patterns missing")
            except Exception as error:
                failed.append(error)

    workers = [threading.Thread(target=work, args=(model,)) for model in (one, other)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failed
    assert one.hf.config._attn_implementation == "sdpa"
    assert clean(one)
    assert clean(other)


def test_concurrent_computations_equal_sequential_ones(gpt2):
    prompts = [PROMPT, "a city in Rome and", "the state of Texas", "Eiffel Tower in Paris"]
    wanted = [iw.logit_lens(gpt2, prompt) for prompt in prompts]
    got = {}

    def work(i):
        got[i] = [iw.logit_lens(gpt2, prompts[i]) for _ in range(5)]

    workers = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for i, record in enumerate(wanted):
        assert all(torch.equal(one.top_probs, record.top_probs) for one in got[i])
