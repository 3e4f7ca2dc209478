"""Turn a set of the multi-camera drone recordings (pixels in up to six cameras, RTK truth) into skydas files.

    python examples/converters/multicam.py ../shared/data/multicam/dataset3 --out cameras
    skydas replay cameras/plots.csv --node cameras/node.toml --out cameras/out
    skydas evaluate --truth cameras/truth.parquet --tracks cameras/out

Writes plots.csv (the format `plots`: azimuth and elevation), node.toml (the cameras at their places) and truth.parquet.

The recording does not say where the cameras point, nor how its clock and that of the truth go together: this is found
from the truth of the first `--calibrate-s` seconds (each camera's place, direction, and one offset of time, by robust
least squares on directions), and only what comes after is written: so nothing that is scored was used to calibrate.
The cameras' surveyed places are in axes of their own, and in another order than the list of cameras; the places found
here are held against them, apart from a turn and a shift, and the difference is printed. A pixel at (0, 0) is a frame
without the drone. Where on the earth it was is not told: `--latitude` and `--longitude` put it somewhere.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skydas.geo import TangentPlane
from skydas.model import NS_PER_S, utc_ns

TRUTH_HZ = 5.0
OFFSET_S = (-80.0, -40.0)  # of the truth's first sample after the first frame of camera 0: searched in this span
STARTS = 40
FIT_COUNT = 150  # frames of each camera that it is calibrated with
ROBUST_RAD = 0.02
SIGMA_DEG_MIN = 0.1
HEADING = ("t_ns", "sensor", "azimuth_true_deg", "elevation_deg", "sigma_azimuth_deg", "sigma_elevation_deg")


class Camera(NamedTuple):
    """What one camera saw."""

    name: str
    t_s: np.ndarray  # since the first frame of camera 0
    ray: np.ndarray  # (n, 3) unit vectors in the camera's own axes


class Pose(NamedTuple):
    """Where a camera is and looks."""

    place_m: np.ndarray  # (3,) in the truth's axes
    rotation: np.ndarray  # (3, 3) from the truth's axes to the camera's
    offset_s: float
    sigma_rad: float


def read_cameras(folder: Path) -> list[Camera]:
    """Return the cameras with their rays, on the clock of camera 0."""
    text = (folder / "README.md").read_text()
    # two tables of the same form: the first rows are those of camera 0, scale and then shift
    rows = [[float(cell) for cell in row.split("|")] for row in re.findall(r"^\| 0 \|(.*)\|\s*$", text, re.MULTILINE)]
    if len(rows) != 2:
        raise SystemExit(f"{folder}/README.md holds no tables of how the cameras' frames go together: give dataset3")
    scale, shift = rows
    names = re.findall(r"^cam\d+\s*-\s*(\S+)", (folder / "cameras.txt").read_text(), re.MULTILINE)
    cameras, frame_hz = [], 1.0
    for number, name in enumerate(names):
        held = json.loads(sorted((folder.parent / "calibration" / name).glob("*.json"))[0].read_text())
        if number == 0:
            frame_hz = float(held["fps"])
        lines = (folder / "detections" / f"cam{number}.txt").read_text().splitlines()
        seen = np.array([[float(cell) for cell in line.split()] for line in lines if "frame" not in line])
        seen = seen[(seen[:, 1] > 0.0) | (seen[:, 2] > 0.0)]
        t_s = (seen[:, 0] - shift[number]) / scale[number] / frame_hz
        cameras.append(Camera(name, t_s, rays(seen[:, 1:], np.array(held["K-matrix"]), np.array(held["distCoeff"]))))
    return cameras


def rays(pixel: np.ndarray, matrix: np.ndarray, distortion: np.ndarray) -> np.ndarray:
    """Return unit vectors (n, 3) of pixels (n, 2): radial and tangential distortion taken off by fixed point."""
    k1, k2, p1, p2, k3 = np.append(distortion, np.zeros(5 - len(distortion)))
    x0 = (pixel[:, 0] - matrix[0, 2]) / matrix[0, 0]
    y0 = (pixel[:, 1] - matrix[1, 2]) / matrix[1, 1]
    x, y = x0.copy(), y0.copy()
    for _ in range(30):
        r2 = x * x + y * y
        radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
        across = 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x), p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y
        x, y = (x0 - across[0]) / radial, (y0 - across[1]) / radial
    out = np.column_stack((x, y, np.ones_like(x)))
    return out / np.linalg.norm(out, axis=1)[:, None]


def turned(ray: np.ndarray, way: np.ndarray) -> np.ndarray:
    """Return the rotation (3, 3) that turns unit vectors `way` (n, 3) best into `ray`, robust to single ones."""
    weight = np.ones(len(ray))
    rotation = np.eye(3)
    for _ in range(4):
        left, _, right = np.linalg.svd(way.T @ (ray * weight[:, None]))
        sign = np.sign(np.linalg.det(right.T @ left.T))
        rotation = right.T @ np.diag([1.0, 1.0, sign]) @ left.T
        weight = 1.0 / (1.0 + (np.linalg.norm(ray - way @ rotation.T, axis=1) / ROBUST_RAD) ** 2)
    return rotation


def misses(p: np.ndarray, camera: Camera, truth_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the camera's misses (n, 3) with place and offset p (4,), and its rotation."""
    truth_s = p[3] + np.arange(len(truth_m)) / TRUTH_HZ
    way = np.column_stack([np.interp(camera.t_s, truth_s, axis) for axis in truth_m.T]) - p[:3]
    way /= np.linalg.norm(way, axis=1)[:, None]
    rotation = turned(camera.ray, way)
    return camera.ray - way @ rotation.T, rotation


