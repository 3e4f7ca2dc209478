"""The web application: the page, the JSON API and the WebSocket behind one gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import structlog
from litestar import Litestar, Request, Response, get
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

import skydas
from skydas.errors import RefusedError, SkydasError
from skydas.web.access import check_listen, is_loopback, read_tokens
from skydas.web.gate import Gate, Refusal
from skydas.web.live import live
from skydas.web.routes import HANDLERS
from skydas.web.state import WebState

REQUEST_OCTETS_MAX: Final = 65_536
COMPRESSED_OCTETS_MIN: Final = 1_024
STATIC: Final = Path(__file__).parent / "static"

_WHAT_TO_DO: Final = {
    400: "correct the request; /schema describes it",
    403: "ask whoever runs the node for another role",
    404: "check the address; /schema lists what there is",
    405: "use another method; /schema lists them",
    409: "correct what the error names and try again",
    410: "it cannot be had again",
    413: f"send at most {REQUEST_OCTETS_MAX} octets of JSON, or a smaller photo",
    415: "send what /schema asks for here",
    500: "the node's log says more; the picture goes on",
}

log = structlog.get_logger()


def create_app(state: WebState, static: Path = STATIC) -> Litestar:
    """Return the application. Raises ConfigError when the node may not listen where its file says."""
    check_listen(state.config.web)
    people = read_tokens(Path(state.config.web.token_file)) if state.config.web.token_file else ()
    app = Litestar(
        route_handlers=[*HANDLERS, live, _page(static)],
        dependencies={"web": Provide(lambda: state, sync_to_thread=False)},
        exception_handlers={
            HTTPException: _http_refusal,
            SkydasError: _own_refusal,
            RecursionError: _too_deep,
            Exception: _fault,
        },
        openapi_config=OpenAPIConfig(
            title="skydas",
            version=skydas.__version__,
            description="Air-surveillance and counter-drone network: one node's picture. It controls no weapon.",
            path="/schema",
            render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"]), YamlRenderPlugin()],
        ),
        compression_config=CompressionConfig(backend="gzip", minimum_size=COMPRESSED_OCTETS_MIN, gzip_compress_level=5),
        request_max_body_size=REQUEST_OCTETS_MAX,
        logging_config=None,
    )
    app.asgi_handler = Gate(app.asgi_handler, on_loopback=is_loopback(state.config.web.host), people=people)
    return app


def _page(static: Path) -> ControllerRouterHandler:
    """Return what serves the built page, or, in a tree where it was not built, says so."""
    if (static / "index.html").is_file():
        return create_static_files_router(path="/", directories=[static], html_mode=True, include_in_schema=False)
    return _no_page


@get("/", include_in_schema=False, sync_to_thread=False)
def _no_page() -> Response[Refusal]:
    return Response(
        Refusal("the page has not been built", "run: make ui; the API at /schema works without"), status_code=404
    )


def _http_refusal(_: Request[Any, Any, Any], error: HTTPException) -> Response[Refusal]:
    """Answer what the caller did wrong."""
    faults = [f"{fault.get('key', '')}: {fault.get('message', '')}" for fault in _extra(error)]
    return _refusal(error.status_code, "; ".join([error.detail, *faults]))


def _own_refusal(_: Request[Any, Any, Any], error: SkydasError) -> Response[Refusal]:
    """Answer why the node did not do it."""
    return _refusal(409 if isinstance(error, RefusedError) else 500, str(error))


def _too_deep(_: Request[Any, Any, Any], __: RecursionError) -> Response[Refusal]:
    """Answer a body of brackets in brackets."""
    return _refusal(400, "the JSON is nested too deeply")


def _fault(request: Request[Any, Any, Any], error: Exception) -> Response[Refusal]:
    """Answer a mistake of ours without its insides; the log has them."""
    log.error("request_failed", path=request.url.path, error=repr(error), exc_info=error)
    return _refusal(500, "the node made a mistake answering this")


def _refusal(status: int, error: str) -> Response[Refusal]:
    what_to_do = _WHAT_TO_DO.get(status, _WHAT_TO_DO[400])
    return Response(Refusal(error, what_to_do), status_code=status, media_type="application/json")


def _extra(error: HTTPException) -> list[dict[str, Any]]:
    extra = error.extra if isinstance(error.extra, list) else []
    return [fault for fault in extra if isinstance(fault, dict)]
