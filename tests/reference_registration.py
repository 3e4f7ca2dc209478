"""The obvious NumPy twins of the registration kernels: dense matrices, one plot at a time, all its rows together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skydas.geo import TangentPlane
from skydas.model import FloatArray, Rows, SensorConfig

_GATE = 25.0


class Track(NamedTuple):
    """What one track learned: columns are the pressure's, then range, azimuth, elevation, time of each radar."""

    x: FloatArray
    p: FloatArray
    v: FloatArray
    info: FloatArray
    score: FloatArray
    chi2: float


def predicted(plane: TangentPlane, sensor: SensorConfig, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return range, azimuth, elevation and height of a place (3,) of the plane, and their Jacobian (4, 3)."""
    own = TangentPlane(float(sensor.latitude_deg or 0.0), float(sensor.longitude_deg or 0.0), sensor.height_hae_m)

    def measured(place: FloatArray) -> FloatArray:
        latitude, longitude, height = plane.geodetic_from_enu(place)
        enu = own.enu_from_geodetic(latitude, longitude, height)
        ground = np.hypot(enu[0], enu[1])
        return np.array([np.hypot(ground, enu[2]), np.arctan2(enu[0], enu[1]), np.arctan2(enu[2], ground), height])

    step_m = 1.0
    sides = [(measured(x + step_m * e) - measured(x - step_m * e)) / (2.0 * step_m) for e in np.eye(3)]
    return measured(x), np.stack(sides, axis=1)


def learn_track(
    plane: TangentPlane, sensors: list[SensorConfig], order: list[int], plots: Rows, mode_c_sigma_m: float, q: float,
    q_vertical: float, prior: FloatArray, hits_before: int,
) -> Track:  # fmt: skip
    """Run the two-stage filter over 3-D radar plots of one target, in order.

    order : the radars in the order in which they first saw it, as the columns are laid out
    prior : (1 + 4 radars,) sigmas of the biases, for the gate
    """
    columns = len(prior)
    x, p, v = np.zeros(6), np.zeros((6, 6)), np.zeros((6, columns))
    info, score, chi2 = np.zeros((columns, columns)), np.zeros(columns), 0.0
    hits, last_ns = 0, 0
    for plot in plots:
        s = int(plot["sensor"])
        z = np.array([plot["range_m"], plot["azimuth_true_rad"], plot["elevation_rad"], plot["height_pressure_m"]])
        if hits == 0:
            x = np.concatenate((_place(plane, sensors[s], z), np.zeros(3)))
            p = np.diag([20_000.0**2] * 3 + [250.0**2, 250.0**2, 20.0**2])
            last_ns = plot["t_ns"]
        dt_s = float(plot["t_ns"] - last_ns) * 1e-9
        shift_s = min(dt_s, 0.0)
        if dt_s > 0.0:
            f = np.eye(6)
            f[:3, 3:] = dt_s * np.eye(3)
            axes = np.diag([q, q, q * q_vertical])
            noise = np.block([[axes * dt_s**3 / 3, axes * dt_s**2 / 2], [axes * dt_s**2 / 2, axes * dt_s]])
            x, v, p = f @ x, f @ v, f @ p @ f.T + noise
            last_ns = plot["t_ns"]
        value, jacobian = predicted(plane, sensors[s], x[:3] + shift_s * x[3:])
        h = np.concatenate((jacobian, shift_s * jacobian), axis=1)
        y = z - value
        y[1] = (y[1] + np.pi) % (2.0 * np.pi) - np.pi
        r = np.diag([plot["cov"][0], plot["cov"][3], plot["cov"][5], mode_c_sigma_m**2])
        c = np.zeros((4, columns))
        first = 1 + 4 * order.index(s)
        c[:3, first : first + 3] = np.eye(3)
        c[3, 0] = 1.0
        if x[3] ** 2 + x[4] ** 2 > 25.0 * (p[3, 3] + p[4, 4]):
            c[:, first + 3] = -jacobian @ x[3:]
        u = c + h @ v
        s_cov = h @ p @ h.T + r
        if _chi2_by_rows(u, s_cov, y, prior) > _GATE:
            continue
        inverse = np.linalg.inv(s_cov)
        gain = p @ h.T @ inverse
        hits += 1
        x, v, p = x + gain @ y, v - gain @ u, p - gain @ h @ p
        if hits > hits_before:
            info += u.T @ inverse @ u
            score += u.T @ inverse @ y
            chi2 += float(y @ inverse @ y)
    return Track(x, p, v, info, score, chi2)


def _chi2_by_rows(u: FloatArray, s_cov: FloatArray, y: FloatArray, prior: FloatArray) -> float:
    """Return the chi-square of the rows made independent, each widened by the biases as if these were."""
    factor = np.linalg.cholesky(s_cov)
    white_u, white_y = np.linalg.solve(factor, u), np.linalg.solve(factor, y)
    return float(np.sum(white_y**2 / (1.0 + (white_u**2) @ (prior**2))))


def _place(plane: TangentPlane, sensor: SensorConfig, z: FloatArray) -> FloatArray:
    own = TangentPlane(float(sensor.latitude_deg or 0.0), float(sensor.longitude_deg or 0.0), sensor.height_hae_m)
    ground = z[0] * np.cos(z[2])
    enu = np.array([ground * np.sin(z[1]), ground * np.cos(z[1]), z[0] * np.sin(z[2])])
    return plane.enu_from_geodetic(*own.geodetic_from_enu(enu))


def joint_filter(
    f: FloatArray, noise: FloatArray, h: FloatArray, c: FloatArray, r: FloatArray, prior: FloatArray, start: FloatArray,
    plots: FloatArray,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return the biases and their covariance by a Kalman filter of state and biases together: z = H x + C b + noise.

    c : (k, m, n) for each plot; plots (k, m); start (d, d): covariance of the state before, mean 0
    """
    d, n = len(start), len(prior)
    x = np.zeros(d + n)
    p = np.block([[start, np.zeros((d, n))], [np.zeros((n, d)), np.diag(prior**2)]])
    move = np.block([[f, np.zeros((d, n))], [np.zeros((n, d)), np.eye(n)]])
    added = np.zeros_like(p)
    added[:d, :d] = noise
    for sensitivity, z in zip(c, plots, strict=True):
        x, p = move @ x, move @ p @ move.T + added
        g = np.concatenate((h, sensitivity), axis=1)
        gain = p @ g.T @ np.linalg.inv(g @ p @ g.T + r)
        x = x + gain @ (z - g @ x)
        p = p - gain @ g @ p
    return x[d:], p[d:, d:]


def two_stage(
    f: FloatArray, noise: FloatArray, h: FloatArray, c: FloatArray, r: FloatArray, prior: FloatArray, start: FloatArray,
    plots: FloatArray,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return the same by the two-stage filter: state, sensitivity, information."""
    x, p, v = np.zeros(len(start)), start, np.zeros((len(start), len(prior)))
    info, score = np.diag(1.0 / prior**2), np.zeros(len(prior))
    for sensitivity, z in zip(c, plots, strict=True):
        x, v, p = f @ x, f @ v, f @ p @ f.T + noise
        u = sensitivity + h @ v
        inverse = np.linalg.inv(h @ p @ h.T + r)
        y = z - h @ x
        info, score = info + u.T @ inverse @ u, score + u.T @ inverse @ y
        gain = p @ h.T @ inverse
        x, v, p = x + gain @ y, v - gain @ u, p - gain @ h @ p
    cov = np.linalg.inv(info)
    return cov @ score, cov