def robust(miss: np.ndarray) -> float:
    """Return a cost that grows like a logarithm: single frames where something else was marked do not count much."""
    return float(np.log1p((miss**2).sum(axis=1) / ROBUST_RAD**2).sum())


def calibrated(camera: Camera, truth_m: np.ndarray, rng: np.random.Generator) -> Pose:
    """Find a camera's place, direction and time from frames of it, by damped Gauss-Newton from many starts."""
    low, high = truth_m.min(axis=0) - 40.0, truth_m.max(axis=0) + 40.0
    low[2], high[2] = -5.0, 10.0
    best, least = np.zeros(4), np.inf
    for _ in range(STARTS):
        p, cost = _descended(np.append(rng.uniform(low, high), rng.uniform(*OFFSET_S)), camera, truth_m)
        if cost < least:
            best, least = p, cost
    miss, rotation = misses(best, camera, truth_m)
    sigma = 1.4826 * float(np.median(np.abs(miss)))
    return Pose(best[:3], rotation, float(best[3]), sigma)


def _descended(p: np.ndarray, camera: Camera, truth_m: np.ndarray) -> tuple[np.ndarray, float]:
    steps = np.array([0.05, 0.05, 0.05, 0.02])
    damping = 1e-2
    miss, _ = misses(p, camera, truth_m)
    cost = robust(miss)
    for _ in range(40):
        slope = np.column_stack(
            [(misses(p + steps * unit, camera, truth_m)[0] - miss).ravel() / (steps @ unit) for unit in np.eye(4)]
        )
        weight = np.repeat(1.0 / (1.0 + (miss**2).sum(axis=1) / ROBUST_RAD**2), 3)
        normal = slope.T @ (slope * weight[:, None])
        step = -np.linalg.solve(normal + damping * np.diag(np.diag(normal)), slope.T @ (weight * miss.ravel()))
        tried, _ = misses(p + step, camera, truth_m)
        found = robust(tried)
        if found < cost:
            rests = cost - found < 1e-6 * cost
            p, miss, cost, damping = p + step, tried, found, 0.3 * damping
            if rests:
                break
        else:
            damping *= 10.0
            if damping > 1e6:
                break
    return p, cost


def from_survey_m(poses: list[Pose], survey_m: np.ndarray) -> list[float]:
    """Return how far each place is from the surveyed one, after the best turn, shift and order."""
    found = np.array([pose.place_m for pose in poses])
    best: list[float] = []
    for order in permutations(range(len(found))):
        a, b = survey_m[list(order)], found
        left, _, right = np.linalg.svd((a - a.mean(axis=0)).T @ (b - b.mean(axis=0)))
        turn = right.T @ np.diag([1.0, 1.0, np.sign(np.linalg.det(right.T @ left.T))]) @ left.T
        off = np.linalg.norm((a - a.mean(axis=0)) @ turn.T - (b - b.mean(axis=0)), axis=1)
        if not best or sum(off) < sum(best):
            best = off.tolist()
    return best


def plot_rows(camera: Camera, pose: Pose, after_s: float, hz: float, start_ns: int) -> list[list[str | int]]:
    """Return rows of plots.csv: one in `1 / hz` seconds, from `after_s` on."""
    way = camera.ray @ pose.rotation  # the transpose of the rotation, on rows
    azimuth = np.degrees(np.arctan2(way[:, 0], way[:, 1])) % 360.0
    elevation = np.degrees(np.arcsin(np.clip(way[:, 2], -1.0, 1.0)))
    sigma_deg = max(np.degrees(pose.sigma_rad), SIGMA_DEG_MIN)
    across = sigma_deg / np.maximum(np.cos(np.radians(elevation)), 0.1)
    rows, next_s = [], after_s
    for at in np.argsort(camera.t_s, kind="stable"):
        t_s = float(camera.t_s[at])
        if t_s < next_s:
            continue
        next_s = max(next_s + 1.0 / hz, t_s)
        t_ns = start_ns + round(t_s * NS_PER_S)
        values = azimuth[at], elevation[at], across[at], sigma_deg
        rows.append([t_ns, camera.name, *(f"{value:.4f}" for value in values)])
    return rows


