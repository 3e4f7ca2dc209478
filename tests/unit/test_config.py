"""A node file's faults are all listed at once, each with its key, what was expected and what came."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skydas.config import config_sha256, decode_config, encode_config, node_config, read_node_file
from skydas.errors import ConfigError

SOUND = """
[node]
name = "lt-1"

[[sensors]]
id = 1
name = "lt-palanga"
kind = "radar_2d"
sac = 44
sic = 1
latitude_deg = 55.97
longitude_deg = 21.09

[[sources]]
name = "palanga"
source = "udp"
format = "asterix"
params = { port = 8600 }
"""


def faults_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        node_config(text, "lt-1.toml")
    return list(raised.value.faults)


def test_a_sound_file_is_read_and_survives_the_journal() -> None:
    config = node_config(SOUND)
    assert config.sensors[0].name == "lt-palanga"
    assert decode_config(encode_config(config)) == config
    assert config_sha256(config) == config_sha256(decode_config(encode_config(config)))


def test_every_fault_is_listed_at_once() -> None:
    text = SOUND + "\n[web]\nport = 'x'\ncolour = 1\n[radio]\na = 1\n"
    text = text.replace("id = 1", 'id = "one"').replace('kind = "radar_2d"', 'kind = "sonar"')
    found = faults_of(text)
    for word in ("web.port", "web.colour", "radio", "sensors[0].id", "sensors[0].kind"):
        assert any(word in fault for fault in found), (word, found)
    assert all("(lt-1.toml)" in fault for fault in found)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("latitude_deg = 55.97", "latitude_deg = 155.97", "sensors[0].latitude_deg: must be -90 to 90, got 155.97"),
        ("sac = 44", "sac = 440", "sensors[0].sac: must be 0 to 255, got 440"),
        ("sic = 1\n", "", "sensors[0]: sac and sic go together"),
        ("sic = 1\n", "sic = 1\nsigma_range_m = -25\n", "sensors[0].sigma_range_m: must be above 0, got -25"),
        ("sic = 1\n", "sic = 1\ndetection_probability = 1.5\n", "sensors[0].detection_probability: must be above 0"),
        ("longitude_deg = 21.09\n", "", "sensors[0]: latitude_deg and longitude_deg go together"),
        ('format = "asterix"', 'format = "asterics"', "sources[0].format: there is no 'asterics'; there are:"),
        ('source = "udp"', 'source = "pigeon"', "sources[0].source: there is no 'pigeon'; there are:"),
        ("port = 8600", "port = 8600, colour = 1", "sources[0].params"),
        ('name = "palanga"\n', 'name = "palanga"\nsensor = "riga"\n', "sources[0].sensor: there is no sensor 'riga'"),
    ],
)
def test_a_fault_of_meaning_names_its_key(old: str, new: str, fault: str) -> None:
    assert any(line.startswith(fault) for line in faults_of(SOUND.replace(old, new))), faults_of(
        SOUND.replace(old, new)
    )


def test_faults_of_shape_and_of_meaning_come_together() -> None:
    """Who mends one fault at a time needs as many runs as there are faults."""
    text = SOUND.replace('name = "lt-1"', "name = 3").replace('kind = "radar_2d"', 'kind = "radar_9d"')
    text = text.replace("latitude_deg = 55.97", "latitude = 55.97").replace('"udp"', '"udpp"')
    text += SOUND[SOUND.index("[[sensors]]") :].replace('"asterix"', '"astrix"')
    text += '[[outputs]]\nkind = "parket"\n'
    keys = [fault.partition(":")[0] for fault in faults_of(text)]
    assert sorted(keys) == sorted(
        [
            "node.name",
            "sensors[0].kind",
            "sensors[0].latitude",
            "sensors[1].id",
            "sensors[1].name",
            "sensors[1].sac and sic",
            "sources[0].source",
            "sources[1].name",
            "sources[1].format",
            "outputs[0].kind",
        ]
    )


def test_what_cannot_be_read_is_not_blamed_twice() -> None:
    text = SOUND.replace('name = "lt-palanga"', "name = 7").replace(
        'format = "asterix"', 'format = "plots"\nsensor = "x"'
    )
    assert [fault.partition(":")[0] for fault in faults_of(text)] == ["sensors[0].name"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"radar_2d"', '"radar_9d"', "sensors[0].kind: expected one of radar_2d, radar_3d, adsb,"),
        ("id = 1", 'id = "one"', "sensors[0].id: expected a whole number, got 'one'"),
        (
            "port = 8600",
            "port = 8600, colour = 1",
            "sources[0].params.colour: no such key; there are: port, host, group",
        ),
        ("{ port = 8600 }", "{ host = 7 }", "sources[0].params.host: expected text, got 7"),
        ("{ port = 8600 }", "{ }", "sources[0].params.port: missing"),
        (
            'format = "asterix"',
            'format = "asterix"\nformat_params = { editions = { "048" = "9.9" } }',
            "sources[0].format_params: asterix: CAT048 has no edition '9.9' here; there are:",
        ),
    ],
)
def test_a_fault_says_what_there_is_instead(old: str, new: str, said: str) -> None:
    assert any(fault.startswith(said) for fault in faults_of(SOUND.replace(old, new))), faults_of(
        SOUND.replace(old, new)
    )


def test_what_reports_every_second_is_expected_every_second() -> None:
    """A tracker that expects a drone's own reports every four seconds makes several tracks of one drone."""
    for kind, period_s in (("remote_id", 1.0), ("adsb", 1.0), ("mlat", 4.0)):
        text = SOUND.replace('"radar_2d"', f'"{kind}"')
        assert node_config(text).sensors[0].period_s == period_s
        assert node_config(text.replace("sic = 1\n", "sic = 1\nperiod_s = 2.5\n")).sensors[0].period_s == 2.5


def test_twice_the_same_name_is_a_fault() -> None:
    again = SOUND[SOUND.index("[[sensors]]") :]
    found = faults_of(SOUND + again)
    assert {"sensors[1].id", "sensors[1].name", "sources[1].name"} <= {fault.split(":")[0] for fault in found}


@pytest.mark.parametrize("octets", [b"\xb0\x00\xff", b"a=" + b"[" * 100_000])
def test_a_file_that_is_no_text_or_nested_without_end_is_a_clear_fault(octets: bytes, tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_bytes(octets)
    with pytest.raises(ConfigError, match=r"node\.toml"):
        read_node_file(tmp_path / "node.toml")


def test_a_file_that_is_not_there_is_a_clear_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_node_file(tmp_path / "none.toml")


@given(st.text(max_size=300))
def test_no_text_escapes_as_another_error(text: str) -> None:
    try:
        node_config(text)
    except ConfigError as error:
        assert error.faults  # noqa: PT017


@given(st.data())
def test_a_damaged_file_is_read_or_refused_with_faults(choose: st.DataObject) -> None:
    at = choose.draw(st.integers(0, len(SOUND) - 1))
    text = SOUND[:at] + choose.draw(st.text(max_size=5)) + SOUND[at + choose.draw(st.integers(0, 9)) :]
    try:
        node_config(text)
    except ConfigError as error:
        assert error.faults  # noqa: PT017
