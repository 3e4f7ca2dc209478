"""A search map over the JSON API, as other makers' maps read it."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from skydas.assess.predict.lost import Last
from skydas.assess.predict.searches import Search
from skydas.model import ObjectClass, SearchArea
from tests.facts import T0_NS
from tests.served import served


def area() -> SearchArea:
    last = Last(T0_NS, 55.0, 24.0, 80.0, (20.0, 5.0, -1.0), 15.0, 1.0, int(ObjectClass.MULTIROTOR))
    return SearchArea(node="lt-1", sequence=3, now_ns=T0_NS, **Search(2, 7, last, 0.1, (0.0, 0.0)).fields())


def test_a_search_is_told_as_geojson_whose_cells_add_up_to_what_is_on_the_map() -> None:
    async def question() -> None:
        async with served() as server:
            server.hub.add(area())
            answer = await server.client.get("/api/v1/searches/2")
            assert answer.status_code == 200
            body = answer.json()
            cells = [one for one in body["features"] if one["properties"]["what"] == "cell"]
            rings = [one for one in body["features"] if one["properties"]["what"] == "ring"]
            assert [one["properties"]["probability"] for one in rings] == [0.5, 0.9]
            assert sum(one["properties"]["probability"] for one in cells) == pytest.approx(0.9, abs=1e-3)
            for one in body["features"]:
                ring = np.array(one["geometry"]["coordinates"][0])
                assert ring[0].tolist() == ring[-1].tolist()
                assert np.abs(ring - (24.0, 55.0)).max() < 0.3
            missing = await server.client.get("/api/v1/searches/3")
            assert missing.status_code == 404
            assert "standing/searches" in missing.json()["error"]

    asyncio.run(question())
