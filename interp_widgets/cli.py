"""`interp-widgets lab` opens the lessons, `doctor` looks at the machine, `train-sae` trains.

Commands are thin, and what they need (torch, JupyterLab) is imported when they run: starting the
program costs no more than typer.
"""

from __future__ import annotations

import importlib.metadata as metadata
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

PACKAGE = Path(__file__).parent
Level = Literal["ok", "note", "fix"]
MODEL_ROOM_GB = 1.0  # a hub model of GPT-2's size, or a trained dictionary, needs about this much

app = typer.Typer(
    help="Lessons and widgets that open up language models.",
    no_args_is_help=True,
    add_completion=False,
)


# --------------------------------------------------------------------------------------------- lab


@app.command()
def lab(
    lesson: Annotated[str, typer.Argument(help="Which lesson to open, for instance 06.")] = "",
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
    port: Annotated[int, typer.Option(help="Port of the server.")] = 8888,
) -> None:
    """Open JupyterLab on a lesson: the one asked for, else the first."""
    if find_spec("jupyterlab") is None:
        _stop(f"JupyterLab is not installed. Run: {_install('lab')}")
    lessons = lessons_folder()
    names = sorted(path.name for path in lessons.glob("*.ipynb"))
    wanted = [name for name in names if name.startswith(lesson)]
    if not wanted:
        _stop(f"There is no lesson {lesson!r} in {lessons}, but: {', '.join(names) or 'none'}.")
    typer.echo(f"lessons: {lessons}")
    from jupyterlab.labapp import LabApp

    # Another environment's kernel of the same name must not run the lessons instead of this one.
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    arguments = [
        f"--ServerApp.root_dir={lessons}",
        f"--LabApp.default_url=/lab/tree/{wanted[0]}",
        f"--port={port}",
    ]
    if not browser:
        arguments.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Root is the usual user of a container; the server still listens on loopback, with a token.
        arguments.append("--allow-root")
    LabApp.launch_instance(arguments)


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)


def lessons_folder() -> Path:
    """The lessons of this clone, or from an installed wheel a copy in the working directory.

    The wheel's own lessons stay as they were: a learner edits the copy, which is made once.
    """
    if _is_clone():
        return PACKAGE.parent / "notebooks"
    copy = Path.cwd() / "interp-widgets-lessons"
    if not copy.exists():
        no_lesson = shutil.ignore_patterns("conftest.py", "sanitize.cfg", "__pycache__")
        shutil.copytree(_lessons_of_the_wheel(), copy, ignore=no_lesson)
    return copy


def _is_clone() -> bool:
    return (PACKAGE.parent / "pyproject.toml").is_file()


def _install(extra: str = "") -> str:
    """The command that installs this package, with one of its extras."""
    bracket = f"[{extra}]" if extra else ""
    if not _is_clone():
        return f"pip install {shlex.quote(f'interp-widgets{bracket}')}"
    return f"pip install -e {shlex.quote(f'{PACKAGE.parent}{bracket}')}"


def _lessons_of_the_wheel() -> Path:
    for file in metadata.files("interp-widgets") or []:
        if file.match("share/interp-widgets/lessons/*.ipynb"):
            return Path(str(file.locate())).resolve().parent
    raise FileNotFoundError(f"this installation has no lessons. Run: {_install()}")


# --------------------------------------------------------------------------------------- train-sae


TRAIN_HELP = """Train a sparse dictionary as a file says, or go on where the run stopped.

\b
model: course-model       # or a hub id, a folder; or data: rows.safetensors
site: L3.resid_post
texts: corpus.txt
variant: topk             # and any other argument of iw.train_sae: k, lr …
folder: runs/mine         # keeps the run; the dictionary is in runs/mine/sae

Several processes, with GPUs or without:

\b
accelerate launch --multi_gpu --num_processes 2 \\
  -m interp_widgets.cli train-sae config.yaml
"""


