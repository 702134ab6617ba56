"""What the command says of each photo, and of all of them at the end."""

import argparse
import json
import logging
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

from basics import cli
from basics.errors import ProjectError
from pipeline.media.plan import PIPE, Plan

if TYPE_CHECKING:
    from pipeline.batch import Outcome
    from pipeline.engine.results import Colored

log = logging.getLogger(__name__)

MOST_LISTED = 20  # failures at the end; all have been told when they came about


class Report:
    """Counts and tells outcomes: results to stdout, all else to stderr."""

    def __init__(self, planned: Plan, args: argparse.Namespace, *, unsure_below: float) -> None:
        """Tell what cannot even be begun."""
        self.args, self.unsure_below = args, unsure_below
        self.counts = Counter({"coloured": 0, "done already": len(planned.done)})
        self.failures: list[tuple[str, str]] = []  # where, what: errors would keep photos open
        self.n_photos = len(planned.tasks) + len(planned.done)
        for error in planned.errors:
            self.fail(error)

    def fail(self, error: ProjectError) -> None:
        """Tell what went wrong, and remember it."""
        what, where, _ = error.args
        self.failures.append((where, what))
        cli.print_error(error)

    def tell(self, outcome: "Outcome") -> None:
        """Tell one outcome."""
        if outcome.error:
            self.fail(outcome.error)
        elif outcome.colored is None:
            self.counts["in colour already"] += 1
            log.info("in colour already, left alone: %s", outcome.task.photo)
        else:
            self.counts["coloured"] += 1
            self._tell_colored(outcome.colored)
            if outcome.n_pages > 1 and self.args.pages == "first":
                told = "%s has %d pages, of which the first was coloured (all: --pages all)"
                log.warning(told, outcome.task.photo, outcome.n_pages)

    def end(self) -> int:
        """Sum up, if there was more than one photo; returns the exit code."""
        if self.n_photos > 1:
            counts = {**self.counts, "failed": len(self.failures)}
            log.info("%s", ", ".join(f"{number:,} {what}" for what, number in counts.items()
                                     if number))  # fmt: skip
            for where, what in self.failures[:MOST_LISTED]:
                log.info("  failed: %s: %s", where, what)
            if len(self.failures) > MOST_LISTED:
                log.info("  and %d more, told above", len(self.failures) - MOST_LISTED)
        return cli.FAILED if self.failures else cli.DONE

    def _tell_colored(self, colored: "Colored") -> None:
        sure = colored.confidence
        said = "unknown to the router" if sure is None else f"{sure:.0%}"
        told = f"{colored.category} ({said}), coloured by {colored.colorizer}"
        universal = colored.colorizer.endswith("/universal")
        if sure is not None and sure < self.unsure_below and universal:
            told = f"unsure, perhaps {colored.category} ({said}): universal colorizer"
        log.info("%s", f"{colored.input}: {told}" if self.n_photos > 1 else told)
        if self.args.output == PIPE:
            return
        as_json = self.args.json
        cli.print_lines([json.dumps(asdict(colored), default=str) if as_json else colored.output])
