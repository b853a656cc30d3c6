"""A real JupyterLab and a real Chromium for the browser tests, on the loopback interface only.

`Lab` is one server with its own settings folders, so that nobody's `~/.jupyter` is read or written.
`open_browser` is one Chromium with an empty profile that refuses, and remembers, every request
that would leave the machine. `NB` is one open notebook.

Two facts shape the code. Running all cells is one command whose promise resolves when every cell
has replied, but which does not reject when a cell raises: `NB.cell_errors` reads the outputs. And
`page.wait_for_function` does not await its predicate (a promise is truthy), so waiting for
something asynchronous polls inside one `page.evaluate`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil
from playwright.sync_api import BrowserContext, Error, Page, Request, WebSocket, sync_playwright

from tests.browser.warm_kernels import WarmKernels

ARTIFACTS = Path(__file__).parents[2] / "test-artifacts"

# The first three let Chromium run as root and without a GPU, the others keep it from calling home.
CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What is not on loopback goes to a proxy that nobody is.
    "--proxy-server=http://127.0.0.1:9",
)

LAB_ARGS = (
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--IdentityProvider.token=",
    "--ServerApp.password=",
    "--ServerApp.terminals_enabled=False",
    "--LabApp.expose_app_in_browser=True",
    # Without these three the server asks a package index and a news feed about updates.
    "--LabApp.extension_manager=readonly",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)

LAB_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # Cells scrolled out of sight stay in the page, where a locator finds them.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}

_OPENED = """async path => {
    const until = async test => {
        while (!test()) await new Promise(r => setTimeout(r, 50));
    };
    await until(() => window.jupyterapp?.restored);
    await window.jupyterapp.restored;
    const current = () => window.jupyterapp.shell.currentWidget;
    await until(() => current()?.context?.path === path);
    const w = current();
    await w.context.ready;
    await w.revealed;
    await w.sessionContext.ready;
    const kernel = () => w.sessionContext.session?.kernel;
    // A kernel that starts slowly can say that it is idle before anyone listens: ask it again.
    const ask = () => kernel()?.status === 'unknown' && kernel().requestKernelInfo().catch(() => 0);
    const asking = setInterval(ask, 2000);
    await until(() => kernel()?.status === 'idle').finally(() => clearInterval(asking));
}"""

_EXECUTE = """async ([command, args]) => {
    const result = await window.jupyterapp.commands.execute(command, args);
    return ['boolean', 'number', 'string'].includes(typeof result) ? result : null;
}"""

_PY = """async code => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const reply = (await kernel.requestExecute({
        code, silent: true, store_history: false, stop_on_error: false,
        user_expressions: {_r: '_r'},
    }).done).content;
    if (reply.status !== 'ok') throw new Error(`${reply.ename}: ${reply.evalue}`);
    return reply.user_expressions._r.data['text/plain'];
}"""

_CELL_ERRORS = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
    .map((cell, index) => ({cell, index}))
    .filter(({cell}) => cell.type === 'code')
    .flatMap(({cell, index}) => cell.outputs.toJSON()
        .filter(output => output.output_type === 'error')
        .map(output => `cell ${index}: ${output.ename}: ${output.evalue}`))"""

_IDLE = """() => window.jupyterapp.shell.currentWidget
    .sessionContext.session?.kernel?.status === 'idle'"""

# A promise of JupyterLab that never settles would hold the whole run: it loses this race instead,
# and the error says what state the notebook was in.
_RACE = """async arg => Promise.race([
    (%s)(arg),
    new Promise((_, reject) => setTimeout(() => {
        const w = window.jupyterapp?.shell?.currentWidget;
        const kernel = w?.sessionContext?.session?.kernel;
        reject(new Error('no answer in %d ms; ' + JSON.stringify({
            visible: document.visibilityState,
            open: w?.context?.path,
            ready: w?.context?.isReady,
            revealed: w?.isRevealed,
            session: w?.sessionContext?.isReady,
            kernel: kernel?.status,
            connection: kernel?.connectionStatus,
            dialog: document.querySelector('.jp-Dialog')?.innerText,
        })));
    }, %d)),
])"""

_SHUT_DOWN_ALL = "() => window.jupyterapp.serviceManager.sessions.shutdownAll()"

