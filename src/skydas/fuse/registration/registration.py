"""`Registration`: plots and the tracks they went to in, biases out, the same bytes for the same input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from skydas.fuse.layout import empty_prepared, sensor_rows, setup_of
from skydas.fuse.measure import PLOT_NUMBERS
from skydas.fuse.output import TRACK_NUMBERS
from skydas.fuse.params import FuseParams
from skydas.fuse.prepare import prepare
from skydas.fuse.records import DESK, RECEIVER
from skydas.fuse.registration.correct import take_off
from skydas.fuse.registration.estimates import (
    AZIMUTH,
    PARTS,
    RANGE,
    TIME,
    BiasEstimate,
    Judgement,
    column_of,
    first_estimates,
    judge,
)
from skydas.fuse.registration.learn import admit, enter, learn
from skydas.fuse.registration.params import RegistrationParams
from skydas.fuse.registration.records import (
    BANK,
    BENCH,
    BUCKETS,
    CALIBRATED,
    CLAIMED,
    MEASURED,
    NONE,
    NOT_REGISTERED,
    OWN,
    PLACED,
    RADAR_2D,
    RADAR_3D,
    REGISTERED,
    SENSORS_MAX,
    TRACKS_MAX,
    TUNING,
    WIDTH,
    Around,
    Store,
)
from skydas.fuse.registration.solution import LOOKS_MAX, Outcome, Solver
from skydas.fuse.registration.solve import add_track, contradiction, discount, forget, is_shared, move_reference
from skydas.geo import TangentPlane
from skydas.model import (
    NS_PER_S,
    FloatArray,
    IntArray,
    Rows,
    SensorConfig,
    copy_rows,
    empty_plots,
    empty_tracks,
)

_STATE_VERSION: Final = 1
_NO_RECEIVERS: Final = np.zeros(0, RECEIVER)
_STALE_NS: Final = 60 * NS_PER_S  # without a plot, a track has ended
_ALONE_NS: Final = 120 * NS_PER_S  # this old and still seen by one sensor, it makes room
_OLD_NS: Final = 600 * NS_PER_S  # this old, it makes room when there is none
PARTS_SETTLED: Final = (RANGE, AZIMUTH, TIME)
EARLY_WEIGHT: Final = 0.1
_KINDS: Final = {"radar_2d": RADAR_2D, "radar_3d": RADAR_3D, "adsb": PLACED, "remote_id": PLACED, "mlat": PLACED}
_CLAIMING: Final = ("adsb", "remote_id")


class Registration:
    """The biases of the sensors of one node, beyond what their configuration states."""

    def __init__(
        self,
        params: RegistrationParams,
        sensors: Sequence[SensorConfig],
        plane: TangentPlane,
        fuse: FuseParams | None = None,
    ) -> None:
        self.params = params
        fuse = fuse or FuseParams()
        self._around = _around(params, fuse, sensors, plane)
        self._stated = (self._around.sensors["bias"].copy(), self._around.sensors["bias_ns"].copy())
        registered = self._around.registered
        sigma = prior_sigmas(params, registered)
        self._noise = _noise(params, sensors, len(registered))
        self._solver = Solver(self._around, sigma)
        self._store = _empty_store(sigma, len(registered))
        self._prepared = empty_prepared(64)
        self._clocks = [np.arange(len(registered)), np.arange(len(registered))]
        self._judgement = first_estimates(params, registered)
        self.last: Outcome | None = None  # of the last solution; for those who study it
        self._widens = False

    def step(self, now_ns: int, plots: Rows, track_no: IntArray, tracks: Rows) -> bool:
        """Learn; return whether the estimates are new.

        plots    : PLOT (n,) as they came from intake, not corrected
        track_no : (n,) the confirmed track that each belongs to without doubt, -1 where there is none
        tracks   : TRACK (k,) those that changed in the tracker's step
        """
        store, around = self._store, self._around
        if len(tracks):
            admit(_contiguous(tracks).view(TRACK_NUMBERS), store, around)
        n = len(plots)
        if n and bool((track_no > 0).any()):
            if n > len(self._prepared):
                self._prepared = empty_prepared(1 << (n - 1).bit_length())
            numbers = _contiguous(plots).view(PLOT_NUMBERS)
            prepare(
                now_ns, numbers, _NO_RECEIVERS, around.sensors, len(around.registered), around.setup, self._prepared
            )
            learn(self._prepared, track_no, store, around)
        own = store.own[0]
        if own["solve_ns"] == 0:
            own["solve_ns"] = now_ns
        if now_ns - own["solve_ns"] < self.params.solve_every_s * NS_PER_S:
            return False
        self._solve(now_ns)
        return True

    def correct(self, plots: Rows) -> Rows:
        """Return the plots with what is known taken off, PLOT (n,); the same array where nothing is.

        For those who track with something else; `Tracker.use_biases` does the same without a copy.
        """
        if not self._widens or len(plots) == 0:
            return plots
        corrected = copy_rows(plots)
        take_off(corrected.view(PLOT_NUMBERS), self._judgement.shift, self._judgement.variance)
        return corrected

    def corrections(self) -> tuple[FloatArray, FloatArray]:
        """Return what is to be taken off the plots of each sensor and the variance of that.

        Both (s, 4): range (m), azimuth, elevation (rad), time (s).
        """
        return self._judgement.shift, self._judgement.variance

    def estimates(self) -> tuple[BiasEstimate, ...]:
        """Return what is known of every sensor, by row, as of the last solution."""
        return self._judgement.estimates

    def counters(self) -> dict[str, int]:
        """Return how many calibration tracks there are, and how many plots taught or did not fit."""
        own = self._store.own[0]
        tracks = int(np.count_nonzero(self._store.tracks["number"]))
        return {"tracks": tracks, "plots": int(own["plots"]), "plots_outside": int(own["outside"])}

    def state(self) -> bytes:
        """Return everything that the next step depends on."""
        blobs = [array.tobytes() for array in self._arrays()]
        return msgspec.msgpack.encode((_STATE_VERSION, blobs, self._judgement.estimates))

    def restore(self, octets: bytes) -> None:
        """Go on from a state of the same version and sensor table. Raises ValueError for any other."""
        try:
            version, blobs, estimates = msgspec.msgpack.decode(
                octets, type=tuple[int, list[bytes], tuple[BiasEstimate, ...]]
            )
        except msgspec.DecodeError as error:
            raise ValueError(f"no state of a registration: {error}") from error
        if version != _STATE_VERSION:
            raise ValueError(f"state of a registration of version {version}; this one reads {_STATE_VERSION}")
        now = self._arrays()
        if [len(blob) for blob in blobs] != [array.nbytes for array in now]:
            raise ValueError("state of a registration with another sensor table")
        arrays = [
            np.frombuffer(bytearray(blob), array.dtype).reshape(array.shape)
            for blob, array in zip(blobs, now, strict=True)
        ]
        stored = len(Store._fields)
        self._store = Store(*arrays[:stored])
        self._clocks = arrays[stored : stored + 2]
        self._set_judgement(Judgement(estimates, *arrays[stored + 2 :]))
        self._point_sensors()

    def _arrays(self) -> list[Any]:
        """Return all that lasts from step to step, but for the estimates as they are told."""
        judged = self._judgement
        return [*self._store, *self._clocks, judged.shift, judged.variance, judged.applied]

    def _solve(self, now_ns: int) -> None:
        store, own = self._store, self._store.own[0]
        forget(store, math.exp(-(now_ns - own["solve_ns"]) / NS_PER_S / self.params.forget_s))
        own["solve_ns"] = now_ns
        solver = self._solver
        store.excluded_ns[store.excluded_ns <= now_ns] = 0
        self._look(now_ns)
        own["solutions"] += 1
        measured = claimed = solver.outcome(store, MEASURED, self._clocks[MEASURED])
        claims = "none"
        has_claims = bool(store.tracks["is_forked"].any()) or not np.array_equal(*store.folded_info)
        if has_claims:
            claimed = solver.outcome(store, CLAIMED, self._clocks[CLAIMED])
            claims = "used" if solver.claims_agree(measured, claimed) else "contradicted"
        self._clocks = [measured.clock, claimed.clock]
        chosen = claimed if claims == "used" else measured
        registered = self._around.registered
        self._set_judgement(
            judge(self.params, registered, self._noise, chosen, measured, claims, self._judgement.applied)
        )
        self.last = chosen
        self._retire(now_ns, [(MEASURED, measured), (CLAIMED if has_claims else MEASURED, claimed)])
        store.spread[:] = np.diag(chosen.cov)
        move_reference(store, chosen.mean - store.reference)
        self._point_sensors()
        self._settle(chosen)

    def _look(self, now_ns: int) -> None:
        """Exclude a sensor that contradicts the others at several looks in a row."""
        store, own = self._store, self._store.own[0]
        turn, suspect = int(own["solutions"]), int(own["suspect"]) - 1
        worst = self._solver.contradicting(store, MEASURED, self._clocks[MEASURED], turn, suspect)
        own["looks"] = own["looks"] + 1 if worst != NONE and own["suspect"] == worst + 1 else 1
        own["suspect"] = worst + 1
        if worst == NONE or own["looks"] < LOOKS_MAX:
            return
        own["suspect"] = 0
        self._solver.exclude(store, worst)
        store.is_settled[worst] = 0
        store.excluded_ns[worst] = now_ns + round(self.params.excluded_s * NS_PER_S)
        self._index()

    def _set_judgement(self, judgement: Judgement) -> None:
        self._judgement = judgement
        self._widens = bool(judgement.applied.any() or (judgement.variance > 0.0).any())

    def _point_sensors(self) -> None:
        """Let plots be read at the reference biases."""
        sensors, registered, reference = self._around.sensors, self._around.registered, self._store.reference
        sensors["bias"], sensors["bias_ns"] = self._stated
        for s, row in enumerate(registered):
            first, width = int(row["first"]), int(row["width"])
            if width > 1:
                sensors["bias"][s, : width - 1] += reference[first : first + width - 1]
            if width:
                sensors["bias_ns"][s] += round(float(reference[first + width - 1]) * NS_PER_S)

    def _settle(self, chosen: Outcome) -> None:
        """Discount what was learned before a radar's biases were first known: it was linearised far from them."""
        store, registered = self._store, self._around.registered
        for s, row in enumerate(registered):
            if store.is_settled[s] or row["kind"] not in (RADAR_2D, RADAR_3D) or chosen.tracks[s] == 0:
                continue
            parts = [part for part in PARTS_SETTLED if part != TIME or chosen.clock[s] != s]
            columns = [column_of(registered, s, part) for part in parts]
            sigma = np.sqrt(np.diag(chosen.cov)[columns])
            if bool((sigma < self.params.sigma_share_good * self._noise[s, parts]).all()):
                store.is_settled[s] = 1
                discount(store, s, EARLY_WEIGHT)

    def _retire(self, now_ns: int, outcomes: Sequence[tuple[int, Outcome]]) -> None:
        """Give back the rows of tracks that ended, and keep what those taught that fit the others.

        outcomes : for each bank, from which one it was estimated, and what
        """
        store = self._store
        tracks, banks = store.tracks, store.banks
        is_full = bool((tracks["number"] != 0).all())
        newest_ns = np.maximum(banks["t_ns"][0::2], banks["t_ns"][1::2])
        newest_ns = np.maximum(newest_ns, tracks["started_ns"])
        age_ns = now_ns - tracks["started_ns"]
        shared = np.array([is_shared(tracks, self._around.registered, i, CLAIMED) for i in range(TRACKS_MAX)])
        gone = (tracks["is_ended"] != 0) | (now_ns - newest_ns > _STALE_NS) | ((age_ns > _ALONE_NS) & ~shared)
        if is_full:
            gone |= age_ns > _OLD_NS
        gone &= tracks["number"] != 0
        if not gone.any():
            return
        ones = np.ones(len(store.reference))
        for bank, (source, outcome) in enumerate(outcomes):
            gathered = self._solver.gathered[source]
            for t in range(self._solver.counts[source]):
                if outcome.kept[t] and gone[gathered.row[t]]:
                    add_track(gathered, t, ones, store.folded_info[bank], store.folded_score[bank])
        tracks["number"][gone] = 0
        self._index()

    def _index(self) -> None:
        """Enter the tracks anew, after some were taken out."""
        store = self._store
        tracks = store.tracks
        store.own["free"] = 0
        store.buckets[:] = NONE
        for i in np.flatnonzero(tracks["number"]).tolist():
            enter(tracks, store.buckets, i)


