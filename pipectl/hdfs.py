"""The door to HDFS: files through hdfs-native, and the state of the NameNode through its JMX page.

No other module imports `hdfs_native`; its errors become ours here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import hdfs_native
import requests

from pipectl.errors import NotRunning, OperationFailed

USER = "pipectl"
"""Whoever types the command: the files of a stack belong to one user, the one that its engines run as."""

_JMX_TIMEOUT_SECONDS = 3
_UNREACHABLE = ("Connection refused", "RPC", "timed out", "No such host")
_START = "Run: pipectl up"


@dataclass(frozen=True, kw_only=True)
class HdfsFile:
    """A file or a folder, by its path within the file system."""

    path: str
    size_bytes: int
    is_folder: bool


@dataclass(frozen=True, kw_only=True)
class NamenodeState:
    """What the NameNode says of itself."""

    is_operational: bool
    live_datanodes: int
    safe_mode: bool


class Hdfs:
    """One file system. Paths may be given as `/lake/x` or as full `hdfs://` URLs.

    Every call raises NotRunning when no NameNode answers, and OperationFailed when it refuses.
    """

    def __init__(self, namenode_url: str) -> None:
        """Connect lazily: the first call is the first that talks to the NameNode."""
        os.environ.setdefault("HADOOP_USER_NAME", USER)  # the only way to tell hdfs-native who asks
        self.url = namenode_url
        with _translated(self.url):
            self._client = hdfs_native.Client(namenode_url)

    def exists(self, path: str) -> bool:
        """Say whether there is a file or a folder."""
        with _translated(self.url):
            try:
                self._client.get_file_info(_path(path))
            except FileNotFoundError:
                return False
        return True

    def size_bytes(self, path: str) -> int:
        """Return the length of a file."""
        with _translated(self.url):
            return int(self._client.get_file_info(_path(path)).length)

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it; one that is there already is left as it is."""
        with _translated(self.url):
            self._client.mkdirs(_path(path), create_parent=True)

    def list(self, path: str, *, recursive: bool = False) -> Iterator[HdfsFile]:
        """Yield what lies in a folder; a folder that is not there is empty."""
        with _translated(self.url):
            try:
                for status in self._client.list_status(_path(path), recursive):
                    yield HdfsFile(path=status.path, size_bytes=status.length, is_folder=status.isdir)
            except FileNotFoundError:
                return

    def read_bytes(self, path: str) -> bytes:
        """Return the whole content of a file."""
        with _translated(self.url), self._client.read(_path(path)) as file:
            return bytes(file.read())

    def write_bytes(self, path: str, content: bytes) -> None:
        """Write a whole file; one that is there is replaced."""
        options = hdfs_native.WriteOptions(overwrite=True)
        with _translated(self.url), self._client.create(_path(path), options) as file:
            file.write(content)

    def delete(self, path: str, *, recursive: bool = False) -> bool:
        """Delete, and say whether there was something."""
        with _translated(self.url):
            return bool(self._client.delete(_path(path), recursive))


def namenode_state(http_port: int, host: str = "127.0.0.1") -> NamenodeState:
    """Ask the NameNode how it is; raises NotRunning when it does not answer."""
    state = _jmx_bean(host, http_port, "FSNamesystemState")
    info = _jmx_bean(host, http_port, "NameNodeInfo")
    return NamenodeState(
        is_operational=state.get("FSState") == "Operational",
        live_datanodes=int(state.get("NumLiveDataNodes", 0)),
        safe_mode=bool(info.get("Safemode")),  # a sentence while it is on, empty when it is off
    )


def _jmx_bean(host: str, port: int, name: str) -> dict[str, Any]:
    query = {"qry": f"Hadoop:service=NameNode,name={name}"}
    url = f"http://{host}:{port}/jmx"
    try:
        answer = requests.get(url, params=query, timeout=_JMX_TIMEOUT_SECONDS)
        answer.raise_for_status()
        beans = answer.json()["beans"]
    except (requests.RequestException, ValueError, KeyError) as error:
        raise NotRunning("The NameNode does not answer.", evidence=str(error), do_next=_START) from error
    if not beans:
        raise NotRunning("The NameNode is still starting.", evidence=f"{url} has no {name}")
    return dict(beans[0])


def _path(path: str) -> str:
    return urlsplit(path).path if "://" in path else path


@contextmanager
def _translated(url: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise OperationFailed(f"There is no such file on {url}.", evidence=str(error)) from error
    except Exception as error:
        if any(word in str(error) for word in _UNREACHABLE):
            raise NotRunning(f"HDFS does not answer at {url}.", evidence=str(error), do_next=_START) from error
        raise OperationFailed(f"HDFS at {url} refused.", evidence=str(error)) from error
