"""The page, the JSON API and the WebSocket."""

from skydas.web.access import check_listen
from skydas.web.app import create_app
from skydas.web.server import listen, serve
from skydas.web.state import WebState

__all__ = ["WebState", "check_listen", "create_app", "listen", "serve"]
