"""`python -m pipectl.collector collector.json`: run a collector until it is told to stop."""

import argparse
from pathlib import Path

from pipectl.collector.config import CollectorConfig
from pipectl.collector.server import serve
from pipectl.errors import UsageFault


def main() -> None:
    """Read the command line and serve; this process is a service, its log is its standard output."""
    parser = argparse.ArgumentParser(prog="pipectl.collector", description=__doc__)
    parser.add_argument("config", type=Path, help="a file that CollectorConfig.to_json made")
    try:
        serve(CollectorConfig.from_json(parser.parse_args().config))
    except UsageFault as fault:
        parser.exit(fault.exit_code, f"{fault}\n")


if __name__ == "__main__":
    main()