def prior_sigmas(params: RegistrationParams, registered: Rows) -> FloatArray:
    """Return the prior sigma of every global column, (n,)."""
    sigmas = [params.prior_pressure_m]
    radar = [params.prior_range_m, math.radians(params.prior_azimuth_deg)]
    for row in registered:
        if row["kind"] in (RADAR_2D, RADAR_3D):
            sigmas += radar
        if row["kind"] == RADAR_3D:
            sigmas.append(math.radians(params.prior_elevation_deg))
        if row["kind"] != NOT_REGISTERED:
            sigmas.append(params.prior_time_s)
    return np.array(sigmas)


def _noise(params: RegistrationParams, sensors: Sequence[SensorConfig], rows: int) -> FloatArray:
    noise = np.ones((rows, PARTS))
    for row, sensor in zip(noise, sensors, strict=False):
        row[:] = (
            sensor.sigma_range_m,
            math.radians(sensor.sigma_azimuth_deg),
            math.radians(sensor.sigma_elevation_deg),
            params.time_noise_s,
        )
    return noise


def _around(
    params: RegistrationParams, fuse: FuseParams, sensors: Sequence[SensorConfig], plane: TangentPlane
) -> Around:
    table = sensor_rows(fuse, sensors, plane)
    registered = np.zeros(len(table), REGISTERED)
    column, bits, count = 1, 0, 0
    for s, sensor in enumerate(sensors):
        kind = _KINDS.get(sensor.kind, NOT_REGISTERED)
        is_placed = sensor.latitude_deg is not None and sensor.longitude_deg is not None
        if kind == NOT_REGISTERED or (kind != PLACED and not is_placed) or count == SENSORS_MAX:
            continue
        registered[s] = kind, column, WIDTH[kind], sensor.kind in _CLAIMING
        column += WIDTH[kind]
        bits |= 1 << min(s, 63)
        count += 1
    tuning = np.zeros(1, TUNING)
    tuning["q"] = params.q_m2ps3
    tuning["q_vertical"] = params.q_vertical_share
    tuning["quiet_min"] = params.quiet_probability_min
    tuning["hits_before"] = params.plots_before_learning
    tuning["claim_variance"] = params.claim_sigma_m**2
    tuning["claim_every_ns"] = round(params.claim_every_s * NS_PER_S)
    tuning["claim_latency_variance"] = params.claim_latency_sigma_s**2
    tuning["sensor_bits"] = np.uint64(bits)
    setup = setup_of(fuse, plane)
    setup["mode_c_variance"] = params.mode_c_sigma_m**2
    return Around(table, registered, tuning, setup, np.zeros(1, DESK), np.zeros(1, BENCH))


