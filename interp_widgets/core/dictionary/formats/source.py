"""From a folder, a file or a name on the hub to files on this disk."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from interp_widgets.core.dictionary.formats import files

# "org/repo", "org/repo/folder@revision", "hf://org/repo/folder?revision=r"
_HUB = re.compile(
    r"(?:hf://)?(?P<repo>[\w.-]+/[\w.-]+)(?:/(?P<inside>[^@?]+?))?/?"
    r"(?:(?:@|\?revision=)(?P<revision>[^@?]+))?"
)


@dataclass(frozen=True)
class Place:
    """Where the files of a dictionary are.

    Attributes:
        origin: what its owner calls it.
        names: the files below it, as relative paths.
        fetch: brings some of them to this disk and says in which folder they are.
        file: the one file that was named, ``""`` where a folder was.
        revision: of the hub, ``""`` where there is none.
    """

    origin: str
    names: tuple[str, ...]
    fetch: Callable[[Collection[str]], Path]
    file: str = ""
    revision: str = ""


def find(source: str | Path, revision: str | None = None) -> Place:
    """The place that ``source`` means: a folder, a file, or a repository of the hub.

    Raises:
        TypeError: neither text nor a path.
        FileNotFoundError: no such folder, file or repository.
        OSError: the hub cannot be reached.
    """
    if not isinstance(source, str | Path):
        raise TypeError(
            "a dictionary is loaded from a folder, a file or a hub id; "
            f"got {type(source).__name__}."
        )
    path = Path(source).expanduser()
    if path.is_dir():
        return Place(str(path.resolve()), _below(path), lambda _: path)
    if path.is_file():
        folder = path.parent
        return Place(str(folder.resolve()), _below(folder, 1), lambda _: folder, path.name)
    match = _HUB.fullmatch(str(source))
    if match is None or str(source).startswith((".", "/", "~")):
        raise FileNotFoundError(
            f"no folder or file {str(source)!r}. A dictionary on the hub is named "
            "'org/repo', 'org/repo/folder' or 'org/repo/folder@revision'."
        )
    return _on_hub(match["repo"], match["inside"] or "", revision or match["revision"])


def _below(folder: Path, depth: int = 4) -> tuple[str, ...]:
    """The files of a folder and of those in it, as relative paths."""
    found: list[str] = []
    level = [folder]
    for _ in range(depth):
        entries = [entry for inner in level for entry in sorted(inner.iterdir())]
        found += [entry.relative_to(folder).as_posix() for entry in entries if entry.is_file()]
        level = [entry for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    return tuple(found)


def _on_hub(repo: str, inside: str, revision: str | None) -> Place:
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download
    from huggingface_hub.constants import HF_HUB_OFFLINE
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    from interp_widgets.core.hub import cut_off

    if HF_HUB_OFFLINE or cut_off():
        try:
            root = Path(snapshot_download(repo, revision=revision, local_files_only=True))
        except (LocalEntryNotFoundError, FileNotFoundError) as absent:
            raise OSError(
                f"{repo!r} is neither a folder here nor downloaded before, and the hub cannot be "
                "reached. Check the name and the network."
            ) from absent
        return _hub_place(repo, inside, _below(root, 8), revision, lambda _: root)
    try:
        listing = HfApi().list_repo_files(repo, revision=revision)
    except (HfHubHTTPError, OSError) as error:
        raise OSError(
            f"{repo!r} is no folder here, and the hub does not list it: "
            f"{str(error).strip().splitlines()[0]}. A private or gated repository needs "
            "`hf auth login`."
        ) from error

    def fetch(names: Collection[str]) -> Path:
        paths = [
            (name, Path(hf_hub_download(repo, name, revision=revision))) for name in sorted(names)
        ]
        name, path = paths[0]
        return path.parents[len(Path(name).parts) - 1]

    return _hub_place(repo, inside, listing, revision, fetch)


def _hub_place(
    repo: str,
    inside: str,
    listing: Sequence[str],
    revision: str | None,
    fetch: Callable[[Collection[str]], Path],
) -> Place:
    """A place inside a repository, whose files are counted from there.

    Raises:
        FileNotFoundError: the repository has no such folder or file.
    """
    folder, file = inside, ""
    if inside in listing:
        folder, _, file = inside.rpartition("/")
    prefix = f"{folder}/" if folder else ""
    names = tuple(name.removeprefix(prefix) for name in listing if name.startswith(prefix))
    if not names:
        raise FileNotFoundError(
            f"{repo} on the hub has no {inside!r}; it holds {files.listed(listing)}."
        )

    origin = f"{repo}/{folder}".rstrip("/")

    def counted_from(wanted: Collection[str]) -> Path:
        absent = set(wanted) - set(names)
        if absent:
            raise FileNotFoundError(
                f"{origin} on the hub lacks {files.listed(absent)}; it holds {files.listed(names)}."
            )
        return fetch([prefix + name for name in wanted]) / folder

    return Place(
        origin,
        names,
        counted_from,
        file,
        revision or "",
    )
