/** Drawing a point, an area or a route on the map: by the pointer, by keys (a point at the map's middle), or typed. */
import type { Corners } from "./data/standing";
import { latitudeDeg, longitudeDeg } from "./map/mercator";
import { getChart, say, screen, showOnChart } from "./session.svelte";
import { t } from "./words.svelte";

export const SHAPES = ["point", "area", "route"] as const;
export type Shape = (typeof SHAPES)[number];
export const POINTS_MAX = 2_000; // as the node allows for one shape

export interface Drawing {
  shape: Shape;
  points: Corners;
  radiusM: number;
  isOn: boolean; // whether a click on the map adds a point
}

/** Show what a form holds; null: no form is open. */
export function showDrawing(drawing: Drawing | null): void {
  screen.drawing = drawing;
  showOnChart();
}

/** Let clicks on the map add points, or no longer. */
export function toggleDrawing(): void {
  if (!screen.drawing) return;
  const isOn = !screen.drawing.isOn;
  showDrawing({ ...screen.drawing, isOn });
  say(t(isOn ? "draw.hint" : "draw.off"));
}

/** Add a point; of a point there is only one, which moves. */
export function addPoint(latitude: number, longitude: number): void {
  const drawing = screen.drawing;
  if (!drawing || drawing.points.length >= POINTS_MAX) return;
  const point: [number, number] = [rounded(latitude), rounded(longitude)];
  const points = drawing.shape === "point" ? [point] : [...drawing.points, point];
  showDrawing({ ...drawing, points });
  say(t("draw.added", { count: points.length }));
}

/** Add the middle of the map. */
export function addMiddle(): void {
  const view = getChart()?.view();
  if (view && screen.drawing?.isOn) addPoint(latitudeDeg(view.y), longitudeDeg(view.x));
}

export function takeBackPoint(): void {
  if (screen.drawing?.isOn) showDrawing({ ...screen.drawing, points: screen.drawing.points.slice(0, -1) });
}

const rounded = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;

/** One point a line, latitude before longitude. */
export const textOfPoints = (points: Corners): string => points.map(([latitude, longitude]) => `${latitude}, ${longitude}`).join("\n");

/** Return the points of a text, or null where a line is not two numbers in bounds. */
export function pointsOfText(text: string): Corners | null {
  const points: Corners = [];
  for (const line of text.split("\n").map((one) => one.trim()).filter(Boolean)) {
    const [latitude, longitude, ...more] = line.split(/[\s,;]+/).map(Number);
    if (more.length || !(Math.abs(latitude) <= 90) || !(Math.abs(longitude) <= 180)) return null;
    points.push([latitude, longitude]);
  }
  return points;
}

/** Return GeoJSON of what is drawn (RFC 7946: longitude before latitude, rings closed), or null where points are missing. */
export function geometryOf({ shape, points }: Drawing): { type: string; coordinates: unknown } | null {
  const turned = points.map(([latitude, longitude]) => [longitude, latitude]);
  if (turned.length < { point: 1, route: 2, area: 3 }[shape]) return null;
  if (shape === "point") return { type: "Point", coordinates: turned[0] };
  if (shape === "route") return { type: "LineString", coordinates: turned };
  return { type: "Polygon", coordinates: [[...turned, turned[0]]] };
}

/** Return the shape and the points of a GeoJSON geometry as the node tells it. */
export function drawingOf(type: string, coordinates: any, radiusM: number): Drawing {
  const turned = (list: number[][]): Corners => list.map(([longitude, latitude]) => [latitude, longitude]);
  if (type === "Point") return { shape: "point", points: turned([coordinates]), radiusM, isOn: false };
  if (type === "LineString") return { shape: "route", points: turned(coordinates), radiusM, isOn: false };
  return { shape: "area", points: turned(coordinates[0].slice(0, -1)), radiusM, isOn: false };
}
