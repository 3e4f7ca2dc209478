"""Expected flights: the table with all its faults, and how a track is held against it."""

from __future__ import annotations

from pathlib import Path

import pytest

from skydas.config import encode_config, node_config, read_node_file
from skydas.errors import ConfigError
from skydas.identify.flights import (
    FAULTS_MAX,
    Flight,
    FlightList,
    flight_faults,
    flights_from_csv,
    outside_m,
    read_flight,
    standing,
)
from skydas.identify.params import IdentifyParams
from skydas.identify.rules import PlanState
from skydas.model import NS_PER_S, object_key, utc_ns
from skydas.model.config import FlightSection

NOON_NS = utc_ns("2026-03-01T12:00:00Z")
NODE = '[node]\nname = "x"\n\n'
TABLE = (
    "flight, identity, mode_s, callsign, from_utc, until_utc, area, radius_m, route, class_word\n"
    "patrol, friend, 503C01, PATROL1, 2026-03-01T11:00:00Z, 2026-03-01T14:00:00Z, 55.0 24.0, 20000, ,helicopter\n"
    "LOT7AB, , 48AD05, LOT7AB, , , , , 54.63 25.28; 52.17 20.97, airliner\n"
)


def flight(**fields: str | float) -> Flight:
    return read_flight(FlightSection(**({"flight": "one", "mode_s": "503c01"} | fields)))  # type: ignore[arg-type]


def test_a_table_is_read_with_empty_cells_as_not_stated() -> None:
    rows, faults = flights_from_csv(TABLE, "flights.csv")
    assert faults == []
    assert [(row.flight, row.identity) for row in rows] == [("patrol", "friend"), ("LOT7AB", "neutral")]
    patrol, airliner = (read_flight(row) for row in rows)
    assert (patrol.mode_s, patrol.area, patrol.radius_m) == (0x503C01, ((55.0, 24.0),), 20_000.0)
    assert airliner.route == ((54.63, 25.28), (52.17, 20.97))
    assert airliner.from_ns == airliner.until_ns == 0


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("a,friend,50,,,", "mode_s: expected six hexadecimal digits"),
        ("a,friend,000000,,,", "mode_s: expected six hexadecimal digits"),
        ("a,enemy,503c01,,,", "identity: expected one of friend, neutral"),
        ("a,friend,,,,", "needs mode_s, callsign or remote_id"),
        (",friend,503c01,,,", "flight"),
        ("a,friend,503c01,noon,,", "from_utc: expected UTC"),
        ("a,friend,503c01,2026-03-02,2026-03-01,", "from_utc must be before until_utc"),
        ("a,friend,503c01,,,55 24; 55 25", "needs three corners"),
        ("a,friend,503c01,,,55 24; 55 200; 56 24", "expected up to 100 points"),
        ("a,friend,503c01,,,here", "expected up to 100 points"),
        ("a,friend,503c01", "expected 6 cells"),
    ],
)
def test_each_fault_of_a_table_names_its_line(row: str, says: str) -> None:
    _, faults = flights_from_csv(f"flight,identity,mode_s,from_utc,until_utc,area\n{row}\n", "flights.csv")
    assert len(faults) >= 1
    assert faults[0].startswith("flights.csv line 2")
    assert says in " ".join(faults)


def test_all_faults_are_told_at_once_and_no_more_than_a_reader_can_use() -> None:
    _, faults = flights_from_csv("flight,mode_s\n" + "a,zz\n" * 3, "f")
    assert len(faults) == 3
    _, faults = flights_from_csv("flight,mode_s\n" + "a,zz\n" * 5_000, "f")
    assert len(faults) == FAULTS_MAX
    assert (
        flights_from_csv("name,mode_s\n", "f")[1][0] == "f: the first line must be a heading with the column `flight`"
    )
    assert "no such column 'colour'" in flights_from_csv("flight,colour\n", "f")[1][0]
    twice = [FlightSection(flight="a", callsign="A"), FlightSection(flight="a", callsign="B")]
    assert list(flight_faults(twice, "flights")) == ["flights: 'a' is there twice"]


@pytest.mark.parametrize(
    "text", ["", "\x00", '"', "flight\n\x00\x00", "flight,mode_s\n" + '"' * 200_000, "flight," * 5_000]
)
def test_what_is_no_table_is_refused_and_does_not_raise(text: str) -> None:
    rows, faults = flights_from_csv(text, "f")
    assert faults or not rows


