/** What the assessment adds to the map: what is protected, where a track may go, areas of interference, search and warning, alerts. */
import type { AssetFeature } from "../data/api";
import type { Alert, Assessed, Corners, InterferenceArea, PublicWarning, SearchArea } from "../data/standing";
import type { Picture } from "../data/picture";
import { drawProbability } from "./cells";
import type { Box } from "./groups";
import { drawInterference } from "./interference";
import { mercatorPerMetre, mercatorX, mercatorY, toScreen, type View } from "./mercator";

export interface Judged {
  assets: AssetFeature[] | null; // null: not asked for
  alerts: Alert[]; // that are not put aside
  alertNo: number;
  assessed: Assessed | null; // of the chosen track
  interference: InterferenceArea[];
  areaNo: number; // of the chosen one of them
  searches: SearchArea[];
  warnings: PublicWarning[];
}

export const NOTHING_JUDGED: Judged = { assets: null, alerts: [], alertNo: 0, assessed: null, interference: [], areaNo: 0, searches: [], warnings: [] };

const FONT = "12px system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif";
const NAMES_FROM_ZOOM_SCALE = 512 * 2 ** 8;
const ZONE_NAMES_FROM_SCALE = 512 * 2 ** 6;
const AXIS_DASH = [10, 5];
const ZONE = "#c5955b"; // brown of HF-STD-010A: no identity has it
const SEARCH = "#d822ff";
const WARNING = { yellow: "#dff334", red: "#ff1320" } as const;
const RING_PX = 21;
const CONE = "rgba(221,231,241,";

/** Draw what lies under the tracks' labels; return where they must not stand. */
export function drawJudged(pen: CanvasRenderingContext2D, view: View, judged: Judged): Box[] {
  for (const asset of judged.assets ?? []) drawAsset(pen, view, asset);
  for (const search of judged.searches) drawProbability(pen, view, search);
  for (const search of judged.searches)
    for (const [probability, corners] of search.rings) drawArea(pen, view, corners, SEARCH, probability < 0.7 ? [4, 4] : [], `${Math.round(probability * 100)}%`);
  for (const warning of judged.warnings) {
    const dash = warning.state === "draft" ? [6, 6] : [];
    drawArea(pen, view, warning.ring, WARNING[warning.level], dash, "");
  }
  if (judged.assessed) drawCone(pen, view, judged.assessed);
  return drawInterference(pen, view, judged.interference, judged.areaNo);
}

/** Ring every track that an alert is about; the ring of the chosen one is double, and number the priority. */
export function drawAlerts(pen: CanvasRenderingContext2D, view: View, judged: Judged, picture: Picture, nowMs: number): void {
  pen.font = `700 ${FONT}`;
  for (const alert of judged.alerts) {
    const row = alert.track_nos.map((trackNo) => picture.rowOf(trackNo)).find((each) => each >= 0);
    const place = row !== undefined ? picture.placeAt(row, nowMs) : alert.latitude_deg !== null && alert.longitude_deg !== null ? [mercatorX(alert.longitude_deg), mercatorY(alert.latitude_deg)] as [number, number] : null;
    if (!place) continue;
    const [x, y] = toScreen(view, ...place);
    if (x < -RING_PX || y < -RING_PX || x > view.width + RING_PX || y > view.height + RING_PX) continue;
    const waits = alert.state === "unacknowledged" || alert.state === "returned_unacknowledged";
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = waits ? 2.4 : 1.2;
    pen.setLineDash(waits ? [] : [3, 4]);
    ring(pen, x, y, RING_PX);
    if (alert.number === judged.alertNo) ring(pen, x, y, RING_PX + 5);
    pen.setLineDash([]);
    pen.fillStyle = "#ffffff";
    pen.textBaseline = "middle";
    pen.fillText(String(alert.priority), x + RING_PX - 3, y - RING_PX + 3);
  }
}

function ring(pen: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.stroke();
}

function drawAsset(pen: CanvasRenderingContext2D, view: View, { geometry, properties, counts_now }: AssetFeature): void {
  const what = properties.what ?? "asset";
  const colour = what === "zone" ? ZONE : "#a9b8c7";
  const at = (point: number[]): [number, number] => toScreen(view, mercatorX(point[0]), mercatorY(point[1]));
  pen.globalAlpha = counts_now ? 0.95 : 0.4;
  pen.strokeStyle = colour;
  pen.fillStyle = colour;
  pen.lineWidth = 1.2;
  pen.setLineDash(what === "axis" ? AXIS_DASH : counts_now ? [] : [3, 5]);
  let label: [number, number];
  if (geometry.type === "Point") {
    const [x, y] = at(geometry.coordinates as number[]);
    label = [x + 6, y - 7];
    if (x > -200 && y > -200 && x < view.width + 200 && y < view.height + 200) {
      const radius = (properties.radius_m ?? 0) * mercatorPerMetre((geometry.coordinates as number[])[1]) * view.scale;
      pen.strokeRect(x - 3, y - 3, 6, 6);
      if (radius > 6) ring(pen, x, y, radius);
    }
  } else {
    const lines = (geometry.type === "LineString" ? [geometry.coordinates] : geometry.coordinates) as number[][][];
    pen.beginPath();
    for (const line of lines) line.forEach((point, index) => (index ? pen.lineTo(...at(point)) : pen.moveTo(...at(point))));
    pen.stroke();
    const [x, y] = at(lines[0][0]);
    label = [x + 5, y + 9];
  }
  pen.setLineDash([]);
  if (view.scale >= NAMES_FROM_ZOOM_SCALE || (what !== "asset" && view.scale >= ZONE_NAMES_FROM_SCALE)) {
    pen.font = FONT;
    pen.textBaseline = "middle";
    pen.fillText(properties.name, ...label);
  }
  pen.globalAlpha = 1;
}

function drawArea(pen: CanvasRenderingContext2D, view: View, corners: Corners, colour: string, dash: number[], text: string): void {
  if (corners.length < 3) return;
  pen.beginPath();
  for (const [latitude, longitude] of corners) pen.lineTo(...toScreen(view, mercatorX(longitude), mercatorY(latitude)));
  pen.closePath();
  pen.globalAlpha = 0.16;
  pen.fillStyle = colour;
  pen.fill();
  pen.globalAlpha = 1;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.6;
  pen.setLineDash(dash);
  pen.stroke();
  pen.setLineDash([]);
  if (!text) return;
  pen.font = FONT;
  pen.fillStyle = "#ffffff";
  pen.fillText(text, ...toScreen(view, mercatorX(corners[0][1]), mercatorY(corners[0][0])));
}

/** Where the track will be nine times in ten: a circle at each instant, joined along both sides. */
function drawCone(pen: CanvasRenderingContext2D, view: View, { cone }: Assessed): void {
  const circles = cone.map(([, latitude, longitude, radiusM]) => {
    const [x, y] = toScreen(view, mercatorX(longitude), mercatorY(latitude));
    return { x, y, radius: radiusM * mercatorPerMetre(latitude) * view.scale };
  });
  pen.strokeStyle = `${CONE}0.55)`;
  pen.fillStyle = `${CONE}0.05)`;
  pen.lineWidth = 1;
  for (const { x, y, radius } of circles) {
    pen.beginPath();
    pen.arc(x, y, Math.max(radius, 1), 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }
}
