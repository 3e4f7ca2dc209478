"""Who may listen and who may ask, over real sockets."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from skydas.errors import ConfigError, OutputError
from skydas.model.config import WebSection
from skydas.web import check_listen, listen
from skydas.web.access import read_tokens
from tests.served import Served, served

TOKEN = "t" * 32
VIEWER_TOKEN = "v" * 32
HOSTILE_HOSTS = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost@evil.example",
    "",
    "[::1",
    "127.0.0.1:port",
    "0.0.0.0",
]


def token_file(directory: Path, text: str, mode: int = 0o600) -> Path:
    path = directory / "tokens"
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a certificate for 127.0.0.1 and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not on this machine, so no certificate can be made")
    directory = tmp_path_factory.mktemp("tls")
    made, key = directory / "certificate.pem", directory / "key.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*command, "-out", str(made), "-keyout", str(key)], check=True, capture_output=True)
    return made, key


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.1"])
def test_loopback_needs_nothing(host: str) -> None:
    check_listen(WebSection(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "node.example", ""])
def test_any_other_address_names_all_that_is_missing(host: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_listen(WebSection(host=host))
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "web.token_file",
        "web.certificate_file",
        "web.key_file",
    ]
    assert "127.0.0.1" in str(caught.value)


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.pem")
    with pytest.raises(ConfigError, match="there is no file"):
        check_listen(WebSection(certificate_file=missing, key_file=missing))
    with pytest.raises(ConfigError, match="go together"):
        check_listen(WebSection(certificate_file=__file__))


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [
        ("", 0o600, "holds no token"),
        ("# only a comment\n", 0o600, "holds no token"),
        ("short anna operator\n", 0o600, "line 1: a token has at least 24"),
        (f"{TOKEN} anna\n", 0o600, "line 1: expected TOKEN NAME ROLE, got 2 words"),
        (f"{TOKEN} anna operator\n", 0o644, "chmod 600"),
        (f"{TOKEN} anna viewr\n", 0o600, "line 1: there is no role 'viewr'; there are: viewer, reporter, operator"),
    ],
)
def test_a_token_file_that_will_not_do_says_why(tmp_path: Path, text: str, mode: int, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read_tokens(token_file(tmp_path, text, mode))


def test_a_token_file_says_whom_each_token_stands_for(tmp_path: Path) -> None:
    people = read_tokens(
        token_file(tmp_path, f"# staff\n{TOKEN} anna operator # day shift\n\n{VIEWER_TOKEN} jon viewer\n")
    )
    assert [(one.name, one.role) for one in people] == [("anna", "operator"), ("jon", "viewer")]


def test_a_port_that_is_taken_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OutputError, match=f"port {port} on 127.0.0.1 is taken"):
            listen(WebSection(port=port))


@pytest.mark.parametrize("port", [-1, 65_536, 99_999])
def test_a_port_that_cannot_be_is_named(port: int) -> None:
    with pytest.raises(ConfigError, match=r"web\.port: must be 0 to 65535"):
        listen(WebSection(port=port))


@pytest.mark.parametrize("host", HOSTILE_HOSTS)
def test_a_name_that_is_rebound_to_this_machine_is_refused(host: str) -> None:
    async def ask(server: Served) -> httpx.Response:
        return await server.client.get("/api/v1/tracks", headers={"host": host})

    answer = run(ask)
    assert answer.status_code in (400, 403)
    assert "tracks" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9999", "[::1]:8080", "LOCALHOST:1"])
def test_this_machines_names_are_welcome_at_any_port_for_there_may_be_a_tunnel(host: str) -> None:
    async def ask(server: Served) -> httpx.Response:
        return await server.client.get("/api/v1/node", headers={"host": host})

    assert run(ask).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1", "file://"]
)
def test_another_sites_page_can_neither_act_nor_open_the_live_link(origin: str) -> None:
    async def ask(server: Served) -> tuple[httpx.Response, int]:
        answer = await server.client.post("/api/v1/actions", json={"what": "tag"}, headers={"origin": origin})
        try:
            async with websockets.connect(live(server), origin=websockets.Origin(origin)):
                return answer, 101
        except websockets.InvalidStatus as refused:
            assert server.actions == []
            return answer, refused.response.status_code

    answer, status = run(ask)
    assert (answer.status_code, status) == (403, 403)
    assert "another site" in answer.json()["error"]


def test_our_own_page_may_act_and_open_the_live_link() -> None:
    async def ask(server: Served) -> int:
        origin = f"http://127.0.0.1:{server.port}"
        answer = await server.client.post("/api/v1/actions", json={"what": "tag"}, headers={"origin": origin})
        async with websockets.connect(live(server), origin=websockets.Origin(origin)) as link:
            assert (await link.recv())[0] == 3
        return answer.status_code

    assert run(ask) == 201


def test_a_form_of_another_site_cannot_act() -> None:
    async def ask(server: Served) -> int:
        answer = await server.client.post("/api/v1/actions", data={"what": "tag"})
        assert server.actions == []
        return answer.status_code

    assert run(ask) == 415


def test_with_tokens_nothing_is_answered_without_one(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    async def ask(server: Served) -> list[int]:
        statuses = []
        for headers in (
            {},
            {"authorization": "Bearer wrong"},
            {"cookie": "skydas_token=wrong"},
            {"authorization": "x"},
        ):
            for path in ("/", "/api/v1/node", "/schema", "/nothing", "/?token=wrong"):
                answer = await server.client.get(path, headers=headers)
                statuses.append(answer.status_code)
                assert set(answer.json()) == {"error", "what_to_do"}
        return statuses

    assert set(run(ask, web=with_tokens(tmp_path, certificate))) == {401}


def test_a_token_names_who_acts_and_a_viewer_may_only_look(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    async def ask(server: Served) -> tuple[int, int, int]:
        body = {"what": "tag", "who": "somebody else", "role": "commander"}
        anna = {"authorization": f"Bearer {TOKEN}"}
        jon = {"authorization": f"Bearer {VIEWER_TOKEN}"}
        acted = await server.client.post("/api/v1/actions", json=body, headers=anna)
        looked = await server.client.get("/api/v1/node", headers=jon)
        refused = await server.client.post("/api/v1/actions", json=body, headers=jon)
        assert [(one.who, one.role) for one in server.actions] == [("anna", "operator")]
        return acted.status_code, looked.status_code, refused.status_code

    assert run(ask, web=with_tokens(tmp_path, certificate)) == (201, 200, 403)


def test_a_browser_enters_with_the_token_once_and_keeps_it_in_a_cookie(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    async def ask(server: Served) -> None:
        answer = await server.client.get(f"/?token={TOKEN}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"]
        assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=Strict"))
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        address = f"wss://127.0.0.1:{server.port}/api/v1/live"
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(address, ssl=trusting)
        async with websockets.connect(address, ssl=trusting, additional_headers={"cookie": cookie}) as link:
            assert (await link.recv())[0] == 3

    run(ask, web=with_tokens(tmp_path, certificate))


def with_tokens(directory: Path, certificate: tuple[Path, Path]) -> WebSection:
    tokens = token_file(directory, f"{TOKEN} anna operator\n{VIEWER_TOKEN} jon viewer\n")
    return WebSection(
        port=0, token_file=str(tokens), certificate_file=str(certificate[0]), key_file=str(certificate[1])
    )


@pytest.mark.parametrize("role", ["Viewer", "VIEWER", "viewer"])
def test_a_viewer_is_one_in_capitals_too(tmp_path: Path, role: str) -> None:
    (person,) = read_tokens(token_file(tmp_path, f"{TOKEN} jon {role}\n"))
    assert person.role == "viewer"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({}, 200),
    ],
)
def test_another_sites_page_looks_at_nothing_of_the_api(headers: dict[str, str], status: int) -> None:
    async def ask(server: Served) -> list[int]:
        answers = [await server.client.get("/api/v1/node", headers=headers)]
        answers.append(await server.client.get("/api/v1/incidents/1?who=Admin", headers=headers))
        assert (answers[1].status_code == 403) == (status == 403)
        assert not server.actions
        page = await server.client.get("/schema", headers={"sec-fetch-site": "cross-site"})
        assert page.status_code == 200  # a link to the page itself is no look into the record
        return [answers[0].status_code]

    assert run(ask) == [status]


def live(server: Served) -> str:
    return f"ws://127.0.0.1:{server.port}/api/v1/live"


def run(ask: Any, **given: Any) -> Any:
    async def scenario() -> Any:
        async with served(**given) as server:
            return await ask(server)

    return asyncio.run(scenario())