def test_the_flights_of_a_file_stand_in_the_configuration_that_is_journalled(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(NODE + '[identify]\nflights_file = "flights.csv"\n')
    (tmp_path / "flights.csv").write_text(TABLE)
    config = read_node_file(tmp_path / "node.toml")
    assert [one.flight for one in config.flights] == ["patrol", "LOT7AB"]
    assert b"PATROL1" in encode_config(config)


def test_faults_of_the_node_file_and_of_its_flights_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(NODE + '[identify]\nflights_file = "flights.csv"\npatience = 3\n')
    (tmp_path / "flights.csv").write_text(TABLE.replace("503C01", "5"))
    with pytest.raises(ConfigError) as caught:
        read_node_file(tmp_path / "node.toml")
    assert any("identify.patience: no such key" in fault for fault in caught.value.faults)
    assert any(fault.startswith("flights.csv line 2.mode_s") for fault in caught.value.faults)
    (tmp_path / "flights.csv").unlink()
    with pytest.raises(ConfigError, match=r"flights_file: .* cannot be read"):
        read_node_file(tmp_path / "node.toml")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("[identify]\nprior = { zeppelin = 1.0 }", "there is no class 'zeppelin'"),
        ("[identify]\nprior = { bird = 2.0 }", "must be above 0 and at most 1"),
        ("[identify]\nword_accuracy = { cam = 0.5 }", "there is no sensor 'cam'"),
        ("[identify]\nbird_probability = 0.2", "must be 0.5 to 1"),
        ("[identify]\npending_s = -1.0", "must not be below 0"),
        ('[[flights]]\nflight = "a"\n', "needs mode_s, callsign or remote_id"),
        ('[[flights]]\nflight = "a"\ncolour = "red"\n', "colour: no such key"),
    ],
)
def test_what_cannot_be_meant_is_a_fault_of_the_node_file(table: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        node_config(NODE + table)


def test_a_track_is_compared_with_the_flight_that_most_of_its_identifiers_agree_with() -> None:
    listed = FlightList(
        [
            flight(flight="by address"),
            flight(flight="by both", callsign="PATROL1"),
            flight(flight="drone", mode_s="", remote_id="1596F3AAA"),
        ]
    )
    found = listed.match(NOON_NS, 0x503C01, "PATROL1", -1, 0)
    assert found is not None
    assert (found.flight.name, found.agrees) == ("by both", ("address", "callsign"))
    by_id = listed.match(NOON_NS, 0, "", -1, object_key("1596F3AAA"))
    assert by_id is not None
    assert by_id.flight.name == "drone"
    assert listed.match(NOON_NS, 0x4A0001, "OTHER", -1, 0) is None


def test_of_two_flights_of_one_aircraft_the_one_expected_now_is_meant() -> None:
    morning = flight(flight="morning", from_utc="2026-03-01T06:00:00Z", until_utc="2026-03-01T08:00:00Z")
    noon = flight(flight="noon", from_utc="2026-03-01T11:00:00Z", until_utc="2026-03-01T13:00:00Z")
    found = FlightList([morning, noon]).match(NOON_NS, 0x503C01, "", -1, 0)
    assert found is not None
    assert found.flight.name == "noon"


def test_a_mode_a_code_supports_a_flight_and_does_not_name_one() -> None:
    listed = FlightList([flight(mode_3a="4412")])
    assert listed.match(NOON_NS, 0, "", 0o4412, 0) is None
    found = listed.match(NOON_NS, 0x503C01, "", 0o4412, 0)
    assert found is not None
    assert found.agrees == ("address", "Mode A code")


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, PlanState.AGREES),
        ({"callsign": "PATROL1"}, PlanState.AGREES),  # nothing is said of time and place
        (
            {"callsign": "PATROL1", "from_utc": "2026-03-01T11:00:00Z", "area": "55 24", "radius_m": 9.0},
            PlanState.FIRMLY,
        ),
        ({"from_utc": "2026-03-01T11:00:00Z", "area": "55 24", "radius_m": 9.0}, PlanState.AGREES),  # one identifier
        ({"until_utc": "2026-03-01T11:50:00Z"}, PlanState.AGREES),  # ten minutes late
        ({"until_utc": "2026-03-01T11:30:00Z"}, PlanState.ELSEWHERE),
        ({"area": "55.1 24", "radius_m": 5_000.0}, PlanState.ELSEWHERE),
        ({"route": "54.5 23; 54.5 25"}, PlanState.ELSEWHERE),
        ({"route": "54.97 23; 54.97 25"}, PlanState.AGREES),
        ({"callsign": "OTHER"}, PlanState.ELSEWHERE),
    ],
)
def test_identifiers_time_and_place_together_say_how_firmly_a_track_is_the_flight(
    fields: dict[str, str | float], state: PlanState
) -> None:
    match = FlightList([flight(**fields)]).match(NOON_NS, 0x503C01, "PATROL1", -1, 0)
    assert match is not None
    assert standing(match, NOON_NS, (55.0, 24.0), IdentifyParams()).state == state


def test_a_flight_with_a_place_does_not_agree_with_a_track_without_one() -> None:
    match = FlightList([flight(area="55 24", radius_m=9_000.0)]).match(NOON_NS, 0x503C01, "", -1, 0)
    assert match is not None
    found = standing(match, NOON_NS, None, IdentifyParams())
    assert (found.state, found.differs) == (PlanState.ELSEWHERE, "its place is not known")


def test_the_distance_to_an_area_and_to_a_route_is_that_on_the_ground() -> None:
    square = flight(area="55 24; 55 25; 56 25; 56 24")
    assert outside_m(square, (55.5, 24.5)) == 0.0
    assert outside_m(square, (54.9, 24.5)) == pytest.approx(11_119.5, rel=0.01)
    route = flight(route="55 24; 56 24", width_m=1_000.0)
    assert outside_m(route, (55.5, 24.0)) == 0.0
    assert outside_m(route, (55.5, 24.1)) == pytest.approx(6_298.0 - 1_000.0, rel=0.02)
    assert outside_m(flight(area="0 179.9", radius_m=30_000.0), (0.0, -179.9)) == 0.0  # over the date line


def test_a_window_is_wider_by_its_margin_to_both_sides() -> None:
    match = FlightList([flight(from_utc="2026-03-01T12:10:00Z")]).match(NOON_NS, 0x503C01, "", -1, 0)
    assert match is not None
    params = IdentifyParams(window_margin_s=600.0)
    assert standing(match, NOON_NS, None, params).state == PlanState.AGREES
    assert standing(match, NOON_NS - NS_PER_S, None, params).state == PlanState.ELSEWHERE
