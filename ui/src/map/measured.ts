/** What a sensor really sees, as cells around it: shared by both still maps. */
import type { Measured } from "../data/api";

export const NOT_SEEN_SHARE = 0.2; // under it a cell is hatched: no coverage there
const ARC_STEP_DEG = 2.5;
const EARTH_M = 6_371_008.8;

export interface Cell {
  outline: [number, number][]; // longitude, latitude, degrees
  share: number; // detection probability
}

/** Return the cells of which anything is known. */
export function cellsOf(measured: Measured): Cell[] {
  const sectorDeg = 360 / measured.detection.length;
  return measured.detection.flatMap((rings, sector) =>
    rings.flatMap((share, ring) => {
      if (share === null) return [];
      return [{ outline: outlineOf(measured, sector * sectorDeg, sectorDeg, ring), share }];
    }),
  );
}

function outlineOf(measured: Measured, fromDeg: number, sectorDeg: number, ring: number): [number, number][] {
  const steps = Math.round(sectorDeg / ARC_STEP_DEG);
  const arc = (rangeM: number): [number, number][] =>
    Array.from({ length: steps + 1 }, (_, step) =>
      placeAt(measured.latitude_deg, measured.longitude_deg, fromDeg + (sectorDeg * step) / steps, rangeM),
    );
  const outline = [...arc((ring + 1) * measured.ring_m), ...arc(ring * measured.ring_m).reverse()];
  return [...outline, outline[0]];
}

/** Return the place at a bearing and distance on the sphere, [longitude, latitude] in degrees. */
export function placeAt(latitudeDeg: number, longitudeDeg: number, bearingDeg: number, rangeM: number): [number, number] {
  const radians = Math.PI / 180;
  const latitude = latitudeDeg * radians;
  const arc = rangeM / EARTH_M;
  const bearing = bearingDeg * radians;
  const to = Math.asin(Math.sin(latitude) * Math.cos(arc) + Math.cos(latitude) * Math.sin(arc) * Math.cos(bearing));
  const turn = Math.atan2(
    Math.sin(bearing) * Math.sin(arc) * Math.cos(latitude),
    Math.cos(arc) - Math.sin(latitude) * Math.sin(to),
  );
  return [longitudeDeg + turn / radians, to / radians];
}
