"""The command line: JupyterLab opens on the lessons, and the doctor finds what is wrong."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from interp_widgets import cli

ROOT = Path(__file__).parents[1]
run = CliRunner().invoke


def found(report: str, what: str) -> str:
    """The doctor's line about something, or the first of several that is not ok."""
    lines = [line for line in report.splitlines() if what in line.split(":")[0]]
    return next((line for line in lines if not line.startswith("ok")), lines[0])


def test_starting_the_program_imports_neither_torch_nor_jupyter() -> None:
    code = "import sys, interp_widgets.cli; print({'torch', 'jupyterlab'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


def test_lab_serves_the_lessons_of_this_clone(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from interp_widgets.cli import app; app()"]
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    server = subprocess.Popen(
        [*command, "lab", "--no-browser", "--port", str(port)],
        cwd=tmp_path,
        # A token of our own, so that the list of files can be asked for.
        env={**os.environ, **dict.fromkeys(folders, str(tmp_path)), "JUPYTER_TOKEN": "t"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        listing = _get(f"http://127.0.0.1:{port}/api/contents?token=t", seconds=60)
        first = _get(f"http://127.0.0.1:{port}/?token=t", seconds=10)
    finally:
        server.terminate()
        said, _ = server.communicate(timeout=20)
    assert "06_logit_lens.ipynb" in listing
    assert "/lab/tree/" in first
    assert f"lessons: {ROOT / 'notebooks'}" in said


def _get(url: str, seconds: float) -> str:
    """The page at an address, once there is one: the address that it came from, and its text."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + seconds
    while True:
        try:
            with opener.open(url, timeout=5) as reply:
                return reply.url + "\n" + reply.read().decode()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def test_lab_without_jupyterlab_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "find_spec", lambda name: None)
    result = run(cli.app, ["lab"])
    assert result.exit_code == 1
    assert "JupyterLab is not installed" in result.output


def test_a_lesson_that_is_not_there_is_refused_with_those_that_are() -> None:
    result = run(cli.app, ["lab", "99"])
    assert result.exit_code == 1
    assert "06_logit_lens.ipynb" in result.output


def test_an_installed_wheel_gives_a_copy_that_is_made_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The editable install has the lessons where a wheel puts them, so only the clone is hidden."""
    monkeypatch.setattr(cli, "PACKAGE", tmp_path / "site-packages" / "interp_widgets")
    monkeypatch.chdir(tmp_path)
    copy = cli.lessons_folder()
    assert copy == tmp_path / "interp-widgets-lessons"
    assert {path.suffix for path in copy.glob("*.*")} == {".ipynb"}
    (copy / "06_logit_lens.ipynb").write_text("as I left it")
    assert (cli.lessons_folder() / "06_logit_lens.ipynb").read_text() == "as I left it"


SETTINGS = """
data: rows.safetensors
variant: topk
k: 2
lr: 1e-3
steps: 12
batch_size: 32
checkpoint_every: 5
folder: runs/mine
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings of a short run, beside its data."""
    import torch
    from safetensors.torch import save_file

    rows = torch.randn(256, 8, generator=torch.Generator().manual_seed(0))
    save_file({"x": rows}, tmp_path / "rows.safetensors")
    path = tmp_path / "run.yaml"
    path.write_text(SETTINGS)
    return path


def test_a_dictionary_is_trained_from_a_file_and_kept(config: Path) -> None:
    import interp_widgets as iw

    said = run(cli.app, ["train-sae", str(config)])
    assert said.exit_code == 0, said.output
    assert "TrainingRun(topk, 64 latents, d=8, step 0 of 12), processes: 1" in said.output
    assert "TrainingStep(12 of 12: loss " in said.output
    sae = iw.SAE.load(config.parent / "runs" / "mine" / "sae")
    assert (sae.d_in, sae.d_sae, sae.k) == (8, 64, 2)
    again = run(cli.app, ["train-sae", str(config)])
    assert "step 12 of 12" in again.output


def test_two_commands_do_not_train_into_one_folder(config: Path) -> None:
    folder = config.parent / "runs" / "mine"
    folder.mkdir(parents=True)
    lock = folder / ".writing"
    lock.write_text(f"{socket.gethostname()} {os.getppid()} other")  # a process that lives
    said = run(cli.app, ["train-sae", str(config)])
    assert said.exit_code == 1
    assert f"process {os.getppid()} is writing into {folder}" in said.output
    assert [path.name for path in folder.iterdir()] == [".writing"]
    lock.write_text(f"{socket.gethostname()} {2**22 + 1} other")  # one that was killed
    assert run(cli.app, ["train-sae", str(config)]).exit_code == 0
    assert not lock.exists()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupted_run_goes_on(
    config: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    import signal

    from interp_widgets.core.dictionary.training_loop import Loop

    advance = Loop.advance

    def interrupted(loop: Loop):
        if loop.step == 6:
            signal.raise_signal(signal.Signals[name])
        return advance(loop)

    monkeypatch.setattr(Loop, "advance", interrupted)
    stopped = run(cli.app, ["train-sae", str(config)])
    assert stopped.exit_code == 1
    assert "the same command goes on from there" in stopped.output
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL  # others die of it as ever
    monkeypatch.setattr(Loop, "advance", advance)
    assert "step 7 of 12), processes" in run(cli.app, ["train-sae", str(config)]).output


def test_a_full_disk_says_what_is_kept_and_that_the_same_command_goes_on(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    from safetensors import torch as safetensors_torch

    save_file, room = safetensors_torch.save_file, [0]

    def filling(tensors, path, metadata=None):
        room[0] -= 1
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        save_file(tensors, path, metadata=metadata)

    monkeypatch.setattr(safetensors_torch, "save_file", filling)
    for writes, stays, goes_on in (
        (0, "It ended after step 5, and nothing of it is kept.", "it begins anew."),
        (1, "after step 10; kept is the run of step 5, later", "it goes on from step 5."),
        (2, "The run itself is kept whole, 12 steps.", "it writes what is missing."),
    ):
        room[0] = writes
        full = run(cli.app, ["train-sae", str(config)])
        assert full.exit_code == 1
        assert "runs/mine could not be written: [Errno 28] No space left" in full.output
        assert stays in full.output
        assert f"the same command again: {goes_on}" in full.output
    room[0] = 9
    assert run(cli.app, ["train-sae", str(config)]).exit_code == 0
    assert (config.parent / "runs/mine/sae/cfg.json").is_file()


def test_a_run_goes_on_with_the_settings_it_was_begun_with(config: Path) -> None:
    assert run(cli.app, ["train-sae", str(config)]).exit_code == 0
    for line, said in (("k: 2", "k: 3"), ("steps: 12", "steps: 24"), ("lr: 1e-3", "lr: 2e-3")):
        config.write_text(SETTINGS.replace(line, said))
        refused = run(cli.app, ["train-sae", str(config)])
        assert refused.exit_code == 1
        assert "begun with other settings" in refused.output
        assert f"{line.split(': ')[0]} " in refused.output
    config.write_text(SETTINGS + "decay: 0.2\nresample_at: []\n")
    assert run(cli.app, ["train-sae", str(config)]).exit_code == 0


def test_a_file_that_is_no_safetensors_is_said(config: Path) -> None:
    rows = config.parent / "rows.safetensors"
    for broken in (rows.read_bytes()[:-9], b"\x80\x04}."):
        rows.write_bytes(broken)
        refused = run(cli.app, ["train-sae", str(config)])
        assert refused.exit_code == 1
        assert "rows.safetensors is not a readable safetensors file" in refused.output


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("model: gpt2", "name a model or data, one of them"),
        ("k: 65", "k is above 0 and at most d_sae = 64"),
        ("sparsity: 3", "A topk dictionary takes k"),
        ("data: nowhere.safetensors", "no file"),
        ("folder: null", "folder"),
        ("lr: [", "while parsing"),
    ],
)
def test_settings_that_cannot_be_are_refused(config: Path, line: str, said: str) -> None:
    name = line.split(":")[0]
    kept = [old for old in SETTINGS.splitlines() if not old.startswith(f"{name}:")]
    config.write_text("\n".join([*kept, line]))
    refused = run(cli.app, ["train-sae", str(config)])
    assert refused.exit_code == 1
    assert said in refused.output
    assert refused.exception is None or isinstance(refused.exception, SystemExit)


def test_the_doctor_finds_nothing_to_mend_here() -> None:
    result = run(cli.app, ["doctor"])
    assert result.exit_code == 0, result.output
    assert found(result.stdout, "bundled model").startswith("ok")
    assert found(result.stdout, "extension anywidget").startswith("ok")


def test_the_doctor_names_what_is_missing_and_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"ipykernel": "7.4.0", "anywidget": "0.1.0"}
    real = cli.metadata.version
    monkeypatch.setattr(cli.metadata, "version", lambda name: versions.get(name) or real(name))
    monkeypatch.setattr(cli, "find_chromium", lambda: None)
    monkeypatch.setitem(sys.modules, "torch", None)  # importing it now fails
    result = run(cli.app, ["doctor"])
    assert result.exit_code == 1
    needs = found(result.stdout, "packages of interp-widgets")
    assert needs.startswith("fix")
    assert "anywidget>=0.9.18 (0.1.0 is installed)" in needs
    assert "Run: pip install 'ipykernel<7'" in found(result.stdout, "ipykernel")
    assert "Run: pip install torch" in found(result.stdout, "torch")
    assert found(result.stdout, "Chromium").startswith("note")


def test_a_remedy_survives_the_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Zsh reads square brackets as a pattern, every shell a space as an end."""
    home = tmp_path / "my clone"
    home.mkdir()
    (home / "pyproject.toml").touch()
    monkeypatch.setattr(cli, "PACKAGE", home / "interp_widgets")
    assert cli._install("lab") == f"pip install -e '{home}[lab]'"
    monkeypatch.setattr(cli, "PACKAGE", tmp_path / "site-packages" / "interp_widgets")
    assert cli._install("lab") == "pip install 'interp-widgets[lab]'"


def test_chromium_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/opt/mine")
    assert cli.find_chromium() == "/opt/mine"
