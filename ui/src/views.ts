/** Views 1 to 9: the network, all tracks, the three states, and four of one's own, kept in this browser. */
import type { Sensor } from "./data/api";
import { getChart, picture, say, screen } from "./session.svelte";
import { t } from "./words.svelte";

type Box = [west: number, south: number, east: number, north: number];
type Kept = { longitude: number; latitude: number; zoom: number };
const STATES: Record<number, Box> = {
  3: [20.9, 53.85, 26.9, 56.5], // Lithuania
  4: [20.9, 55.65, 28.3, 58.1], // Latvia
  5: [21.7, 57.5, 28.3, 59.75], // Estonia
};
const BALTIC: Box = [20.5, 53.8, 28.5, 59.8];
const KEPT_FIRST = 6;
const MARGIN_DEG = 0.1;
const REACH_SHOWN_M_MAX = 60_000; // of a sensor around it, in the first view
const METRES_PER_DEGREE = 111_320;
const name = (number: number): string => `skydas.view.${number}`;

export function readView(number: number): void {
  const still = getChart()?.still;
  if (!still) return;
  if (number >= KEPT_FIRST) {
    const kept = JSON.parse(localStorage.getItem(name(number)) ?? "null") as Kept | null;
    if (kept) still.go(kept);
    return;
  }
  const box = STATES[number] ?? (number === 2 ? boxOfTracks() : boxOfSensors()) ?? BALTIC;
  still.fit(box);
}

export function keepView(number: number): void {
  const still = getChart()?.still;
  if (!still || number < KEPT_FIRST) return;
  const kept: Kept = { ...still.centre(), zoom: still.zoom() };
  localStorage.setItem(name(number), JSON.stringify(kept));
  say(t("said.view_kept", { number }));
}

/** Return what the sensors reach, as far as it helps to see it. */
export function boxOfSensors(): Box | null {
  const placed = screen.sensors.filter((sensor) => sensor.latitude_deg !== null && sensor.longitude_deg !== null);
  const latitudes = placed.flatMap((sensor) => [sensor.latitude_deg! - reachDeg(sensor), sensor.latitude_deg! + reachDeg(sensor)]);
  return boxOf(
    placed.flatMap((sensor) => [sensor.longitude_deg! - 1.8 * reachDeg(sensor), sensor.longitude_deg! + 1.8 * reachDeg(sensor)]),
    latitudes,
  );
}

function reachDeg(sensor: Sensor): number {
  return Math.min(sensor.range_m_max ?? 0, REACH_SHOWN_M_MAX) / METRES_PER_DEGREE;
}

function boxOfTracks(): Box | null {
  const { longitudeDeg, latitudeDeg } = picture.columns;
  return boxOf(longitudeDeg.subarray(0, picture.count), latitudeDeg.subarray(0, picture.count));
}

function boxOf(longitudes: ArrayLike<number>, latitudes: ArrayLike<number>): Box | null {
  if (!longitudes.length) return null;
  const box: Box = [180, 90, -180, -90];
  for (let index = 0; index < longitudes.length; index++) {
    box[0] = Math.min(box[0], longitudes[index] - MARGIN_DEG);
    box[1] = Math.min(box[1], latitudes[index] - MARGIN_DEG);
    box[2] = Math.max(box[2], longitudes[index] + MARGIN_DEG);
    box[3] = Math.max(box[3], latitudes[index] + MARGIN_DEG);
  }
  return box;
}
