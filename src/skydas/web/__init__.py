"""HTTP and WebSocket API, and the built page."""
