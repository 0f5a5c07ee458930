"""The classes of the job's JVM as an earlier JVM left them: mapped into memory, not read and checked anew.

Loading Spark and Iceberg is a third of the work of a start. Java can keep loaded classes in a file when a
JVM ends by itself (application class-data sharing). Such an archive is good for one build of Java and for
jars that nobody has touched since, so all of these are in its name; Java looks once more, and without a
word does without it if it does not fit. The first stream that is stopped leaves it for all that come later.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyspark

from pipectl.whole import move_whole

_JVM_LIBRARY = "lib/server/libjvm.so"
_UNFINISHED = "classes.jsa"
# Java's remarks would stand between the lines of the log.
_QUIET = ("-Xlog:disable", "-Xlog:all=error:stderr")
# Else all of it is read and moved to another address at each start, 200 MB that would be mapped as needed.
_WHERE_IT_WAS_WRITTEN = ("-XX:+UnlockDiagnosticVMOptions", "-XX:ArchiveRelocationMode=0")


@dataclass(frozen=True, kw_only=True)
class ClassArchive:
    """The archive of a JVM with these jars; `folder` is shared by all jobs of one user, `scratch` by none."""

    folder: Path
    jars: tuple[Path, ...]
    scratch: Path

    def java_options(self, *, write: bool) -> tuple[str, ...]:
        """Return the flags of a JVM that uses the archive or, if there is none and it shall, writes one."""
        if self._file.exists():
            return (f"-XX:SharedArchiveFile={self._file}", *_WHERE_IT_WAS_WRITTEN, *_QUIET)
        return (f"-XX:ArchiveClassesAtExit={self._unfinished}", *_QUIET) if write else ()

    def keep(self) -> None:
        """Put what a JVM of this job has written where the next one finds it; call it when that has ended."""
        if self._unfinished.exists():
            move_whole(self._unfinished, self._file)

    @property
    def _unfinished(self) -> Path:
        return self.scratch / _UNFINISHED

    @cached_property
    def _file(self) -> Path:
        library = Path(os.environ["JAVA_HOME"]) / _JVM_LIBRARY
        spark = Path(pyspark.__file__).parent.joinpath("jars").glob("*.jar")
        return self.folder / f"spark-{_fingerprint([library, *sorted(spark), *self.jars])}.jsa"


def _fingerprint(files: Iterable[Path]) -> str:
    """Return a hash of what Java compares: where each file is, how large and how old."""
    states = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr(states).encode()).hexdigest()[:16]
