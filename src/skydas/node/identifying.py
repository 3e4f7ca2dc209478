"""Identity and class in a node: what the room `identify` finds becomes facts; what people say reaches it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from skydas.errors import RefusedError
from skydas.identify.flights import FLIGHTS_MAX, Flight, read_flight, single_faults
from skydas.identify.identifier import Identifier
from skydas.identify.ledger import Ledger
from skydas.identify.overrides import OVERRIDES_MAX, Override
from skydas.identify.params import IdentifyParams
from skydas.model import CLASS_WORDS, Action, Cause, Identified, Identity, IntArray, Rows
from skydas.model.config import FlightSection
from skydas.model.tables import table_faults
from skydas.node.amended import Amended

if TYPE_CHECKING:
    from skydas.node.judging import Desk, Seen

REASON_OCTETS_MAX: Final = 500
NAMED_MAX: Final = 20  # tracks in one notice
IDENTITIES_TO_GIVE: Final = tuple(member.name.lower() for member in Identity if member is not Identity.PENDING)
# Checks of the room `deception` that make what a track says of itself unbelievable.
DECEPTIONS: Final = frozenset(
    (
        "position_contradicted",
        "duplicate_address",
        "jumped",
        "impossible_state",
        "replayed_feed",
        "frozen",
        "several_at_one_place",
        "out_of_reach",
    )
)


class Identifying:
    """The stage `identify` of one node."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._now_ns = 0
        self._flights = Amended(FlightSection, ((flight.flight, flight) for flight in desk.config.flights))
        params = msgspec.convert(desk.config.identify, IdentifyParams)
        self._identifier = Identifier(params, desk.sensors, self._read_flights())
        self._causes: list[Cause] = []  # of the last input: the stages after this one add to them

    def stand(self, now_ns: int, tracks: Rows) -> bool:
        """Write class and identity on TRACK (k,); what is new here has none, and is judged at once."""
        return self._identifier.stand(tracks)

    def step(self, seen: Seen) -> None:
        """Take what one input brought."""
        self._take_causes(seen)
        self._tell(self._identifier.step(seen.now_ns, seen.plots, seen.owner, seen.names, seen.tracks))

    def late(self, plots: Rows, owner: IntArray) -> None:
        """Take the evidence of plots that came late, now that it is known whose they are."""
        self._identifier.put(plots, owner)

    def second(self, seen: Seen) -> None:
        """Let a second pass."""
        self._take_causes(seen)
        self._tell(self._identifier.second(seen.now_ns, seen.tracks))

    def identify_track(self, action: Action) -> None:
        """Let a person's word hold: `track_no`, `identity` or `class` or both, `reason`."""
        track_no = self._track_no(action)
        identity, class_word = action.fields.get("identity", ""), action.fields.get("class", "")
        reason = action.fields.get("reason", "").strip()
        if not identity and not class_word:
            raise RefusedError("identify_track needs identity or class, or both")
        if identity and identity not in IDENTITIES_TO_GIVE:
            raise RefusedError(f"there is no identity {identity!r}; there are: {', '.join(IDENTITIES_TO_GIVE)}")
        if class_word and class_word not in CLASS_WORDS:
            raise RefusedError(f"there is no class {class_word!r}; there are: {', '.join(CLASS_WORDS)}")
        if not reason or len(reason.encode()) > REASON_OCTETS_MAX:
            raise RefusedError(f"identify_track needs a reason of at most {REASON_OCTETS_MAX} octets")
        override = Override(
            who=action.who,
            reason=reason,
            since_ns=self._now_ns,
            identity=Identity[identity.upper()] if identity else -1,
            class_no=CLASS_WORDS.index(class_word) if class_word else -1,
        )
        if not self._identifier.overrides.put(track_no, override):
            raise RefusedError(f"{OVERRIDES_MAX} tracks bear a person's word already; release one")
        self._desk.notice("info", "track_identified", f"{action.who}: track {track_no} is {override.text()}")
        self._tell(self._identifier.judge_now(self._now_ns, track_no))

    def release_identity(self, action: Action) -> None:
        """End a person's word: `track_no`."""
        track_no = self._track_no(action, lives=False)
        override = self._identifier.overrides.release(track_no)
        if override is None:
            raise RefusedError(f"nobody's word holds for track {track_no}")
        self._desk.notice("info", "identity_released", f"{action.who}: track {track_no} was {override.text()}")
        self._tell(self._identifier.judge_now(self._now_ns, track_no))

    def authorise_flight(self, action: Action) -> None:
        """Expect a flight: the columns of a table of flights as fields; one of the same name is replaced."""
        faults = list(table_faults(action.fields, FlightSection, "", from_text=True))
        if not faults:
            flight = msgspec.convert(action.fields, FlightSection, strict=False)
            faults = list(single_faults(flight, "flight"))
        if faults:
            raise RefusedError("; ".join(faults))
        expected = self._flights.now()
        if flight.flight not in expected and len(expected) >= FLIGHTS_MAX:
            raise RefusedError(f"{FLIGHTS_MAX} flights are expected already; withdraw one")
        self._flights.put(flight.flight, flight)
        self._identifier.use_flights(self._read_flights())
        self._desk.notice("info", "flight_authorised", f"{action.who}: {flight.flight} ({flight.identity})")

    def withdraw_flight(self, action: Action) -> None:
        """Expect a flight no more: `flight`."""
        name = action.fields.get("flight", "")
        if not self._flights.remove(name):
            raise RefusedError(f"no flight {name!r} is expected")
        self._identifier.use_flights(self._read_flights())
        self._desk.notice("info", "flight_withdrawn", f"{action.who}: {name}")

    ACTIONS: ClassVar[dict[str, Callable[[Any, Action], None]]] = {
        "identify_track": identify_track,
        "release_identity": release_identity,
        "authorise_flight": authorise_flight,
        "withdraw_flight": withdraw_flight,
    }

    def state(self) -> dict[str, Any]:
        """Return everything that the next step depends on."""
        return {
            "now_ns": self._now_ns,
            "flights": self._flights.state(),
            "causes": [msgspec.to_builtins(cause) for cause in self._causes],
            "identifier": self._identifier.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self._now_ns = state["now_ns"]
        self._flights.restore(state["flights"])
        self._identifier.restore(state["identifier"], self._read_flights())
        self._causes = msgspec.convert(state["causes"], list[Cause])

    def take_over(self, state: dict[str, Any]) -> None:
        """Take what people said under the configuration before: of tracks, by number, and of flights."""
        self._identifier.overrides.restore(state["identifier"]["overrides"])
        before = Ledger()
        before.restore(state["identifier"]["ledger"])
        still = set(self._desk.picture(self._desk.now_ns())["track_no"].tolist())
        ended = [number for number in self._identifier.overrides.numbers() if number in before and number not in still]
        if ended:
            numbers = ", ".join(map(str, ended[:NAMED_MAX])) + (" ..." if len(ended) > NAMED_MAX else "")
            text = f"{len(ended)} tracks that people identified begin anew with this configuration: {numbers}"
            self._desk.notice("warning", "identified_tracks_ended", f"{text}; say it again of their new numbers")
        for name in self._flights.take_over(state["flights"]):
            self._desk.notice("info", "flight_restated", f"{name}: the configuration says it anew, and that holds")
        self._identifier.use_flights(self._read_flights())

    def started(self, now_ns: int) -> None:
        """Nothing is to be told again: every track is, with its own plots."""

    def _take_causes(self, seen: Seen) -> None:
        """Take what the stages after this one found in the last input, and keep hold of this one's list."""
        self._now_ns = seen.now_ns
        for cause in self._causes:
            if cause.rule in DECEPTIONS:
                self._identifier.contradict(cause)
        self._causes = seen.causes

    def _read_flights(self) -> list[Flight]:
        return [read_flight(one) for one in self._flights.now().values()]

    def _tell(self, told: list[dict[str, Any]]) -> None:
        for fields in told:
            self._desk.tell(Identified, **fields)

    def _track_no(self, action: Action, lives: bool = True) -> int:
        text = action.fields.get("track_no", "")
        if not (text.isascii() and text.isdecimal() and len(text) <= 10):
            raise RefusedError(f"{action.what} needs track_no, the number of a track, got {text!r}")
        if lives and int(text) not in self._identifier.ledger:
            raise RefusedError(f"there is no track {text} in the picture")
        return int(text)
