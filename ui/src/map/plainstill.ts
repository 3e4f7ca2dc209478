/** The still map on a plain canvas: land, coast, borders, sensors. It repaints only when the view or these change. */
import type { Measured, Ring, Sensor } from "../data/api";
import { cellsOf, NOT_SEEN_SHARE, type Cell } from "./measured";
import { latitudeDeg, longitudeDeg, mercatorX, mercatorY, TILE_PX, toScreen, type View } from "./mercator";
import type { Pointed, Still } from "./still";

const ZOOM_MIN = 2;
const ZOOM_MAX = 17;
const FIT_MARGIN_PX = 20;
const CLICK_PX_MAX = 4;

type Json = any;
type Layer = { lines: [number, number][][]; stroke: string; fill: string; dash: number[] };

export class PlainStill implements Still {
  paintCount = 0;
  private canvas = document.createElement("canvas");
  private pen: CanvasRenderingContext2D;
  private layers: Layer[];
  private sensors: Sensor[] = [];
  private rings: Ring[] | null = null;
  private cells: Cell[] = [];
  private moved: (byHand: boolean) => void = () => {};
  private clicked: (at: Pointed) => void = () => {};
  private pointed: (at: Pointed) => void = () => {};
  private resized: ResizeObserver;

  constructor(
    private holder: HTMLElement,
    basemap: Json,
    private at: { longitude: number; latitude: number },
    private level: number,
    readonly why: string,
  ) {
    holder.append(this.canvas);
    this.pen = this.canvas.getContext("2d")!;
    this.layers = [
      layer(basemap.world, "", "#17212c"),
      layer(boxOf(basemap.region), "", "#0b131c"),
      layer(basemap.land, "", "#17212c"),
      layer(basemap.lakes, "", "#0f1a26"),
      layer(basemap.coast, "#34495d", ""),
      layer(basemap.borders, "#56697c", "", [5, 3]),
    ];
    this.resized = new ResizeObserver(() => this.paint());
    this.resized.observe(holder);
    this.listen();
  }

  centre = (): { longitude: number; latitude: number } => this.at;
  zoom = (): number => this.level;
  idle = (): boolean => true;

  go(to: { longitude: number; latitude: number; zoom?: number }): void {
    this.set(mercatorX(to.longitude), mercatorY(to.latitude), to.zoom ?? this.level, false);
  }

  zoomBy(by: number): void {
    this.go({ ...this.at, zoom: this.level + by });
  }

  panBy(xPx: number, yPx: number): void {
    const view = this.view();
    this.set(view.x + xPx / view.scale, view.y + yPx / view.scale, this.level, false);
  }

  fit([west, south, east, north]: [number, number, number, number]): void {
    const left = mercatorX(west);
    const right = mercatorX(east);
    const top = mercatorY(north);
    const bottom = mercatorY(south);
    const view = this.view();
    const scale = Math.min((view.width - 2 * FIT_MARGIN_PX) / (right - left), (view.height - 2 * FIT_MARGIN_PX) / (bottom - top));
    this.set((left + right) / 2, (top + bottom) / 2, Math.min(Math.log2(scale / TILE_PX), 11), false);
  }

  onMove(act: (byHand: boolean) => void): void {
    this.moved = act;
  }
  onClick(act: (at: Pointed) => void): void {
    this.clicked = act;
  }
  onPoint(act: (at: Pointed) => void): void {
    this.pointed = act;
  }

  showSensors(sensors: Sensor[]): void {
    this.sensors = sensors;
    this.paint();
  }

  showCoverage(rings: Ring[] | null): void {
    this.rings = rings;
    this.paint();
  }

  showMeasured(measured: Measured | null): void {
    this.cells = measured ? cellsOf(measured) : [];
    this.paint();
  }

  close(): void {
    this.resized.disconnect();
    this.canvas.remove();
  }

  private view(): View {
    const { clientWidth: width, clientHeight: height } = this.holder;
    return { x: mercatorX(this.at.longitude), y: mercatorY(this.at.latitude), scale: TILE_PX * 2 ** this.level, width, height };
  }

  private set(x: number, y: number, zoom: number, byHand: boolean): void {
    this.level = Math.min(Math.max(zoom, ZOOM_MIN), ZOOM_MAX);
    this.at = { longitude: longitudeDeg(Math.min(Math.max(x, 0), 1)), latitude: latitudeDeg(Math.min(Math.max(y, 0.02), 0.98)) };
    this.paint();
    this.moved(byHand);
  }

