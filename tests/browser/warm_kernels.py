"""Kernels that begin with torch and transformers imported: forked from a process that has them.

Importing those two takes a kernel several seconds of processor time, and every notebook of the
browser tests starts one. Nothing of this package is imported beforehand; how lessons start from
nothing is seen under nbval, whose kernels are of the usual kind.

`WarmKernels` starts the process that holds the imports. JupyterLab runs this file, as told by the
kernelspec that `WarmKernels` writes: it asks that process over a socket for a child that goes on as
the kernel, and then stands in for it. Signals are passed on to the kernel, and each ends with the
other. Where there is nothing to ask, this file becomes a kernel of the usual kind.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

PATIENCE = 20  # seconds that a kernel waits for its beginning


class WarmKernels:
    """The process that holds the imports, for as long as a JupyterLab wants kernels.

    Attributes:
        pid: of that process; the kernels are its children.
    """

    def __init__(self, jupyter_data: Path, environment: Mapping[str, str]) -> None:
        # Not below `jupyter_data`: the address of a socket has no room for a long path.
        self._folder = tempfile.TemporaryDirectory()
        address = str(Path(self._folder.name) / "ask")
        kernelspec = {
            "argv": [sys.executable, "-I", "-S", __file__, address, "-f", "{connection_file}"],
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "metadata": {"debugger": True},
        }
        path = jupyter_data / "kernels" / "python3" / "kernel.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(kernelspec))
        command = [sys.executable, __file__, address]
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.pid = self._process.pid

    def wait(self) -> None:
        """Wait until all is imported, so that no notebook waits for its kernel."""
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def close(self) -> None:
        """End the process. A kernel that still runs notices within a second, and ends too."""
        self._process.terminate()
        self._process.communicate()
        self._folder.cleanup()


def hold(address: str) -> None:
    """Import, then fork a kernel for each that asks, until the standard input is closed."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen(64)
        _import_ahead()
        print("ready", flush=True)  # noqa: T201
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are waited for by nobody
        while select.select([door, sys.stdin], [], [])[0] == [door]:
            asker, _ = door.accept()
            with asker:
                if os.fork() == 0:
                    door.close()
                    _go_on_as_kernel(asker)


def _import_ahead() -> None:
    """Import what is slow to import and knows nothing of kernels."""
    sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]
    import pandas  # noqa: F401
    from transformers import AutoTokenizer, GPT2LMHeadModel, GPTNeoForCausalLM  # noqa: F401


def _go_on_as_kernel(asker: socket.socket) -> None:
    """In the child: become what the asker would have been."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    _, files, _, _ = socket.recv_fds(asker, 1, 3)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    with asker.makefile("rb") as told:
        arguments, folder, environment = json.loads(told.readline())
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["ipykernel_launcher", *arguments]
    asker.sendall(b"%d" % os.getpid())
    threading.Thread(target=_end_with, args=[asker], daemon=True).start()
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()
    sys.exit()


def _end_with(asker: socket.socket) -> None:
    """Whoever kills the stand-in means the kernel."""
    asker.recv(1)
    os.kill(os.getpid(), signal.SIGKILL)


def ask(address: str, arguments: list[str]) -> None:
    """Stand in for a kernel with these arguments until it ends, or become one."""
    asker = socket.socket(socket.AF_UNIX)
    asker.settimeout(PATIENCE)
    try:
        asker.connect(address)
        socket.send_fds(asker, [b"0"], [0, 1, 2])
        told = json.dumps([arguments, os.getcwd(), dict(os.environ)])
        asker.sendall(told.encode() + b"\n")
        kernel = int(asker.recv(20))
    except (OSError, ValueError):
        command = [sys.executable, "-m", "ipykernel_launcher", *arguments]
        os.execv(sys.executable, command)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(kernel, number)

    signal.signal(signal.SIGINT, pass_on)
    signal.signal(signal.SIGTERM, pass_on)
    asker.settimeout(None)
    with contextlib.suppress(ConnectionError):
        asker.recv(1)  # comes to nothing when the kernel has ended


if __name__ == "__main__":
    where, *further = sys.argv[1:]
    if further:
        ask(where, further)
    else:
        hold(where)
