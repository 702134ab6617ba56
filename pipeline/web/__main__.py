"""A page that colours photos, with its API: python -m pipeline.web --port 8000

Opens on this computer only, unless --host says otherwise.
"""

import argparse
import logging
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from basics import cli
from basics.errors import ConfigError
from pipeline.engine.bundle import PRETRAINED_DIR
from pipeline.engine.bundle_file import read_bundle
from pipeline.turing.answers import ANSWERS
from pipeline.version import add_version
from pipeline.web.limits import MEGABYTE, ServerLimits

LOCAL = "127.0.0.1"
SIGNALLED = 128  # and the number of the signal: a shell's exit code
log = logging.getLogger(__name__)


def build_parser() -> argparse.ArgumentParser:
    """The options of the command."""
    defaults = ServerLimits()
    parser = cli.parser(__doc__, "pipeline.web", command="colorize-web")
    add, number = parser.add_argument, cli.positive(int)
    add("--host", default=LOCAL, help="0.0.0.0 lets other computers in")
    add("--port", type=cli.positive(int, zero=True), default=8000, help="0 takes a free one")
    text = "that every client must give; other users of the computer see it, unlike that of"
    add("--token", help=f"{text} --token-file or of the variable COLORIZER_TOKEN")
    add("--token-file", type=Path, metavar="FILE", help="that has the token, and nothing else")
    text = "another name under which this server is opened; may be repeated"
    add("--allow-host", action="append", default=[], metavar="NAME", help=text)
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    add_version(parser)
    add("--device", default="auto", help="what runs the networks: cpu, cuda, coreml, auto")
    text = "real colour photos for the Turing test [scikit-image's]"
    add("--turing-data", type=Path, metavar="DIR", help=text)
    add("--answers", type=Path, default=ANSWERS, metavar="FILE", help="of the Turing test")
    add = parser.add_argument_group("limits").add_argument
    text = "of one upload"
    add("--max-megabytes", type=number, default=defaults.upload_bytes // MEGABYTE, help=text)
    add("--max-pixels", type=number, default=defaults.pixels, metavar="N", help="of one photo")
    add("--max-seconds", type=cli.positive(float), default=defaults.seconds, help="for one photo")
    text = "megabytes of memory that one photo may take, beside the networks"
    default = defaults.memory_bytes // MEGABYTE
    add("--max-memory", type=number, default=default, metavar="N", help=text)
    add("--at-once", type=number, default=defaults.at_once, metavar="N", help="photos in work")
    text = "photos that wait for their turn; one more is told to come back"
    add("--waiting", type=cli.positive(int, zero=True), default=defaults.waiting, help=text)
    text = "seconds that photos in work have to be finished when the server is stopped"
    add("--grace", type=cli.positive(float, zero=True), default=defaults.grace, help=text)
    text, most = "open at once", defaults.connections
    add("--max-connections", type=number, default=most, metavar="N", help=text)
    text, most = "of one other computer", defaults.address_connections
    add("--max-connections-per-address", type=number, default=most, metavar="N", help=text)
    text, most = "kept of one visitor of the page", defaults.visitor_bytes // MEGABYTE
    add("--visitor-megabytes", type=number, default=most, metavar="N", help=text)
    text, most = "kept of one visitor of the page", defaults.visitor_photos
    add("--visitor-photos", type=number, default=most, metavar="N", help=text)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the server until it is stopped; returns the exit code."""
    with _cleanly_terminated():
        return cli.run(_job, build_parser().parse_args(argv), lock="web.txt")


def _job(args: argparse.Namespace) -> int:
    from pipeline.web.app import build_app
    from pipeline.web.ending import GracefulServer
    from pipeline.web.gate.protocol import server_config
    from pipeline.web.gate.tokens import VARIABLE, read_token
    from pipeline.web.guard import own_hosts
    from pipeline.web.tabs.turing_settings import TuringTest

    if args.turing_data and not args.turing_data.is_dir():
        fix = "name a folder of colour photos"
        raise ConfigError("no such folder", f"--turing-data {args.turing_data}", fix)
    token = read_token(args.token, args.token_file, os.environ)
    os.environ.pop(VARIABLE, None)  # no process that is started needs it
    limits = ServerLimits(
        upload_bytes=args.max_megabytes * MEGABYTE,
        pixels=args.max_pixels,
        seconds=args.max_seconds,
        at_once=args.at_once,
        waiting=args.waiting,
        memory_bytes=args.max_memory * MEGABYTE,
        grace=args.grace,
        connections=args.max_connections,
        address_connections=args.max_connections_per_address,
        visitor_bytes=args.visitor_megabytes * MEGABYTE,
        visitor_photos=args.visitor_photos,
    )
    turing = TuringTest(folder=args.turing_data, answers=args.answers)
    bundle = read_bundle(args.models)
    with ExitStack() as opened:
        listener = opened.enter_context(_listening(args.host, args.port))
        app = build_app(
            bundle, limits, device=args.device, token=token, turing=turing,
            hosts=own_hosts(args.host, args.allow_host), own_names=_lower(args.allow_host),
        )  # fmt: skip
        opened.callback(app.state.service.close)
        asked = "/login" if token else "/"
        log.info("open http://%s:%d%s", args.host, listener.getsockname()[1], asked)
        GracefulServer(server_config(app, limits), app.state.service).run(sockets=[listener])
    return cli.DONE


@contextmanager
def _cleanly_terminated() -> Iterator[None]:
    """Let SIGTERM end the block as control C does, so that what was opened is closed.

    The process then ends by the signal after all: taking down an interpreter with all that the page
    has imported takes a second on a busy computer.
    """
    is_told = False

    def end(number: int, _: FrameType | None) -> None:
        nonlocal is_told
        is_told = True
        raise SystemExit(SIGNALLED + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if is_told:
            signal.raise_signal(signal.SIGTERM)


def _lower(names: Sequence[str]) -> set[str]:
    return {name.lower() for name in names}


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        where = f"--host {host} --port {port}"
        raise ConfigError(f"cannot listen: {error}", where, "give another --port") from error


if __name__ == "__main__":
    raise SystemExit(main())
