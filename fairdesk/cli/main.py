"""Parsing, running and exit statuses: 0 done, 1 failed, 2 wrong request, 130 stopped, 143 stopped by SIGTERM."""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator

import fairdesk
from fairdesk.at_once import STOPPED, tell
from fairdesk.cli.options import Parser
from fairdesk.cli.typeable import about, typeable
from fairdesk.cli.verbs import all_verbs
from fairdesk.errors import WRONG_PATHS, RequestError, Stopped, Terminated, explain, reason
from fairdesk.logfile import LogFile
from fairdesk.words import tr

_NAME = "FairDesk"
_log = logging.getLogger("fairdesk.cli")


class _Version(argparse.Action):
    """Looks the version up when it is asked for: that takes as long as importing numpy."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(_NAME, fairdesk.__version__)
        parser.exit()


def _parser(verb_alone: str | None = None) -> Parser:
    """Return the parser of all verbs; one that is given is the only one that is described and whose options are looked up."""
    parser = Parser(
        prog="fairdesk",
        description=tr("Measure and reduce bias in face recognition. Without a verb, the window opens."),
    )
    parser.add_argument("--version", action=_Version, nargs=0, help=tr("show program's version number and exit"))
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=Parser)
    every = all_verbs()
    known = verb_alone in {verb.name for verb in every}
    for verb in every:
        about = verb.about if not known or verb.name == verb_alone else None
        one = verbs.add_parser(verb.name, help=about, description=about)
        one.set_defaults(chosen_verb=verb)  # a name that no option has: some verbs take a RUN
        if verb_alone is not None and verb.name != verb_alone:
            continue
        verb.options(one)
        one.add_argument("--debug", action="store_true", help=tr("Show the traceback of an error"))
        if verb.json:
            one.add_argument("--json", action="store_true", help=tr("Print the result as one JSON document"))
    return parser


@contextlib.contextmanager
def _to_stderr() -> Iterator[None]:
    """Send what libraries print to standard error: standard output is the result's."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


def _verb_of(arguments: list[str]) -> str:
    """Return what may be logged of a command line: the verb; the rest may be somebody's name."""
    known = {verb.name for verb in all_verbs()}
    return arguments[0] if arguments and arguments[0] in known else "a verb"


def run(arguments: list[str]) -> int:
    """Run one verb and return the exit status."""
    debug = "--debug" in arguments
    log = LogFile("A verb", debug=True) if debug else None
    if log is not None:
        log.tell_versions()
    logging.captureWarnings(True)  # what libraries warn of goes to the log, if there is one
    try:
        about(None, "")
        parsed = _parser(arguments[0] if arguments else None).parse_args(arguments)
        about(getattr(parsed, "project", None), _verb_of(arguments))
        if not gc.isenabled():  # `__main__` had it wait
            gc.freeze()  # what was imported stays
            gc.enable()
        with _to_stderr():
            result = parsed.chosen_verb.run(parsed)
        if isinstance(result, int):
            return result
        first = os.environ.get("RANK", "0") == "0"  # of several processes that torchrun started
        if first:
            print(
                json.dumps(result.json_values(), indent=1, ensure_ascii=False, allow_nan=False)
                if parsed.json
                else typeable(result.text())
            )
        return 0
    except Stopped as stop:
        what = parsed.chosen_verb.after_stop
        stopped = tr("Stopped. Finished work is kept.")
        if not parsed.chosen_verb.keeps:
            stopped = tr("Stopped. No half-written file is left; run it again.")
        elif what:
            stopped = tr("Stopped. Finished work is kept; {next}.", next=tr(what))
        print(stopped, file=sys.stderr)
        return 143 if isinstance(stop, Terminated) else 130
    except KeyboardInterrupt:
        tell()
        return STOPPED
    except BrokenPipeError:
        return 1
    except Exception as error:
        if debug:
            traceback.print_exc()
        told = explain(error)
        if told is None:
            log = log or LogFile("A verb")
            log.tell_versions()
            _log.error("internal error in %s", _verb_of(arguments), exc_info=error)
            where = (
                tr("Details are in {path}; please report them.", path=log.path) if log.path else tr("Please report it.")
            )
            told = tr(
                "Internal error: {type}: {error}\n{where} With --debug they are shown here too.",
                type=type(error).__name__,
                error=reason(error),
                where=where,
            )
        print(typeable(told), file=sys.stderr)
        wrong = isinstance(error, RequestError) or (isinstance(error, OSError) and error.errno in WRONG_PATHS)
        return 2 if wrong else 1
    finally:
        logging.captureWarnings(False)
        if log is not None:
            log.close()
