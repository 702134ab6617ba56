"""What every tab does with a job: it waits for its turn, and an error is shown on the page."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import gradio as gr

from basics.errors import ProjectError
from pipeline.web.service import ColorService


def done(service: ColorService, job: Callable[[], Any], name: str) -> Any:
    """Have a job done in its turn; an error is shown on the page.

    Args:
        service: does it.
        job: what is done.
        name: what the visitor calls the photo.
    """
    try:
        future: Future[Any] = service.submit(job)
        return future.result(service.limits.seconds)
    except ProjectError as error:
        what, _, fix = error.for_form()
        raise gr.Error(f"{name}: {what}; {fix}", print_exception=False) from error
    except TimeoutError as error:
        message = f"{name}: not done within {service.limits.seconds:g} seconds; shrink it"
        raise gr.Error(message, print_exception=False) from error