def _empty_store(sigma: FloatArray, sensors: int) -> Store:
    n = len(sigma)
    return Store(
        tracks=np.zeros(TRACKS_MAX, CALIBRATED),
        banks=np.zeros(2 * TRACKS_MAX, BANK),
        buckets=np.full(BUCKETS, NONE, np.int64),
        own=np.zeros(1, OWN),
        reference=np.zeros(n),
        spread=sigma**2,
        excluded_ns=np.zeros(sensors, np.int64),
        is_settled=np.zeros(sensors, np.int64),
        folded_info=np.zeros((2, n, n)),
        folded_score=np.zeros((2, n)),
    )


def _contiguous(rows: Rows) -> Rows:
    """Return the rows as the kernels are compiled for: contiguous and writable."""
    return rows if rows.flags.c_contiguous and rows.flags.writeable else copy_rows(np.ascontiguousarray(rows))


def warm_up() -> None:
    """Compile every kernel, or load it from the cache, so that the first plot need not wait."""
    sensors = [
        SensorConfig(id=row, name=kind, kind=kind, latitude_deg=0.1 * row, longitude_deg=0.0)  # type: ignore[arg-type]
        for row, kind in enumerate(("radar_3d", "radar_2d", "adsb"))
    ]
    registration = Registration(RegistrationParams(), sensors, TangentPlane(0.0, 0.0))
    tracks = empty_tracks(1)
    tracks["track_no"], tracks["status"], tracks["sensors"], tracks["flags"] = 1, 1, 7, 0
    plots = empty_plots(1)
    plots["range_m"], plots["azimuth_true_rad"], plots["height_pressure_m"] = 50_000.0, 1.0, 5_000.0
    plots["cov"] = 2500.0, 0.0, 0.0, 1e-6, 0.0, 1e-4
    for turn in range(3):
        plots["t_ns"] = plots["rx_ns"] = now_ns = (1 + 20 * turn) * NS_PER_S
        registration.step(now_ns, plots, np.ones(1, np.int64), tracks)
    take_off(plots.view(PLOT_NUMBERS), np.zeros((3, PARTS)), np.zeros((3, PARTS)))
    registration.restore(registration.state())
    contradiction(np.zeros(1), np.eye(1), np.zeros(1), 0.5 * np.eye(1), np.zeros(1, np.int64))