@app.command(help=TRAIN_HELP)
def train_sae(
    config: Annotated[Path, typer.Argument(help="A YAML file, as above.", exists=True)],
) -> None:
    """Train a sparse dictionary as a file says, or go on where the run stopped."""
    import yaml

    from interp_widgets.core.dictionary.config import kept_step, run_of

    first = os.environ.get("RANK", "0") == "0"  # of the processes, this one speaks
    if "MASTER_PORT" in os.environ and "WORLD_SIZE" not in os.environ:
        # With --cpu it leaves the starting of several processes to MPI, and says nothing of it.
        typer.echo("Accelerate started one process only; for several use --multi_gpu, not --cpu.")
    try:
        settings = yaml.safe_load(config.read_text(encoding="utf-8"))
        if not isinstance(settings, dict):
            raise TypeError(f"{config} is to hold settings, name: value; got {settings!r:.60}.")
        run = run_of(settings, config.parent)
        every = max(1, run.steps // 20)
        if first:
            typer.echo(f"{run!r}, processes: {os.environ.get('WORLD_SIZE', '1')}")
        folder = config.parent / settings["folder"]
        try:
            with _alone(folder) if first else nullcontext(), _term_is_an_interrupt():
                for step in run:
                    if first and (step.step % every == 0 or run.done):
                        typer.echo(f"{step}, {step.step / step.seconds:.1f} steps/s")
            if first:
                typer.echo(f"dictionary: {run.sae.save(folder / 'sae')}")
        except OSError as error:
            _stop(_unwritten(error, folder, run.step, kept_step(folder)))
    except KeyboardInterrupt:
        _stop("Stopped between two steps; the same command goes on from there.")
    except yaml.YAMLError as error:
        _stop(f"{config} is no YAML: {error}")
    except (ValueError, TypeError, OSError, FloatingPointError) as error:
        _stop(str(error))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Inside, no second command trains into this folder."""
    from interp_widgets.core.folder_lock import sole_writer

    folder.mkdir(parents=True, exist_ok=True)
    with sole_writer(folder):
        yield


@contextmanager
def _term_is_an_interrupt() -> Iterator[None]:
    """Inside, SIGTERM, which queues and containers send before they kill, does as Ctrl-C does.

    One of several processes dies of it, as before: alone it cannot save.
    """
    if os.environ.get("WORLD_SIZE", "1") != "1":
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _unwritten(error: OSError, folder: Path, step: int, kept: int | None) -> str:
    """What is lost and what to do, where a run could not be written: a full disk, say."""
    if kept is None:
        stays = f"It ended after step {step}, and nothing of it is kept"
        goes_on = "it begins anew"
    elif kept < step:
        stays = f"It ended after step {step}; kept is the run of step {kept}, later steps are lost"
        goes_on = f"it goes on from step {kept}"
    else:
        stays = f"The run itself is kept whole, {kept} steps"
        goes_on = "it writes what is missing"
    return (
        f"{folder} could not be written: {error.__cause__ or error}. {stays}. Make room, or see "
        f"that you may write there, and give the same command again: {goes_on}."
    )


# ------------------------------------------------------------------------------------------ doctor


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        level: "ok", "note" (the lessons run without it) or "fix" (they do not).
        what: what was looked at.
        detail: what was found.
        remedy: what to do, where there is something to do.
    """

    level: Level
    what: str
    detail: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{self.level:<4}  {self.what}: {self.detail}"
        return f"{line} – {self.remedy}" if self.remedy else line


@app.command()
def doctor() -> None:
    """Say what is missing on this machine, and how to mend it."""
    worst = 0
    for check in CHECKS:
        for finding in check():
            typer.echo(str(finding))
            worst |= finding.level == "fix"
    raise typer.Exit(int(worst))


def _python() -> Iterator[Finding]:
    # An older one cannot have installed this package.
    yield Finding("ok", "Python", f"{sys.version.split()[0]} at {sys.executable}")


def _packages() -> Iterator[Finding]:
    """What the package asks for, extra by extra, against what is installed."""
    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in metadata.requires("interp-widgets") or []]
    levels: dict[str, Level] = {"": "fix", "lab": "fix", "test": "note"}
    for extra, level in levels.items():
        name = f"interp-widgets[{extra}]" if extra else "interp-widgets"
        mine = [
            need
            for need in wanted
            if need.name != "interp-widgets"
            and ("extra" in str(need.marker)) == bool(extra)
            and (need.marker is None or need.marker.evaluate({"extra": extra}))
        ]
        lacking = [f"{need.name}{need.specifier} ({had})" for need in mine if (had := _lacks(need))]
        if lacking:
            wanted_but = "wanted " + ", ".join(lacking)
            yield Finding(level, f"packages of {name}", wanted_but, f"Run: {_install(extra)}")
        else:
            yield Finding("ok", f"packages of {name}", f"all {len(mine)} here")