def truth_table(truth_m: np.ndarray, offset_s: float, after_s: float, start_ns: int, plane: TangentPlane) -> pa.Table:
    """Return the truth after the part that was calibrated with."""
    t_s = offset_s + np.arange(len(truth_m)) / TRUTH_HZ
    velocity = np.gradient(truth_m, t_s, axis=0)
    keep = t_s >= after_s
    latitude, longitude, height = plane.geodetic_from_enu(truth_m[keep])
    return pa.table(
        {
            "t_ns": pa.array([start_ns + round(float(t) * NS_PER_S) for t in t_s[keep]], pa.int64()),
            "target_no": pa.array([1] * int(keep.sum()), pa.uint32()),
            "kind": ["multirotor"] * int(keep.sum()),
            "latitude_deg": np.degrees(latitude),
            "longitude_deg": np.degrees(longitude),
            "height_hae_m": height,
            "v_east_mps": velocity[keep, 0],
            "v_north_mps": velocity[keep, 1],
            "v_up_mps": velocity[keep, 2],
        }
    )


def node_file(name: str, cameras: list[Camera], poses: list[Pose], hz: float, plane: TangentPlane, plots: Path) -> str:
    """Return a node file with the cameras at the places found."""
    text = f'[node]\nname = "{name}"\ndirectory = "skydas-data"\n'
    for number, (camera, pose) in enumerate(zip(cameras, poses, strict=True), 1):
        latitude, longitude, height = plane.geodetic_from_enu(pose.place_m)
        text += (
            f'\n[[sensors]]\nid = {number}\nname = "{camera.name}"\nkind = "camera"\n'
            f"latitude_deg = {np.degrees(latitude):.8f}\nlongitude_deg = {np.degrees(longitude):.8f}\n"
            f"height_hae_m = {float(height):.3f}\nperiod_s = {1.0 / hz}\nrange_m_max = 1000\n"
        )
    source = '\n[[sources]]\nname = "plots"\nsource = "file"\nformat = "plots"\n'
    return text + source + f"params = {{ path = {json.dumps(str(plots))} }}\n"


def main(arguments: list[str] | None = None) -> int:
    """Convert one set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a set whose README tells how the cameras' frames go together")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--calibrate-s", type=float, default=240.0, help="seconds of truth to calibrate with")
    parser.add_argument("--hz", type=float, default=5.0, help="bearings of each camera in a second")
    parser.add_argument("--latitude", type=float, default=47.0, help="where to put it")
    parser.add_argument("--longitude", type=float, default=8.0)
    parser.add_argument("--start", default="2020-01-01T00:00:00Z", help="UTC at the first frame of camera 0")
    given = parser.parse_args(arguments)
    start_ns = utc_ns(given.start)
    plane = TangentPlane(given.latitude, given.longitude)
    cameras = read_cameras(given.folder)
    truth_m = np.loadtxt(given.folder / "trajectory" / "rtk.txt")
    rng = np.random.default_rng(1)
    poses = []
    for camera in cameras:
        early = np.flatnonzero((camera.t_s > 0.0) & (camera.t_s < given.calibrate_s))
        some = early[np.linspace(0, len(early) - 1, FIT_COUNT).astype(int)]
        poses.append(calibrated(Camera(camera.name, camera.t_s[some], camera.ray[some]), truth_m, rng))
    offset_s = float(np.median([pose.offset_s for pose in poses]))
    rows = [
        row
        for camera, pose in zip(cameras, poses, strict=True)
        for row in plot_rows(camera, pose, given.calibrate_s, given.hz, start_ns)
    ]
    rows.sort(key=lambda row: int(row[0]))
    given.out.mkdir(parents=True, exist_ok=True)
    plots = given.out / "plots.csv"
    with plots.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADING)
        writer.writerows(rows)
    (given.out / "node.toml").write_text(
        node_file(f"multicam-{given.folder.name}", cameras, poses, given.hz, plane, plots.resolve())
    )
    pq.write_table(truth_table(truth_m, offset_s, given.calibrate_s, start_ns, plane), given.out / "truth.parquet")
    survey = given.folder / "camera-locations" / "campos.txt"
    off_m = from_survey_m(poses, np.loadtxt(survey)) if survey.exists() else []
    summary = {
        "rows": len(rows),
        "cameras": {
            camera.name: {"sigma_deg": round(float(np.degrees(pose.sigma_rad)), 3), "offset_s": round(pose.offset_s, 3)}
            for camera, pose in zip(cameras, poses, strict=True)
        },
        "from_survey_m": [round(value, 2) for value in off_m],
    }
    print(json.dumps(summary))
    return 0


if __name__ == "__main__":
    sys.exit(main())
