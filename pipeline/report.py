"""What the command says of each photo, and of all of them at the end."""

import argparse
import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from basics import cli
from basics.errors import ProjectError
from basics.printing import printable
from pipeline.engine.bundle import UNIVERSAL
from pipeline.media.plan import PIPE, Plan

if TYPE_CHECKING:
    from pipeline.batch import Outcome
    from pipeline.media.colored import Colored

log = logging.getLogger(__name__)

MOST_LISTED = 20  # failures at the end; all have been told when they came about


class Report:
    """Counts and tells outcomes: results to stdout, all else to stderr."""

    def __init__(
        self, planned: Plan, args: argparse.Namespace, *, fallback_threshold: float
    ) -> None:
        """Tell what cannot even be begun."""
        self.args, self.fallback_threshold = args, fallback_threshold
        self.counts = Counter({"coloured": 0, "done already": len(planned.done)})
        self.counts["left out, of earlier runs"] = len(planned.left_out)
        self.failures: list[tuple[str, str]] = []  # where, what: errors would keep photos open
        self.n_photos = len(planned.tasks) + len(planned.done)
        for path in planned.left_out[:MOST_LISTED]:
            self._tell_left_out(path)
        if len(planned.left_out) > MOST_LISTED:
            log.info("and of those %d more", len(planned.left_out) - MOST_LISTED)
        for error in planned.errors:
            self.fail(error)

    def fail(self, error: ProjectError) -> None:
        """Tell what went wrong, and remember it."""
        self.failures.append((printable(str(error.where)), error.what))
        cli.print_error(error)

    def tell(self, outcome: "Outcome") -> None:
        """Tell one outcome."""
        for path in outcome.pictures:
            log.info("written: %s", printable(str(path)))
        if outcome.colored:
            self.counts["coloured"] += 1
            self._tell_colored(outcome.colored)
            if outcome.n_pages > 1 and self.args.pages == "first":
                message = "%s has %d pages, of which the first was coloured (all: --pages all)"
                log.warning(message, printable(str(outcome.task.photo)), outcome.n_pages)
        if outcome.error:
            self.fail(outcome.error)
        elif outcome.is_ours:
            self.counts["left out, of earlier runs"] += 1
            self._tell_left_out(outcome.task.photo)
        elif outcome.task.has_result:
            self.counts["done already"] += 1
        elif outcome.colored is None:
            self.counts["in colour already"] += 1
            log.info("in colour already, left alone: %s", printable(str(outcome.task.photo)))

    def end(self) -> int:
        """Sum up, if there was more than one photo; returns the exit code."""
        left_out = self.counts["left out, of earlier runs"]
        if self.n_photos > 1 or self.counts["done already"] or left_out:
            counts = {**self.counts, "failed": len(self.failures)}
            log.info("%s", ", ".join(f"{number:,} {what}" for what, number in counts.items()
                                     if number))  # fmt: skip
            for where, what in self.failures[:MOST_LISTED]:
                log.info("  failed: %s: %s", where, what)
            if len(self.failures) > MOST_LISTED:
                log.info("  and %d more, told above", len(self.failures) - MOST_LISTED)
        return cli.FAILED if self.failures else cli.DONE

    def _tell_left_out(self, path: Path) -> None:
        log.info("left out, a result of this program: %s", printable(str(path)))

    def _tell_colored(self, colored: "Colored") -> None:
        how = how_colored(colored, self.args.category, self.fallback_threshold)
        several = self.n_photos > 1
        log.info("%s", f"{printable(str(colored.input))}: {how}" if several else how)
        if self.args.output == PIPE:
            return
        as_json = self.args.json
        cli.print_lines([json.dumps(asdict(colored), default=str) if as_json else colored.output])


def how_colored(colored: "Colored", asked: str | None, fallback_threshold: float) -> str:
    """In one line: as what a photo was coloured, and why.

    Args:
        colored: the result.
        asked: the category that the caller named.
        fallback_threshold: confidence under which the bundle takes the universal colorizer.
    """
    if asked is not None:
        return f"coloured as {asked}, as you asked"
    best, confidence = colored.ranking[0]
    names = [one.rpartition("/")[2] for one in colored.colorizer.split("+")]
    if confidence < fallback_threshold and names == [UNIVERSAL]:
        perhaps = f"perhaps {best} ({_percent(confidence)})"
        return f"low confidence, {perhaps}: coloured by the universal colorizer"
    others = [name for name in names if name != best]
    message = f"coloured as {best} ({_percent(confidence)})"
    return f"{message}, with {_listed(others)}" if others else message


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _listed(names: Sequence[str]) -> str:
    """A, B and C."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