_SHUT_DOWN = """async () => {
    const w = window.jupyterapp?.shell.currentWidget;
    if (!w?.sessionContext) return;
    w.context.model.dirty = false;
    await w.sessionContext.shutdown();
}"""


class Lab:
    """One JupyterLab server over `root`, with settings, data and logs in `state`."""

    def __init__(self, root: Path, state: Path) -> None:
        self.root, self.state = root, state
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        overrides = state / "config" / "labconfig" / "default_setting_overrides.json"
        overrides.parent.mkdir(parents=True)
        overrides.write_text(json.dumps(LAB_SETTINGS))
        environment = _server_environment(state)
        self._kernels = WarmKernels(state / "data", environment)
        self._log = (state / "lab.log").open("w")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab"),
                *LAB_ARGS,
                f"--port={self.port}",
                f"--ServerApp.root_dir={root}",
            ],
            env=environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._wait_until_up(seconds=90)
        self._kernels.wait()

    def _wait_until_up(self, seconds: float) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError), opener.open(f"{self.url}/api/status", timeout=1):
                return
            time.sleep(0.05)
        self.close()
        raise RuntimeError(f"JupyterLab did not start:\n{self.log()[-3000:]}")

    def log(self) -> str:
        """What the server has written so far."""
        return (self.state / "lab.log").read_text()

    def close(self) -> list[str]:
        """Stop the server, which stops its kernels; the command lines of any that survived it."""
        kernels: list[psutil.Process] = []
        for starter in (self._process, self._kernels):
            with contextlib.suppress(psutil.NoSuchProcess):
                kernels += psutil.Process(starter.pid).children(recursive=True)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        _, alive = psutil.wait_procs(kernels, timeout=5)
        left = [" ".join(kernel.cmdline()) for kernel in alive]
        for kernel in alive:
            kernel.kill()
        self._kernels.close()
        return left


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _server_environment(state: Path) -> dict[str, str]:
    here = {name: value for name, value in os.environ.items() if "_proxy" not in name.lower()}
    return {
        **here,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), here.get("PATH", "")]),
        "JUPYTER_PREFER_ENV_PATH": "0",  # the kernelspec is one of these settings
        "JUPYTER_CONFIG_DIR": str(state / "config"),
        "JUPYTER_DATA_DIR": str(state / "data"),
        "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(state / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(state / "workspaces"),
        "IPYTHONDIR": str(state / "ipython"),
    }


def _is_local(url: str) -> bool:
    local = r"(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|(data|blob|file|about):"
    return re.match(local, url) is not None


@dataclass(frozen=True)
class Browser:
    """A running Chromium, and the addresses outside this machine that its pages asked for."""

    context: BrowserContext
    outside: list[str]


@contextlib.contextmanager
def open_browser(chromium: str, profile: Path, scripts: Path | None = None) -> Iterator[Browser]:
    """A Chromium with an empty profile, for the length of the block.

    In the folder `scripts`, one after another may keep what JupyterLab's scripts compile to.
    """
    outside: list[str] = []

    # Seen, not intercepted: for pages that are, Chromium keeps nothing in its cache.
    def watch(asked: Request | WebSocket) -> None:
        if not _is_local(asked.url):
            outside.append(asked.url)

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(profile),
            executable_path=chromium,
            headless=True,
            args=[*CHROMIUM_ARGS, f"--disk-cache-dir={scripts or profile}"],
            viewport={"width": 1280, "height": 900},
        )
        context.on("request", watch)
        context.on("page", lambda page: page.on("websocket", watch))
        try:
            yield Browser(context, outside)
        finally:
            context.close()


