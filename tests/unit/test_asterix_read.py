"""Tables for `skydas decode`, the probe, and the item tables themselves."""

from __future__ import annotations

import struct

import pytest

from skydas.formats.asterix import EXAMPLES, Reader, probe
from skydas.formats.asterix.items import CATEGORIES
from skydas.formats.asterix.layout import Shape, read_layout
from skydas.formats.asterix.program import compile_program, editions, slot_of


def block(category: int, records: str) -> bytes:
    octets = bytes.fromhex(records)
    return struct.pack(">BH", category, len(octets) + 3) + octets


def read(*payloads: bytes) -> Reader:
    reader = Reader()
    for number, payload in enumerate(payloads):
        reader.feed(number, payload)
    return reader


def test_a_row_a_record_with_the_unit_in_each_name() -> None:
    row = read(EXAMPLES[7]).tables()["048"].to_pylist()[0]
    assert row["I048_010_SAC"] == 25
    assert row["I048_040_RHO_NM"] == 0x1AFF / 256
    assert row["I048_070_MODE3A"] == "2710"
    assert row["I048_220"] == 0x4CA3E4
    assert row["I048_240"] == "RYR174C"
    assert row["I048_120_CAL_CAL_m_per_s"] == -211.0


def test_repeated_items_are_lists_and_absent_ones_null() -> None:
    one = "80" + "1901"
    two = "81 20 1901 02 11223344556677 40 aabbccddeeff00 50"
    none = "81 20 1901 00"
    rows = read(block(48, one + two + none)).tables()["048"].to_pylist()
    assert [row["I048_250_MBDATA"] for row in rows] == [None, ["11223344556677", "aabbccddeeff00"], []]
    assert [row["I048_250_BDS1"] for row in rows] == [None, [4, 5], []]


def test_a_chain_of_extents_is_a_list() -> None:
    rows = read(block(48, "81 01 40 1901 2346")).tables()["048"].to_pylist()
    assert rows[0]["I048_030"] == [0x11, 0x23]


def test_a_code_chooses_between_two_scales() -> None:
    rows = read(block(21, "81 40 1901 0010" + "81 40 1901 8320")).tables()["021"].to_pylist()
    assert [row["I021_150_AS_NM_per_s"] for row in rows] == [16 / 2**14, None]
    assert [row["I021_150_AS_Mach"] for row in rows] == [None, 0.8]


def test_random_field_sequencing_gives_the_items_it_names() -> None:
    record = "81 01 02 1907 02 02 20 04 0fc0"
    row = read(block(1, record)).tables()["001"].to_pylist()[0]
    assert row["I001_070_MODE3A"] == "7700"
    assert row["I001_020_SSRPSR"] == 2


def test_an_expansion_is_read_when_it_fits_and_shown_as_octets_always() -> None:
    # CAT048, RE is the 28th item: source, then RE with M4E (0x20) FOEFRI 2 or with a bit of M4E's that goes on.
    fits = read(block(48, "81 01 01 02 1901 03 20 04"))
    assert fits.tables()["048"].to_pylist()[0]["I048_RE_M4E_FOEFRI"] == 2
    assert fits.summary()["reasons"] == {}
    foreign = read(block(48, "81 01 01 02 1901 03 20 05"))
    assert foreign.summary()["reasons"] == {"expansion_unread": 1}
    assert foreign.summary()["errors"] == 0
    assert foreign.tables()["048"].to_pylist()[0]["I048_RE_hex"] == "2005"


def test_copies_are_kept_marked_and_counted() -> None:
    reader = read(EXAMPLES[7], EXAMPLES[6], EXAMPLES[7])
    assert reader.tables()["048"]["copy"].to_pylist() == [False, False, True, True]
    assert reader.tables()["048"]["rx_ns"].to_pylist() == [0, 0, 2, 2]
    summary = reader.summary()
    assert summary["by_category"] == {"034": 2, "048": 4}
    assert (summary["records"], summary["copies"], summary["copy_records"]) == (6, 1, 2)
    assert summary["bytes"] == 2 * len(EXAMPLES[7]) + len(EXAMPLES[6])


def test_tables_taken_between_payloads_are_those_taken_at_the_end() -> None:
    reader = Reader()
    for payload in EXAMPLES:
        reader.feed(0, payload)
        reader.tables()
    whole = read()
    for payload in EXAMPLES:
        whole.feed(0, payload)
    assert {name: table.to_pylist() for name, table in reader.tables().items()} == {
        name: table.to_pylist() for name, table in whole.tables().items()
    }


def test_damage_and_unknown_categories_are_told_apart_in_the_summary() -> None:
    summary = read(block(48, "f1"), EXAMPLES[11]).summary()
    assert summary["reasons"] == {"record_truncated": 1, "category_unknown": 1}
    assert summary["errors"] == 1


def test_probe_says_which_editions_fit_and_how_the_others_fail() -> None:
    old = block(21, "f8 1902 4000 546000 01000000 00800000 4ca3e4")
    report = probe([(5, old), (9, EXAMPLES[7]), (7, b"\x30\x00")])
    found = report["categories"]["021"]
    assert "0.26" in found["fits"]
    assert "2.6" not in found["fits"]
    assert sum(found["editions"]["2.6"]["failures"].values()) == 1
    assert report["categories"]["048"]["sources"] == [[25, 1, 2]]
    assert (report["t_ns_first"], report["t_ns_last"]) == (5, 9)
    assert report["blocks_by_reason"] == {"block_truncated": 1}


def test_probe_of_nothing_is_empty() -> None:
    assert probe([])["categories"] == {}


def test_layouts_say_shape_width_and_scale() -> None:
    polar = read_layout("040", "RHO:16u*1/256[NM] THETA:16u*360/65536[deg]")
    assert polar.shape == Shape.FIXED
    assert [(field.bit, field.bits, field.scales) for field in polar.parts[0].fields] == [
        (0, 16, ((1 / 256, "NM"),)),
        (16, 16, ((360 / 65536, "deg"),)),
    ]
    assert [part.octets for part in read_layout("020", "TYP:7 FX TST:7 FX").parts] == [1, 1]
    compound = read_layout("130", ("SRL = :8", "-", "SAM = :8s"))
    assert compound.shape == Shape.COMPOUND
    assert compound.members[1] is None


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_edition_compiles_and_every_field_lies_in_eight_octets(category: int) -> None:
    for edition in editions(category):
        program = compile_program({category: edition}, {})
        fields = program.fields
        assert ((fields[:, 0] % 8 + fields[:, 1] + 7) // 8 <= 8).all()
        assert (fields[:, 2] < len(program.columns)).all()
        assert program.chosen[category, 0] == 0


def test_the_longest_name_of_a_slot_wins() -> None:
    slots = ("010", "040", "040@2")
    assert [slot_of(key, slots) for key in ("040", "040@2.1", "040@2.6", "041", "040@0.3")] == [2, 3, 3, 0, 2]
