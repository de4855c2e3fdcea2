"""Entry: `--worker JOBDIR` or `--resident NAME` before anything of Qt is imported; a verb: the command line; nothing: the window."""

from __future__ import annotations

import gc
import signal
import sys

from fairdesk.at_once import end_now


def main() -> int:
    """Run FairDesk and return the exit status."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--worker"]:
        from fairdesk.jobs.worker import main as work

        return work(arguments[1])
    if arguments == ["--resident", "explorer"]:
        from fairdesk.generation.making.latent_explorer import main as explore

        return explore()
    if not arguments:
        return window()
    signal.signal(signal.SIGINT, end_now)  # while it is imported
    from fairdesk.faces.early_start import start_early

    gc.disable()  # until the verb runs: what is imported is no garbage, and looking through it takes a tenth of a second
    start_early(arguments)
    from fairdesk.cli import run

    signal.signal(signal.SIGINT, signal.default_int_handler)  # which `run` takes: what is half done is tidied up
    try:
        return run(arguments)
    finally:
        signal.signal(signal.SIGINT, end_now)


def window() -> int:
    """Open the window."""
    from fairdesk.gui.app import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    import multiprocessing

    multiprocessing.freeze_support()
    sys.exit(main())
