"""The page: tabs that Gradio draws, mounted on the API's server."""

import gradio as gr
from fastapi import FastAPI
from gradio.themes import Default
from starlette.routing import Mount

from pipeline.web.gate.page_routes import PageRoutes
from pipeline.web.service import ColorService
from pipeline.web.tabs.color_tab import build_color_tab
from pipeline.web.tabs.several_tab import build_several_tab
from pipeline.web.tabs.turing_settings import TuringTest
from pipeline.web.tabs.turing_tab import build_turing_tab
from pipeline.web.uploads import Page
from pipeline.web.visitors import Visitors

FONT = ["system-ui", "sans-serif"]  # the visitor's own: nothing is fetched from elsewhere
MONO = ["ui-monospace", "monospace"]
MOST_SESSIONS = 500  # open pages that Gradio remembers, at a few hundred kB each
CSS = """
.gradio-container {width: 100%; max-width: 1280px !important; margin: 0 auto !important}
#ranking [data-testid="label-output-value"], #ranking .container {columns: 2 240px}
#gallery .grid-wrap, #sheet .grid-wrap {max-height: none}
#ranking .confidence-set {break-inside: avoid}
@media (max-width: 700px) {  /* a phone: the result follows the photo at once */
  #both > .column {display: contents}
  #both > .column > * {order: 2; width: 100%}
  #both #photo {order: 0}
  #both #result, #both #download, #both #told {order: 1}
}
footer {display: none !important}
"""


def build_page(service: ColorService, turing: TuringTest) -> Page:
    """The page's tabs."""
    with Page(title="Image colorizer", analytics_enabled=False) as page:
        gr.Markdown("# Image colorizer\nBlack-and-white photos in colours that networks predict.")
        with gr.Tab("Colour a photo"):
            build_color_tab(service)
        with gr.Tab("Several photos"):
            build_several_tab(service)
        with gr.Tab("Which one is real?"):
            build_turing_tab(service, turing)

        def leave(request: gr.Request) -> None:
            service.leave(request.session_hash or "")

        page.unload(leave)
    return page


def mount_page(app: FastAPI, service: ColorService, turing: TuringTest, visitors: Visitors) -> Page:
    """Serve the page at / of an app that has the API."""
    page = build_page(service, turing)
    page.state_session_capacity = MOST_SESSIONS
    page.queue(default_concurrency_limit=service.limits.at_once, api_open=False)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        run_history=False,
        max_file_size=service.limits.upload_bytes,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        theme=Default(font=FONT, font_mono=MONO),
        css=CSS,
    )
    mount = next(one for one in app.router.routes if isinstance(one, Mount) and not one.path)
    mount.app = PageRoutes(mount.app, page, visitors)
    return page