  private paint(): void {
    this.paintCount++;
    const view = this.view();
    const ratio = window.devicePixelRatio;
    this.canvas.width = Math.round(view.width * ratio);
    this.canvas.height = Math.round(view.height * ratio);
    this.canvas.style.width = `${view.width}px`;
    const pen = this.pen;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = "#0b131c";
    pen.fillRect(0, 0, view.width, view.height);
    for (const each of this.layers) this.paintLayer(each, view);
    for (const cell of this.cells) this.paintCell(cell, view);
    for (const ring of this.rings ?? []) this.paintRing(ring, view);
    for (const sensor of this.sensors) this.paintSensor(sensor, view);
  }

  private paintLayer({ lines, stroke, fill, dash }: Layer, view: View): void {
    const pen = this.pen;
    pen.beginPath();
    for (const line of lines)
      line.forEach(([x, y], index) => (index ? pen.lineTo(...toScreen(view, x, y)) : pen.moveTo(...toScreen(view, x, y))));
    if (fill) {
      pen.fillStyle = fill;
      pen.fill("evenodd");
    }
    if (!stroke) return;
    pen.strokeStyle = stroke;
    pen.lineWidth = 1;
    pen.setLineDash(dash);
    pen.stroke();
    pen.setLineDash([]);
  }

  private paintCell({ outline, share }: Cell, view: View): void {
    const pen = this.pen;
    pen.beginPath();
    outline.forEach(([longitude, latitude], index) => {
      const at = toScreen(view, mercatorX(longitude), mercatorY(latitude));
      if (index) pen.lineTo(...at);
      else pen.moveTo(...at);
    });
    pen.fillStyle = share < NOT_SEEN_SHARE ? "rgba(254,147,13,0.18)" : `rgba(127,178,230,${0.34 * share})`;
    pen.fill();
  }

  private paintRing(ring: Ring, view: View): void {
    const [x, y] = toScreen(view, mercatorX(ring.longitude_deg), mercatorY(ring.latitude_deg));
    const radius = (ring.range_m_max / (40_075_016.7 * Math.cos((ring.latitude_deg * Math.PI) / 180))) * view.scale;
    this.pen.beginPath();
    this.pen.arc(x, y, radius, 0, 2 * Math.PI);
    this.pen.strokeStyle = "#60788f";
    this.pen.stroke();
  }

  private paintSensor(sensor: Sensor, view: View): void {
    if (sensor.latitude_deg === null || sensor.longitude_deg === null) return;
    const [x, y] = toScreen(view, mercatorX(sensor.longitude_deg), mercatorY(sensor.latitude_deg));
    this.pen.strokeStyle = sensor.state === "ok" ? "#a9bfd4" : "#fe930d";
    this.pen.strokeRect(x - 4.5, y - 4.5, 9, 9);
  }

  private listen(): void {
    let from: { x: number; y: number; view: View } | null = null;
    let dragged = false;
    this.canvas.addEventListener("pointerdown", (event) => {
      from = { x: event.clientX, y: event.clientY, view: this.view() };
      dragged = false;
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!from) return this.pointed(this.placeOf(event));
      const x = event.clientX - from.x;
      const y = event.clientY - from.y;
      dragged ||= Math.hypot(x, y) > CLICK_PX_MAX;
      if (dragged) this.set(from.view.x - x / from.view.scale, from.view.y - y / from.view.scale, this.level, true);
    });
    this.canvas.addEventListener("pointerup", (event) => {
      if (from && !dragged) this.clicked(this.placeOf(event));
      from = null;
    });
    this.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoomBy(-event.deltaY / 400);
    });
  }

  private placeOf(event: PointerEvent): Pointed {
    const box = this.canvas.getBoundingClientRect();
    const view = this.view();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    return {
      x,
      y,
      longitude: longitudeDeg(view.x + (x - view.width / 2) / view.scale),
      latitude: latitudeDeg(view.y + (y - view.height / 2) / view.scale),
    };
  }
}

function layer(geometry: Json, stroke: string, fill: string, dash: number[] = []): Layer {
  const lines: [number, number][][] = geometry.type === "MultiPolygon" ? geometry.coordinates.flat() : geometry.coordinates;
  return {
    lines: lines.map((line) => line.map(([x, y]): [number, number] => [mercatorX(x), mercatorY(Math.min(Math.max(y, -85), 85))])),
    stroke,
    fill,
    dash,
  };
}

function boxOf([west, south, east, north]: number[]): Json {
  return { type: "MultiPolygon", coordinates: [[[[west, south], [east, south], [east, north], [west, north], [west, south]]]] };
}