class NB:
    """One notebook, open in its own page with an idle kernel.

    Attributes:
        page: the Playwright page.
        errors: uncaught errors of the page; the fixtures fail a test that leaves any here.
        console: every console message as `(type, text)`.
    """

    def __init__(self, lab: Lab, context: BrowserContext, path: str) -> None:
        self.path = path
        self.errors: list[str] = []
        self.console: list[tuple[str, str]] = []
        self._dark = False
        self._context = context
        self.page: Page = self._new_page()
        try:
            self._open(lab)
        except Error as silent:
            # On a busy machine JupyterLab now and then never hears from a kernel that it has just
            # started. A person would reload; so do we, once, and say so.
            warnings.warn(f"{path} was opened a second time: {silent.message}", stacklevel=2)
            self._give_up_page()
            self.page = self._new_page()
            self._open(lab)

    def _new_page(self) -> Page:
        page = self._context.new_page()
        page.on("pageerror", self._note_error)
        page.on("console", lambda message: self.console.append((message.type, message.text)))
        return page

    def _note_error(self, error: Error) -> None:
        """Keep what may be ours. On a busy machine JupyterLab trips over itself now and then.

        An error of its own has passed through nothing but its own scripts; one that a widget
        caused has passed through the widget's module, too.
        """
        frames = re.findall(r"(?:https?|blob):\S+", error.stack or "")
        if not frames or not all("/static/lab/" in frame for frame in frames):
            self.errors.append(str(error))

    def _open(self, lab: Lab) -> None:
        # ?reset forgets the workspace of the test before this one.
        self.page.goto(f"{lab.url}/lab/tree/{self.path}?reset", wait_until="domcontentloaded")
        self._call(_OPENED, self.path, timeout=45)

    def _give_up_page(self) -> None:
        """Close page and kernel; open, they would hold the workspace that the next needs."""
        with contextlib.suppress(Error):
            self._call(_SHUT_DOWN_ALL, timeout=20)
        self.page.close()

    def _call(self, function: str, argument: Any = None, *, timeout: float = 60) -> Any:
        """Call an asynchronous JavaScript function in the page, for at most `timeout` seconds."""
        ms = round(1000 * timeout)
        return self.page.evaluate(_RACE % (function, ms, ms), argument)

    def cmd(self, command: str, args: dict[str, Any] | None = None, timeout: float = 60) -> Any:
        """Execute a JupyterLab command; its result where that is a plain value."""
        return self._call(_EXECUTE, [command, args or {}], timeout=timeout)

    def run_all(self, timeout: float = 120) -> None:
        """Run every cell and wait until the kernel is idle; `cell_errors` tells how it went."""
        # Meanwhile the signs of widgets that wait would turn: without a graphics card, drawing them
        # takes the processor time of which the kernel has need.
        self.page.emulate_media(reduced_motion="reduce")
        self.cmd("notebook:run-all-cells", timeout=timeout)
        self.wait_idle(timeout)
        self.page.emulate_media(reduced_motion="no-preference")

    def wait_idle(self, timeout: float = 120) -> None:
        """Wait until the kernel has nothing to do, at most `timeout` seconds."""
        # Asked at every frame, as is the default, the page would have to draw every frame.
        self.page.wait_for_function(_IDLE, timeout=1000 * timeout, polling=50)

    def py(self, code: str, timeout: float = 60) -> str:
        """Run `code` in the notebook's kernel, as no cell; IPython's text of its variable `_r`.

        `nb.py("_r = widget.pinned") == "[(3, 4)]"`; where the code sets no `_r`, "None" comes back.
        """
        return self._call(_PY, f"_r = None\n{code}", timeout=timeout)

    def cell_errors(self) -> list[str]:
        """One line for each cell that raised: which, and what."""
        return self.page.evaluate(_CELL_ERRORS)

    def theme(self, *, dark: bool) -> None:
        """Switch JupyterLab's theme; closing the notebook switches it back."""
        name = "JupyterLab Dark" if dark else "JupyterLab Light"
        self.cmd("apputils:change-theme", {"theme": name})
        light = "false" if dark else "true"
        self.page.locator(f"body[data-jp-theme-light={light}]").wait_for(state="attached")
        self._dark = dark

    def screenshot(self, name: str) -> Path:
        """Save what the page shows as `test-artifacts/<name>.png`; its path."""
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / (re.sub(r"[^\w.-]+", "-", name).strip("-") + ".png")
        self.page.screenshot(path=path)
        return path

    def close(self) -> None:
        """Shut the kernel down and close the page, with nothing saved; twice is as good as once."""
        if self.page.is_closed():
            return
        if self._dark:
            self.theme(dark=False)
        self._call(_SHUT_DOWN)
        self.page.close()


def write_notebook(path: Path, cells: Sequence[str]) -> None:
    """Write a notebook of code cells with these sources and no outputs."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(notebook, path)
