"""What every tab does with a job: it waits for its turn, and an error is shown on the page."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import gradio as gr

from basics.errors import ProjectError
from pipeline.web.service import Studio


def done(studio: Studio, job: Callable[[], Any], name: str) -> Any:
    """Have a job done in its turn; an error is shown on the page.

    Args:
        studio: does it.
        job: what is done.
        name: what the visitor calls the photo.
    """
    try:
        future: Future[Any] = studio.submit(job)
        return future.result(studio.limits.seconds)
    except ProjectError as error:
        what, _, fix = error.args
        raise gr.Error(f"{name}: {what}; {fix}", print_exception=False) from error
    except TimeoutError as error:
        told = f"{name}: not done within {studio.limits.seconds:g} seconds; shrink it"
        raise gr.Error(told, print_exception=False) from error
