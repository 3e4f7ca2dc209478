/** The still map: MapLibre with an offline basemap, sensors and coverage. It repaints only when one of these changes. */
import { Map as LibreMap, setWorkerUrl, type GeoJSONSource, type MapMouseEvent, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import "maplibre-gl/dist/maplibre-gl.css";
import type { Measured, Ring, Sensor } from "../data/api";
import { cellsOf, NOT_SEEN_SHARE, placeAt } from "./measured";
import { PlainStill } from "./plainstill";
import type { Pointed, Still } from "./still";

type Json = any;

const SEA = "#0b131c";
const LAND = "#17212c";
const FONT = ["Noto Sans", "DejaVu Sans", "Arial", "sans-serif"];
const EMPTY: Json = { type: "FeatureCollection", features: [] };
const RING_STEPS = 96;
const HATCH_PX = 10;
const HORIZON_SHOWN_M = 300; // a target so high above the ellipsoid is seen this far: most low drones fly lower still

const GLIDE_MS = 400;
const FIT_ZOOM_MAX = 11;

/** Open the still map; where WebGL is missing, or `plain` is asked for, a plain one. */
export async function openStill(container: HTMLElement, longitude: number, latitude: number, zoom: number, plain: string): Promise<Still> {
  const basemap = await (await fetch("./basemap.json")).json();
  let why = plain;
  try {
    if (!plain) return await openLibre(container, basemap, longitude, latitude, zoom);
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
    container.replaceChildren();
  }
  return new PlainStill(container, basemap, { longitude, latitude }, zoom, why);
}

async function openLibre(container: HTMLElement, basemap: Json, longitude: number, latitude: number, zoom: number): Promise<Still> {
  if (!document.createElement("canvas").getContext("webgl2")) throw new Error("no WebGL2");
  setWorkerUrl(new URL(workerUrl, document.baseURI).href);
  const map = new LibreMap({
    container,
    style: styleOf(basemap),
    center: [longitude, latitude],
    zoom,
    minZoom: 2,
    maxZoom: 17,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    keyboard: false,
    fadeDuration: 0,
    renderWorldCopies: false,
    canvasContextAttributes: { antialias: true },
  });
  map.touchZoomRotate.disableRotation();
  await map.once("load");
  addSensorImages(map);
  addHatch(map);
  return new LibreStill(map);
}

class LibreStill implements Still {
  readonly why = "";

  paintCount = 0;

  constructor(private map: LibreMap) {
    map.on("render", () => this.paintCount++);
  }

  centre(): { longitude: number; latitude: number } {
    const { lng, lat } = this.map.getCenter();
    return { longitude: lng, latitude: lat };
  }
  zoom(): number {
    return this.map.getZoom();
  }
  idle(): boolean {
    return this.map.loaded() && !this.map.isMoving();
  }
  go(to: { longitude: number; latitude: number; zoom?: number }): void {
    this.map.easeTo({ center: [to.longitude, to.latitude], zoom: to.zoom ?? this.map.getZoom(), duration: GLIDE_MS });
  }
  zoomBy(by: number): void {
    this.map.easeTo({ zoom: this.map.getZoom() + by, duration: GLIDE_MS / 2 });
  }
  panBy(xPx: number, yPx: number): void {
    this.map.panBy([xPx, yPx], { duration: GLIDE_MS / 3 });
  }
  fit(box: [number, number, number, number]): void {
    this.map.fitBounds(box, { padding: 20, maxZoom: FIT_ZOOM_MAX, duration: GLIDE_MS });
  }
  onMove(act: (byHand: boolean) => void): void {
    this.map.on("move", (event) => act(Boolean(event.originalEvent)));
  }
  onClick(act: (at: Pointed) => void): void {
    this.map.on("click", (event) => act(pointed(event)));
  }
  onPoint(act: (at: Pointed) => void): void {
    this.map.on("mousemove", (event) => act(pointed(event)));
  }
  showSensors(sensors: Sensor[]): void {
    showSensors(this.map, sensors);
  }
  showCoverage(rings: Ring[] | null): void {
    showCoverage(this.map, rings);
  }
  showMeasured(measured: Measured | null): void {
    showMeasured(this.map, measured);
  }
  close(): void {
    this.map.remove();
  }
}

const pointed = (event: MapMouseEvent): Pointed => ({
  x: event.point.x,
  y: event.point.y,
  longitude: event.lngLat.lng,
  latitude: event.lngLat.lat,
});

function styleOf(basemap: Json): StyleSpecification {
  const [west, south, east, north] = basemap.region as number[];
  const box: Json = { type: "Polygon", coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]] };
  const source = (data: Json): Json => ({ type: "geojson", data, tolerance: 0.2, maxzoom: 12 });
  const town = (rank: number, minzoom: number, size: number): Json => ({
    id: `towns-${rank}`,
    type: "symbol",
    source: "towns",
    minzoom,
    filter: ["==", ["get", "r"], rank],
    layout: {
      "text-field": ["get", "n"],
      "text-font": FONT,
      "text-size": size,
      "text-padding": 8,
      "text-max-width": 8,
    },
    paint: { "text-color": rank === 0 ? "#8497aa" : "#6d8093", "text-halo-color": LAND, "text-halo-width": 1.2 },
  });
  const coverage = (kind: string, paint: Json): Json => ({
    id: `coverage-${kind}`,
    type: "line",
    source: "coverage",
    filter: ["==", ["get", "kind"], kind],
    layout: { visibility: "none" },
    paint,
  });
  return {
    version: 8,
    sources: {
      world: source(basemap.world),
      box: source(box),
      land: source(basemap.land),
      lakes: source(basemap.lakes),
      rivers: source(basemap.rivers),
      coast: source(basemap.coast),
      borders: source(basemap.borders),
      towns: source(basemap.towns),
      airports: source(basemap.airports),
      coverage: source(EMPTY),
      measured: source(EMPTY),
      sensors: source(EMPTY),
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": SEA } },
      { id: "world", type: "fill", source: "world", paint: { "fill-color": LAND, "fill-antialias": false } },
      { id: "box", type: "fill", source: "box", paint: { "fill-color": SEA, "fill-antialias": false } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": LAND, "fill-antialias": false } },
      { id: "lakes", type: "fill", source: "lakes", paint: { "fill-color": "#0f1a26" } },
      { id: "rivers", type: "line", source: "rivers", minzoom: 5.5, paint: { "line-color": "#142332", "line-width": 1 } },
      { id: "coast", type: "line", source: "coast", paint: { "line-color": "#34495d", "line-width": 1 } },
      {
        id: "borders",
        type: "line",
        source: "borders",
        paint: { "line-color": "#56697c", "line-width": 1, "line-dasharray": [5, 3] },
      },
      {
        id: "measured-seen",
        type: "fill",
        source: "measured",
        filter: [">=", ["get", "share"], NOT_SEEN_SHARE],
        paint: { "fill-color": "#7fb2e6", "fill-opacity": ["*", 0.34, ["get", "share"]], "fill-antialias": false },
      },
      {
        id: "measured-not-seen",
        type: "fill",
        source: "measured",
        filter: ["<", ["get", "share"], NOT_SEEN_SHARE],
        paint: { "fill-pattern": "hatch" },
      },
      coverage("reach", { "line-color": "#7f9bb8", "line-width": 1, "line-opacity": 0.6, "line-dasharray": [1, 3] }),
      coverage("horizon", { "line-color": "#7f9bb8", "line-width": 1.2, "line-opacity": 0.75 }),
      {
        id: "coverage-names",
        type: "symbol",
        source: "coverage",
        layout: {
          visibility: "none",
          "symbol-placement": "line",
          "symbol-spacing": 600,
          "text-field": ["get", "name"],
          "text-font": FONT,
          "text-size": 10,
        },
        paint: { "text-color": "#8ea6bd", "text-halo-color": SEA, "text-halo-width": 1.5 },
      },
      {
        id: "airports",
        type: "symbol",
        source: "airports",
        minzoom: 6.5,
        layout: {
          "text-field": ["concat", "✈ ", ["get", "n"]],
          "text-font": FONT,
          "text-size": 10,
          "text-padding": 4,
        },
        paint: { "text-color": "#5d7c99", "text-halo-color": LAND, "text-halo-width": 1 },
      },
      town(3, 8.5, 11),
      town(2, 7.2, 11),
      town(1, 5.6, 12),
      town(0, 4, 13),
      {
        id: "sensors",
        type: "symbol",
        source: "sensors",
        layout: {
          "icon-image": ["concat", "sensor-", ["get", "state"]],
          "icon-allow-overlap": true,
          "icon-ignore-placement": true,
          "text-field": ["step", ["zoom"], "", 7, ["get", "name"]],
          "text-font": FONT,
          "text-size": 11,
          "text-offset": [0, 1.1],
          "text-anchor": "top",
          "text-optional": true,
        },
        paint: { "text-color": "#9fb2c5", "text-halo-color": SEA, "text-halo-width": 1.2 },
      },
    ],
  };
}