def _lacks(need) -> str:
    """What is wrong with the installed version of a requirement; empty when nothing is."""
    try:
        version = metadata.version(need.name)
    except metadata.PackageNotFoundError:
        return "not installed"
    return "" if need.specifier.contains(version, prereleases=True) else f"{version} is installed"


def _torch() -> Iterator[Finding]:
    try:
        import torch
    except Exception as error:  # a broken build fails in many ways, each worth showing
        yield Finding("fix", "torch", f"cannot be imported ({error})", "Run: pip install torch")
        return
    build = f"CUDA {torch.version.cuda} build" if torch.version.cuda else "CPU build"
    if torch.cuda.is_available():
        device = torch.cuda.get_device_name(0)
    elif torch.backends.mps.is_available():
        device = "Apple GPU"
    else:
        device = "no GPU, and none is needed"
    threads = f"{torch.get_num_threads()} threads on {os.cpu_count()} cores"
    yield Finding("ok", "torch", f"{torch.__version__}, {build}, {device}, {threads}")


def _jupyter() -> Iterator[Finding]:
    if find_spec("jupyterlab") is None:
        return  # told under the packages of the extra
    from jupyter_core.paths import jupyter_path

    for extension, package in (
        ("@jupyter-widgets/jupyterlab-manager", "jupyterlab_widgets"),
        ("anywidget", "anywidget"),
    ):
        found = [p for p in jupyter_path("labextensions", extension) if Path(p).is_dir()]
        if found:
            yield Finding("ok", f"JupyterLab extension {extension}", found[0])
        else:
            remedy = f"Run: pip install --force-reinstall {package}"
            yield Finding("fix", f"JupyterLab extension {extension}", "not found", remedy)
    if not metadata.version("ipykernel").startswith("6."):
        yield Finding(
            "fix",
            "ipykernel",
            "7 can fall silent in the middle of a lesson, or stop hearing a widget",
            "Run: pip install 'ipykernel<7'",
        )


def _chromium() -> Iterator[Finding]:
    path = find_chromium()
    if path:
        yield Finding("ok", "Chromium", path)
    else:
        remedy = "Only the browser tests need it, and they install one where they can"
        yield Finding("note", "Chromium", "not found", remedy)


def _bundled_model() -> Iterator[Finding]:
    start = time.perf_counter()
    try:
        import interp_widgets as iw

        model = iw.load()
    except Exception as error:  # whatever keeps the lessons from starting belongs in the report
        remedy = "Its weights come with the package: clone or install it anew"
        yield Finding("fix", "bundled model", f"does not load ({error})", remedy)
        return
    seconds = time.perf_counter() - start
    layers = f"{model.n_layers} layers of width {model.d_model}"
    yield Finding("ok", "bundled model", f"{layers}, loaded in {seconds:.1f} s with its imports")


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    if free >= MODEL_ROOM_GB:
        yield Finding("ok", "disk", f"{free:.0f} GB free here")
    else:
        remedy = "Models from the hub and trained dictionaries need room"
        yield Finding("note", "disk", f"{free:.1f} GB free here", remedy)


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _python,
    _packages,
    _torch,
    _jupyter,
    _chromium,
    _bundled_model,
    _disk,
)


def find_chromium() -> str | None:
    """Path of a Chromium or Chrome: from `$CHROMIUM`, `PATH`, macOS, or Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    on_path = [shutil.which(name) for name in names]
    for path in (os.environ.get("CHROMIUM"), *on_path):
        if path:
            return path
    applications = Path("/Applications")
    for app_name in ("Chromium", "Google Chrome"):
        binary = applications / f"{app_name}.app" / "Contents" / "MacOS" / app_name
        if binary.is_file():
            return str(binary)
    return _playwright_chromium()


def _playwright_chromium() -> str | None:
    if find_spec("playwright") is None:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


if __name__ == "__main__":
    app()
