"""What the image of the Docker runtime is made of, and its name, which is a hash of all that.

The packages are copied from those that this very command runs with: a build needs no second download,
works behind any proxy, and what runs in a container is what was tested outside. So the host must have
the image's Python on Linux. The Dockerfile says the rest.
"""

import functools
import hashlib
import importlib.metadata
import sys
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from packaging.requirements import Requirement

from pipectl.bundled import bundle_root, bundled
from pipectl.errors import ToolMissing

REPOSITORY = "pipectl"
BASE_IMAGE = "debian:bookworm-slim"
PACKAGES_FOLDER = Path("/usr/local/lib/python3.11/dist-packages")
"""Where the image has its Python packages, pipectl among them."""

_PYTHON = (3, 11)  # that of the base image
# The command line alone imports these: half of the size of all that pipectl needs.
_ON_THE_HOST_ONLY = frozenset({"docker", "ipykernel", "matplotlib", "nbclient", "nbformat", "supervisor"})
_BUNDLED = ("jobs", "ab", "reports", "compose", "events.toml", "pipectl.toml")
_LEFT_OUT = frozenset({"__pycache__", "bundle"})


@dataclass(frozen=True, kw_only=True)
class ImageContent:
    """The files of a build context, by their paths in it, and the hash of what they say."""

    files: Mapping[str, Path]
    tag: str

    @property
    def name(self) -> str:
        """The full name of the image."""
        return f"{REPOSITORY}:{self.tag}"

    def write_context(self, target: IO[bytes]) -> None:
        """Write the build context as a tar archive; the same content gives the same cached layers."""
        with tarfile.open(fileobj=target, mode="w") as archive:
            for name, path in self.files.items():
                archive.add(path, arcname=name, recursive=False, filter=_owned_by_root)


@functools.cache
def image_content() -> ImageContent:
    """Look up, once, what an image of this pipectl consists of; raises ToolMissing where none can be made."""
    if sys.version_info[:2] != _PYTHON or sys.platform != "linux":
        wanted = ".".join(map(str, _PYTHON))
        raise ToolMissing(
            f"An image can be made with Python {wanted} on Linux only: it gets the packages of this one.",
            evidence=f"this is Python {sys.version.split()[0]} on {sys.platform}",
            do_next=f"Run: make setup PYTHON=python{wanted}   (or: pipectl up --runtime local)",
        )
    distributions = sorted(_distributions(), key=lambda each: each.name)
    own = {"Dockerfile": bundled("compose/Dockerfile"), **dict(_own_files())}
    return ImageContent(
        files={**own, **{name: path for each in distributions for name, path in _package_files(each)}},
        tag=_hash(own, [f"{each.name}=={each.version}" for each in distributions]),
    )


def _hash(own: Mapping[str, Path], packages: list[str]) -> str:
    digest = hashlib.sha256("\n".join(packages).encode())
    for name in sorted(own):
        digest.update(name.encode() + b"\0" + own[name].read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _own_files() -> Iterator[tuple[str, Path]]:
    """Yield pipectl's own files under the places that they have in its wheel."""
    package = Path(__file__).resolve().parents[1]
    yield from _tree(package, "app/pipectl")
    for name in _BUNDLED:
        path = bundle_root() / name
        yield from _tree(path, f"app/pipectl/bundle/{name}")


def _tree(path: Path, name: str) -> Iterator[tuple[str, Path]]:
    if path.is_file():
        yield name, path
    elif path.is_dir() and path.name not in _LEFT_OUT:
        for child in sorted(path.iterdir()):
            if child.name not in _LEFT_OUT:
                yield from _tree(child, f"{name}/{child.name}")


def _distributions() -> Iterator[importlib.metadata.Distribution]:
    """Yield the installed packages that the services can need, each once."""
    waiting = [need for need in _needs_of("pipectl", frozenset()) if need.name not in _ON_THE_HOST_ONLY]
    seen: set[tuple[str, frozenset[str]]] = set()
    found: dict[str, importlib.metadata.Distribution] = {}
    while waiting:
        need = waiting.pop()
        key = need.name, frozenset(need.extras)
        if key not in seen:
            seen.add(key)
            distribution = importlib.metadata.distribution(need.name)
            found[distribution.name] = distribution
            waiting += _needs_of(*key)
    yield from found.values()


def _needs_of(name: str, extras: frozenset[str]) -> list[Requirement]:
    """Return what a package asks for on this machine when it is asked for with these extras."""
    needs = map(Requirement, importlib.metadata.requires(name) or [])
    return [
        need
        for need in needs
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in (*extras, ""))
    ]


def _package_files(distribution: importlib.metadata.Distribution) -> Iterator[tuple[str, Path]]:
    """Yield the installed files of a package; what lies outside of site-packages are commands."""
    for file in distribution.files or ():
        path = Path(str(distribution.locate_file(file)))
        if ".." not in file.parts and "__pycache__" not in file.parts and path.is_file():
            yield f"packages/{file.as_posix()}", path


def _owned_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
