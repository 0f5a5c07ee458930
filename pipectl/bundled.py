"""Where the files beside the package lie: at the repository's top, or inside an installed wheel.

`jobs/`, `ab/`, `bench/`, `reports/`, `events.toml` and `pipectl.toml` stand at the top for whoever reads the
repository. The wheel carries them under `pipectl/bundle`, so that they never become top-level names
in site-packages.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def bundle_root() -> Path:
    """Return the folder that holds `jobs/`, `ab/`, `reports/`; it goes on `PYTHONPATH` for Spark."""
    installed = _PACKAGE / "bundle"
    return installed if installed.is_dir() else _PACKAGE.parent


def bundled(name: str) -> Path:
    """Return the path of one bundled file or folder, such as `events.toml` or `reports/sql`."""
    return bundle_root() / name
