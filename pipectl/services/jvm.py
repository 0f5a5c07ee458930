"""Java: which one, and the flags that the engines share."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from pipectl.errors import ToolMissing

OLDEST, NEWEST = 17, 23
"""Spark 4 needs 17; from 24 on Presto's and HDFS's old security calls are gone."""
INSTALL_JAVA = "Run: apt-get install openjdk-17-jre-headless   (or set JAVA_HOME to a Java of 17 to 23)"

# Presto makes classes of its own for each query and Spark for each plan, so there is always code that is new:
# at Java's own bounds the second compiler took half to two thirds of all CPU. A method has to have run ten
# times as often.
COMPILED_LATE = (
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
)
ONE_COLLECTING_THREAD = "-XX:+UseSerialGC"
# A full collection leaves the heap at most this much free, and gives the rest back at once. Java's own bounds
# keep 70 % free and go there in four steps, so that what was needed once at most stays taken.
HEAP_GIVEN_BACK = ("-XX:MinHeapFreeRatio=20", "-XX:MaxHeapFreeRatio=40", "-XX:-ShrinkHeapInSteps")


def find_java() -> Path:
    """Return the `java` in JAVA_HOME or on PATH; raises ToolMissing if its version is not from 17 to 23."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if found is None:
        where = f"JAVA_HOME={home}" if home else "PATH"
        raise ToolMissing("Java is not installed.", evidence=f"no java in {where}", do_next=INSTALL_JAVA)
    version = java_version(Path(found))
    if not OLDEST <= version <= NEWEST:
        raise ToolMissing(
            f"The engines need a Java from {OLDEST} to {NEWEST}; this one is {version}.",
            evidence=found,
            do_next=INSTALL_JAVA,
        )
    return Path(found)


def java_version(java: Path) -> int:
    """Return the major version of a `java`, 0 if it does not say."""
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    match = re.search(r'version "(\d+)', done.stderr)
    return int(match[1]) if match else 0


def class_path(*parts: Path | str) -> str:
    """Return a class path; a folder of jars is named as FOLDER/*, which Java expands itself."""
    return os.pathsep.join(str(part) for part in parts)


def add_opens(*names: str, module: str = "java.base") -> tuple[str, ...]:
    """Return the flags that open these packages of a module to code on the class path."""
    return tuple(f"--add-opens={module}/{name}=ALL-UNNAMED" for name in names)


def add_exports(*names: str, module: str = "java.base") -> tuple[str, ...]:
    """Return the flags that let code on the class path use these packages of a module."""
    return tuple(f"--add-exports={module}/{name}=ALL-UNNAMED" for name in names)


def heap(megabytes: int) -> tuple[str, ...]:
    """Return the flags of a small service: bounded heap, one collecting thread, death when it is full."""
    return (f"-Xmx{megabytes}m", ONE_COLLECTING_THREAD, "-XX:+ExitOnOutOfMemoryError")


def properties(values: Iterable[tuple[str, object]]) -> str:
    """Return the text of a .properties file."""
    return "".join(f"{key}={value}\n" for key, value in values)
