"""Draw a saved result of `pipectl bench growth`: each batch's time, files and memory of the driver.

python tools/plot_growth.py RESULT.json docs/growth.svg
"""

import json
import sys
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

_SHOWN = (
    ("seconds", "time of a batch, s"),
    ("files", "files of the day"),
    ("driver_mb", "memory of the driver, MB (PSS)"),
)
_STYLE = {"svg.hashsalt": "growth", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}


def draw(result: Path, target: Path) -> None:
    """Write the drawing; the same result gives the same bytes."""
    saved = json.loads(result.read_text("utf-8"))
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(7.5, 5.5), layout="constrained")
        plots = figure.subplots(len(_SHOWN), sharex=True)
        for plot, (name, title) in zip(plots, _SHOWN, strict=True):
            values = saved["series"][name]
            plot.plot(range(1, len(values) + 1), values, linewidth=1, color="#1f5f8b")
            plot.set_ylim(bottom=0)
            plot.set_title(title, loc="left", fontsize=9)
        plots[-1].set_xlabel("batch")
        figure.savefig(target, metadata={"Date": None}, facecolor="white")


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
