/** What the chart asks of a still map, whichever draws it: MapLibre, or a plain canvas where there is no WebGL. */
import type { Measured, Ring, Sensor } from "../data/api";

export interface Pointed {
  x: number; // pixels from the map's upper left
  y: number;
  longitude: number;
  latitude: number;
}

export interface Still {
  readonly why: string; // it is the plain one; empty: it is not
  readonly paintCount: number;
  centre(): { longitude: number; latitude: number };
  zoom(): number;
  idle(): boolean;
  go(to: { longitude: number; latitude: number; zoom?: number }): void;
  zoomBy(by: number): void;
  panBy(xPx: number, yPx: number): void;
  fit(box: [west: number, south: number, east: number, north: number]): void;
  onMove(act: (byHand: boolean) => void): void;
  onClick(act: (at: Pointed) => void): void;
  onPoint(act: (at: Pointed) => void): void;
  showSensors(sensors: Sensor[]): void;
  showCoverage(rings: Ring[] | null): void;
  showMeasured(measured: Measured | null): void;
  close(): void;
}
