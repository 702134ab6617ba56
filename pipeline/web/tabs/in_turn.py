"""What every tab does with a job: an error of it is shown on the page."""

from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from basics.errors import ProjectError


@contextmanager
def shown_on_page(name: str) -> Iterator[None]:
    """Show an error of the block on the page.

    Args:
        name: what the visitor calls the photo.

    Raises:
        gr.Error: the error, in words for a visitor.
    """
    try:
        yield
    except ProjectError as error:
        what, _, fix = error.for_form()
        raise gr.Error(f"{name}: {what}; {fix}", print_exception=False) from error
