"""ASTERIX: radar, multilateration, ADS-B and track data as EUROCONTROL exchanges them.

`items` holds a table of every item of every category, `layout` says how to read one, `program` compiles them for the
kernels of `walk`. `decode` makes plots, tracks and sensor reports, `read` makes tables, `probe` finds editions and
`encode` writes blocks.
"""

from __future__ import annotations

from typing import Final

from skydas.formats.asterix.decode import Decoder, Params
from skydas.formats.asterix.encode import Encoder, EncoderParams
from skydas.formats.asterix.probe import probe
from skydas.formats.asterix.read import Reader
from skydas.model import empty_plots, empty_tracks

EXAMPLES: Final = tuple(
    bytes.fromhex(text)
    for text in (
        # CAT001: a plot of both radars and a track. CAT002: a north mark and a sector crossing.
        "010025fa190730192058000a5c01901234f7441907a0004d2000900001f440000123124000",
        "020014d81907013c00000200f0190702083c0040",
        # CAT010: a vehicle on an apron. CAT020: a Mode S multilateration. Both with their accuracy.
        "0a0023fb250180010501243c00102887fa00111b45c000640032000c4ca3e404040001",
        "140029f5a988010641403c002000a2222200448d15000d0a5c01904ca3e4050060000c001000000028",
        # CAT021: two aircraft. CAT023: the status of their ground station.
        "150044c3197b0180190200142b098b088e61244ca3e43c000012dd51721205c804b04994b1df40e0c3195a19020110142b098b088e6124"
        "4ca3e53c00000627120fc0fff8",
        "17000bd81902013c000000",
        # CAT034: a north mark with the radar's place, a sector. CAT048: a Mode S and a Mode A/C plot.
        "22001de9101901013c00000200001e288889111111f01901023c008020",
        "300036fdc10c19013c0000e01aff28be05c804b04ca3e44994b1df40e004b780032dfd010819013c0000418040cba2fa0fc03ff8018a",
        # CAT062, 063, 065: a track, the status of a sensor, the end of a batch.
        "3e00369b7d150419643c000000a22222004444440190ff3805c8004994b1df40e0804ca3e412672012dd009dd4001400140000062828",
        "3f0014fb801964013c0000190138006400100005",
        "41000dfc196402013c00000700",
        # a category that is relayed, and a block behind it that is read
        "f70008c0190114bb22000ae01901013c0000",
    )
)

DATAGRAMS: Final = True  # whole messages: the same octets twice are an A/B copy
DOUBTED: Final = frozenset(("time_of_day_impossible", "expansion_unread"))  # counted, and used without that part
PASSED_OVER: Final = frozenset(("category_relayed", "category_unknown"))  # told octet by octet, not read


def warm_up() -> None:
    """Compile the encoders too, or load them from the cache; decoding the examples does so for the decoder."""
    encoder = Encoder()
    encoder.encode_021(empty_plots(1), 0, 0)
    encoder.encode_048(empty_plots(1), 0, 0)
    encoder.encode_062(empty_tracks(1), 0, 0)


__all__ = [
    "DATAGRAMS",
    "DOUBTED",
    "EXAMPLES",
    "PASSED_OVER",
    "Decoder",
    "Encoder",
    "EncoderParams",
    "Params",
    "Reader",
    "probe",
    "warm_up",
]
