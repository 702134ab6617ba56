"""Photos for category folders: python -m scraper beach forest --count 1000 --out data/raw

Searches Unsplash for each word and stores the photos found as OUT/<word>/*.jpg, with manifest.csv
beside them. Killed at any moment, the same command resumes.
"""

import argparse
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from basics import cli
from scraper.config import KEY_VARIABLE, ScrapeConfig
from scraper.sources import SOURCES

log = logging.getLogger(__name__)

DEFAULTS = ScrapeConfig(out_dir=Path("data/raw"))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "scraper")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("categories", nargs="*", default=[], metavar="CATEGORY", help="search words")
    which.add_argument("--all", action="store_true", help="the twenty categories of the paper")
    parser.add_argument("--out", type=Path, default=DEFAULTS.out_dir, help="folder of the folders")
    add_options(parser)
    return cli.run(_job, parser.parse_args(argv))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add every option of a `ScrapeConfig` save categories and output folder."""
    add = parser.add_argument
    non_negative, positive = cli.positive(int, zero=True), cli.positive(int)
    add("--count", type=positive, default=DEFAULTS.count, help="photos per category")
    add("--source", choices=list(SOURCES), default=DEFAULTS.source, help="of the lists")
    add("--base-url", default=DEFAULTS.base_url, help="site whose search pages are read")
    add("--api-url", default=DEFAULTS.api_url, help="of the API")
    add("--access-key", help=f"of the API; better in the environment, as {KEY_VARIABLE}")
    add("--dataset", type=Path, metavar="DIR", help="folder of the Unsplash Lite Dataset's tables")
    non_negative_s, positive_s = cli.positive(float, zero=True), cli.positive(float)
    add(
        "--delay",
        type=non_negative_s,
        default=DEFAULTS.delay_s,
        help="s between requests to one host",
    )
    add("--parallel", type=positive, default=DEFAULTS.parallel, help="downloads at a time")
    add("--size", type=positive, default=DEFAULTS.size_px, help="side of the squares requested, px")
    add("--max-bytes", type=positive, default=DEFAULTS.max_bytes, help="of one photo")
    add("--max-pixels", type=positive, default=DEFAULTS.max_pixels, help="of one photo")
    add("--retries", type=non_negative, default=DEFAULTS.retries, help="of a request that failed")
    add(
        "--timeout",
        type=positive_s,
        default=DEFAULTS.timeout_s,
        help="s to wait for a response",
    )
    add("--allow-host", action="append", default=[], help="host to trust for photos; repeatable")
    add("--contact", default=DEFAULTS.contact, help="your address, for the user agent")
    add("--browser", type=Path, help="Chrome or Chromium [the one on the search path]")
    add("--driver", type=Path, help="chromedriver [the one on the search path, or a download]")


def config_from(args: argparse.Namespace, out_dir: Path) -> ScrapeConfig:
    """The settings given by the options of `add_options`.

    Raises:
        ConfigError: one is out of its range, or the source lacks a setting.
    """
    key = args.access_key if args.access_key is not None else os.environ.get(KEY_VARIABLE, "")
    return ScrapeConfig(
        out_dir=out_dir,
        count=args.count,
        source=args.source,
        base_url=args.base_url,
        api_url=args.api_url,
        access_key=key,
        dataset_dir=args.dataset,
        delay_s=args.delay,
        parallel=args.parallel,
        size_px=args.size,
        max_bytes=args.max_bytes,
        max_pixels=args.max_pixels,
        retries=args.retries,
        timeout_s=args.timeout,
        allow_hosts=tuple(args.allow_host),
        contact=args.contact,
        browser=args.browser,
        driver=args.driver,
    )


def _job(args: argparse.Namespace) -> int:
    from preprocessing.categories import CATEGORIES, category_name
    from scraper.collect import scrape
    from scraper.tally import summary

    words = CATEGORIES if args.all else args.categories
    categories = list(dict.fromkeys(category_name(word) for word in words))
    others = [one for one in categories if one not in CATEGORIES]
    if others:
        log.info("not among the paper's twenty categories: %s", ", ".join(others))
    tallies = scrape(config_from(args, args.out), categories)
    cli.print_lines([summary(tallies)])
    done = len(tallies) == len(categories) and all(t.error is None and t.kept for t in tallies)
    return cli.DONE if done else cli.FAILED


if __name__ == "__main__":
    raise SystemExit(main())
