"""The JSON API over real sockets: its answers, and how it refuses."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from skydas.history import History
from skydas.model import Fact, TrackFlag
from skydas.outputs import parquet
from skydas.outputs._page_wire import RECORD
from skydas.web.coverage import horizon_m
from skydas.web.routes import HANDLERS
from tests.facts import T0_NS, Emitted, ListInbox, after, frame, group, notice, started, tracks
from tests.served import Served, served

Ask = Callable[[Served], Awaitable[Any]]


def asked(ask: Ask, **given: Any) -> Any:
    """Return what `ask` returns, run against a server of its own."""

    async def scenario() -> Any:
        async with served(**given) as server:
            return await ask(server)

    return asyncio.run(scenario())


def get(path: str, *facts: Fact, **given: Any) -> tuple[int, Any]:
    """Return status and JSON of one path after the node told `facts`."""

    async def ask(server: Served) -> tuple[int, Any]:
        for fact in facts:
            server.hub.add(fact)
        server.hub.tick()
        answer = await server.client.get(path)
        return answer.status_code, answer.json()

    status, body = asked(ask, **given)
    return status, body


def post(body: object, **headers: str) -> tuple[int, Any, Served]:
    """Return status, JSON and server after one action."""

    async def ask(server: Served) -> tuple[int, Any, Served]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        answer = await server.client.post("/api/v1/actions", content=content, headers=sent)
        return answer.status_code, answer.json(), server

    status, answer, server = asked(ask)
    return status, answer, server


def recorded(directory: Path, facts: list[Fact]) -> History:
    params = msgspec.convert({"directory": str(directory), "disk_free_mb_min": 0.0}, parquet.Params)
    asyncio.run(parquet.run(params, ListInbox([started(), *facts]), Emitted()))
    return History(directory)


def test_the_node_says_who_it_is() -> None:
    status, body = get("/api/v1/node", frame(1, tracks([1, 2])))
    assert status == 200
    assert (body["node"], body["origin"], body["now_ns"], body["track_count"]) == ("lt-1", "simulated", T0_NS, 2)
    assert (body["latitude_deg"], body["longitude_deg"]) == (55.0, 24.0)


def test_sensors_and_sources_are_there_before_they_are_heard() -> None:
    assert [view["state"] for view in get("/api/v1/sensors")[1]["sensors"]] == ["never_heard"] * 2
    assert [view["link"] for view in get("/api/v1/sources")[1]["sources"]] == ["never"]


def test_groups_say_which_tracks_and_how_many_objects() -> None:
    assert get("/api/v1/groups")[1] == {"type": "groups", "groups": []}
    [view] = get("/api/v1/groups", group(1, 12, 12, 13, 15), group(2, 30, 30, 31, 32), group(3, 30, is_over=True))[1][
        "groups"
    ]
    assert (view["number"], view["track_nos"], view["count_min"], view["count_max"]) == (12, [12, 13, 15], 3, 6)
    assert (view["latitude_deg"], view["major_m"], view["axis_true_deg"]) == (55.0, 110.0, 90.0)


def test_the_table_of_tracks_has_words_and_nulls() -> None:
    rows = tracks([1, 2])
    rows["callsign"][0], rows["mode_3a"][0] = b"LOT7AB", 0o0412
    rows["velocity_mps"][1] = np.nan
    body = get("/api/v1/tracks", frame(1, rows, after(10)))[1]
    first, second = body["tracks"]
    assert body["now_ns"] == after(10)
    assert (first["callsign"], first["mode_3a"], first["mode_s"]) == ("LOT7AB", "0412", None)
    assert (first["status"], first["identity"], first["class"], first["origin"]) == (
        "confirmed",
        "pending",
        None,
        "live",
    )
    assert (first["speed_mps"], first["course_deg"], first["age_s"], first["sensor_count"]) == (50.0, 36.87, 10.0, 2)
    assert first["latitude_deg"] == pytest.approx(55.001 + 400 / 111_195, abs=1e-6)
    assert (second["speed_mps"], second["course_deg"], second["latitude_deg"]) == (None, None, 55.002)


def test_one_track_tells_its_uncertainty_and_its_sensors() -> None:
    rows = tracks([3])
    rows["flags"], rows["class_probability"] = TrackFlag.CLAIM_ONLY, np.eye(12)[6]
    status, body = get("/api/v1/tracks/3", frame(1, rows))
    assert status == 200
    assert body["cov_position_m2"] == [1.0, 2.0, 7.0, 12.0]
    assert body["cov_velocity_m2ps2"] == [16.0, 17.0, 19.0, 21.0]
    assert body["sensors"] == ["radar-1", "adsb-1"]
    assert (body["class"], body["class_probability"]["multirotor"], body["flags"]) == (
        "multirotor",
        1.0,
        ["claim_only"],
    )
    assert body["label"]["classification"] == "UNCLASSIFIED"


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/api/v1/tracks/9", 404, "there is no track 9"),
        ("/api/v1/tracks/0", 400, "track_no"),
        ("/api/v1/tracks/nine", 404, "Not Found"),
        ("/api/v1/tracks/99999999999999999999", 400, "track_no"),
        ("/api/v1/nothing", 404, "Not Found"),
        ("/api/v1/tracks/1/history?seconds=-1", 400, "seconds"),
        ("/api/v1/tracks/1/history?seconds=nan", 400, "seconds"),
        ("/api/v1/history/density?from_ns=5&to_ns=2", 400, "from_ns must be before to_ns"),
        ("/api/v1/history/density?from_ns=1&to_ns=2&bins=1000000", 400, "bins"),
        ("/api/v1/history/density?from_ns=x&to_ns=2", 400, "from_ns"),
        ("/api/v1/history/density", 400, "_ns"),
        ("/api/v1/history/picture?at_ns=99999999999999999999999", 400, "at_ns"),
        ("/api/v1/history/picture?at_ns=1", 404, "nothing is being recorded"),
        ("/api/v1/analytics/traffic?from_ns=1&to_ns=2", 404, "nothing is being recorded"),
        ("/api/v1/analytics/traffic?from_ns=1&to_ns=2&cell_deg=0", 400, "cell_deg"),
        ("/api/v1/analytics/traffic?from_ns=1&to_ns=2&hour=24", 400, "hour"),
    ],
)
def test_a_question_that_has_no_answer_says_why_and_what_to_do(path: str, status: int, says: str) -> None:
    found, body = get(path)
    assert found == status
    assert says in body["error"]
    assert set(body) == {"error", "what_to_do"}
    assert body["what_to_do"]


def test_a_tracks_past_joins_what_is_on_disk_with_what_is_not_yet(tmp_path: Path) -> None:
    facts: list[Fact] = [frame(n + 1, tracks([1], after(n))) for n in range(10)]
    newer: list[Fact] = [frame(n + 1, tracks([1], after(n))) for n in range(8, 14)]
    body = get("/api/v1/tracks/1/history?seconds=600", *newer, history=recorded(tmp_path, facts))[1]
    assert body["t_ns"] == [after(n) for n in range(14)]
    assert {len(column) for name, column in body.items() if name != "track_no"} == {14}


def test_density_has_the_counts_and_the_notices(tmp_path: Path) -> None:
    history = recorded(tmp_path, [frame(1, tracks([1, 2]))])
    body = get(f"/api/v1/history/density?from_ns={T0_NS}&to_ns={after(10)}&bins=2", notice(2), history=history)[1]
    assert (body["track_count"], body["first_ns"], body["last_ns"]) == ([2, 0], T0_NS, T0_NS)
    assert [mark["level"] for mark in body["notices"]] == ["alarm"]


def test_a_past_picture_is_a_snapshot_frame(tmp_path: Path) -> None:
    history = recorded(tmp_path, [frame(1, tracks([4, 5]))])

    async def ask(server: Served) -> Any:
        return await server.client.get(f"/api/v1/history/picture?at_ns={after(1)}")

    answer = asked(ask, history=history)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.content[:8] == bytes([1, 1, 0, 0, 0, 0, 0, 0])
    records = np.frombuffer(answer.content, RECORD, offset=24)
    assert records["track_no"].tolist() == [4, 5]
    assert records["sensor_count"].tolist() == [2, 2]


def test_coverage_is_the_declared_range_and_the_horizon() -> None:
    rings = get("/api/v1/coverage")[1]["rings"]
    assert [ring["sensor"] for ring in rings] == ["radar-1"]
    assert [ring["target_height_m"] for ring in rings[0]["horizon"]] == [100.0, 300.0, 1000.0]
    assert rings[0]["horizon"][0]["range_m"] == pytest.approx(2 * 4122 * np.sqrt(100.0), rel=1e-3)  # 4.12 km per root m
    assert horizon_m(-30.0, 0.0) == 0.0


def test_stages_are_what_the_node_says() -> None:
    assert get("/api/v1/stages")[1] == {"stages": {"decode": {"p99_us": 12.5}}}


def test_the_schema_describes_every_path_and_shows_examples_and_loads_nothing_from_elsewhere() -> None:
    status, body = get("/schema/openapi.json")
    assert status == 200
    described = {path for path in body["paths"] if path.startswith("/api/v1/")}
    assert described == {
        re.sub(r":(int|str)", "", path) for handler in HANDLERS for path in handler.paths if path.startswith("/api/v1/")
    }
    assert len(described) > 20
    assert "merge_tracks" in json.dumps(body)
    assert "cdn" not in json.dumps(body)


def test_an_action_reaches_the_node_as_it_was_sent() -> None:
    sent = {"what": "tag", "who": "A. Kazlauskas", "role": "supervisor", "fields": {"track_no": "3", "text": "ok"}}
    status, body, server = post(sent)
    assert (status, body["what"], body["refused"]) == (201, "tag", "")
    assert [(one.who, one.role, one.what, one.fields) for one in server.actions] == [
        ("A. Kazlauskas", "supervisor", "tag", {"track_no": "3", "text": "ok"})
    ]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"{", 400, "truncated"),
        (b"\xff\xfe", 400, ""),
        (b"[1]", 400, "object"),
        ({}, 400, "what"),
        ({"what": ""}, 400, "what"),
        ({"what": "tag", "unknown": 1}, 400, "unknown"),
        ({"what": "tag", "who": "x" * 81}, 400, "who"),
        ({"what": "tag", "fields": {str(n): "" for n in range(51)}}, 400, "fields"),
        ({"what": "tag", "fields": {"text": "x" * 100_000}}, 413, "Large"),
        (b"[" * 60_000, 400, "nested too deeply"),
        ({"what": "refuse"}, 409, "nothing can be recorded"),
        ({"what": "fail"}, 500, "the node made a mistake"),
    ],
)
def test_an_action_that_cannot_be_taken_is_refused_clearly(body: object, status: int, says: str) -> None:
    found, answer, server = post(body)
    assert found == status
    assert says in answer["error"]
    assert "secret" not in json.dumps(answer)
    assert set(answer) == {"error", "what_to_do"}
    assert server.actions == []


def test_the_page_is_served_with_headers_that_keep_foreign_code_out(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>skydas</title>")
    (tmp_path / "assets/app-1a2b.js").write_text("export const a = 1;\n" * 200)

    async def ask(server: Served) -> Any:
        return [await server.client.get(path) for path in ("/", "/assets/app-1a2b.js", "/../pyproject.toml", "/no")]

    page, script, outside, missing = asked(ask, static=tmp_path)
    assert (page.status_code, page.text[:9]) == (200, "<!doctype")
    assert page.headers["cache-control"] == "no-cache"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert script.headers["cache-control"] == "no-cache"
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["content-type"].startswith("text/javascript")
    assert (outside.status_code, missing.status_code) == (404, 404)


def test_a_tree_without_the_built_page_says_so(tmp_path: Path) -> None:
    status, body = get("/", static=tmp_path)
    assert (status, body["what_to_do"][:12]) == (404, "run: make ui")


def test_what_is_not_assessed_is_not_found_and_without_assets_the_list_is_empty() -> None:
    status, body = get("/api/v1/tracks/7/why")
    assert status == 404
    assert "track 7 is not assessed" in body["error"]
    assert get("/api/v1/assets") == (200, {"type": "FeatureCollection", "features": []})