/** A mast with waves when it is heard, an empty frame with a bar through it when it is not: shape, not colour alone. */
function addSensorImages(map: LibreMap): void {
  for (const state of ["ok", "silent", "never_heard"]) {
    const size = 36;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    const pen = canvas.getContext("2d")!;
    pen.lineWidth = 2.4;
    pen.strokeStyle = state === "ok" ? "#a9bfd4" : "#fe930d";
    pen.fillStyle = "#0b131c";
    pen.beginPath();
    pen.rect(9, 9, 18, 18);
    pen.fill();
    pen.stroke();
    pen.beginPath();
    if (state === "ok") {
      pen.arc(18, 18, 3, 0, 2 * Math.PI);
      pen.fillStyle = pen.strokeStyle;
      pen.fill();
    } else {
      pen.moveTo(6, 30);
      pen.lineTo(30, 6);
      pen.stroke();
    }
    map.addImage(`sensor-${state}`, pen.getImageData(0, 0, size, size), { pixelRatio: 2 });
  }
}

function showSensors(map: LibreMap, sensors: Sensor[]): void {
  const features = sensors
    .filter((sensor) => sensor.latitude_deg !== null && sensor.longitude_deg !== null)
    .map((sensor) => ({
      type: "Feature",
      properties: { name: sensor.name, state: sensor.state },
      geometry: { type: "Point", coordinates: [sensor.longitude_deg, sensor.latitude_deg] },
    }));
  (map.getSource("sensors") as GeoJSONSource).setData({ type: "FeatureCollection", features } as Json);
}

/** Diagonal lines that say: it should see here and does not. */
function addHatch(map: LibreMap): void {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = HATCH_PX;
  const pen = canvas.getContext("2d")!;
  pen.strokeStyle = "rgba(254,147,13,0.6)";
  pen.lineWidth = 1.2;
  for (const shift of [-HATCH_PX, 0, HATCH_PX]) {
    pen.moveTo(shift, HATCH_PX);
    pen.lineTo(shift + HATCH_PX, 0);
  }
  pen.stroke();
  map.addImage("hatch", pen.getImageData(0, 0, HATCH_PX, HATCH_PX));
}

function showMeasured(map: LibreMap, measured: Measured | null): void {
  const features = (measured ? cellsOf(measured) : []).map(({ outline, share }) => ({
    type: "Feature",
    properties: { share },
    geometry: { type: "Polygon", coordinates: [outline] },
  }));
  (map.getSource("measured") as GeoJSONSource).setData({ type: "FeatureCollection", features } as Json);
}

function showCoverage(map: LibreMap, rings: Ring[] | null): void {
  for (const layer of ["coverage-reach", "coverage-horizon", "coverage-names"])
    map.setLayoutProperty(layer, "visibility", rings ? "visible" : "none");
  if (!rings) return;
  const features = rings.flatMap((ring) => {
    const horizon = (ring.horizon ?? []).find((step) => step.target_height_m === HORIZON_SHOWN_M && step.range_m < ring.range_m_max);
    return [
      ringOf(ring, ring.range_m_max, "reach", ring.sensor),
      ...(horizon ? [ringOf(ring, horizon.range_m, "horizon", `${ring.sensor} · ${HORIZON_SHOWN_M} m`)] : []),
    ];
  });
  (map.getSource("coverage") as GeoJSONSource).setData({ type: "FeatureCollection", features } as Json);
}

function ringOf(ring: Ring, rangeM: number, kind: string, name: string): Json {
  return { type: "Feature", properties: { kind, name }, geometry: { type: "LineString", coordinates: circle(ring, rangeM) } };
}

/** Return a circle on the sphere around a sensor, [longitude, latitude] in degrees. */
function circle(ring: Ring, rangeM: number): [number, number][] {
  return Array.from({ length: RING_STEPS + 1 }, (_, step) =>
    placeAt(ring.latitude_deg, ring.longitude_deg, (360 * step) / RING_STEPS, rangeM),
  );
}
