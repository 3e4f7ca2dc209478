/** Areas where satellite navigation fails: hatched, each with how sure it is, since when and how far. */
import type { InterferenceArea } from "../data/standing";
import { distanceText, placeText, utcDateText, utcText } from "../format";
import { t } from "../words.svelte";
import type { Box } from "./groups";
import { mercatorX, mercatorY, rangeBearing, toScreen, type View } from "./mercator";

const COLOUR = "#5e8df6";
const HATCH_PX = 8;
const FONT = "12px system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif";
const LINE_PX = 16;
const PAD_PX = 6;
const GAP_PX = 4; // between an area and its label
const TOOLBAR_PX = 68; // of the map's upper edge, where its buttons are
const WHOLE_FROM_PX = 60; // smaller areas say their first line alone, unless they are chosen

/** How sure it is; nothing of this is certain. */
export const shareText = (probability: number): string => (probability >= 0.995 ? "> 99 %" : `${Math.round(probability * 100)} %`);

/** Since when it stands, and when the node last said so, UTC. */
export function timesText({ since_ns, now_ns }: InterferenceArea): string {
  const [since, last] = [since_ns / 1e6, now_ns / 1e6];
  const day = utcDateText(since) === utcDateText(last) ? "" : `${utcDateText(since)} `;
  return t("interference.times", { since: day + utcText(since), last: utcText(last) });
}

/** How far it reaches, from west to east and from south to north. */
export function extentText(area: InterferenceArea): string {
  const [south, west, north, east] = boundsOf(area);
  const middle = (south + north) / 2;
  const [across] = rangeBearing(middle, west, middle, east);
  const [along] = rangeBearing(south, west, north, west);
  return `${distanceText(across)} × ${distanceText(along)}`;
}

export const middleText = (area: InterferenceArea): string => placeText(...middleOf(area), 2);

export function middleOf(area: InterferenceArea): [latitude: number, longitude: number] {
  const [south, west, north, east] = boundsOf(area);
  return [(south + north) / 2, (west + east) / 2];
}

function boundsOf({ ring }: InterferenceArea): [south: number, west: number, north: number, east: number] {
  const latitudes = ring.map(([latitude]) => latitude);
  const longitudes = ring.map(([, longitude]) => longitude);
  return [Math.min(...latitudes), Math.min(...longitudes), Math.max(...latitudes), Math.max(...longitudes)];
}

/** Draw the areas and their labels; return where no other label must stand. */
export function drawInterference(pen: CanvasRenderingContext2D, view: View, areas: InterferenceArea[], chosenNo: number): Box[] {
  const seen = areas.filter((area) => drawArea(pen, view, area, area.number === chosenNo));
  return seen.map((area) => drawLabel(pen, view, area, area.number === chosenNo)); // above every area
}

/** Draw one area; false: it is out of view. */
function drawArea(pen: CanvasRenderingContext2D, view: View, area: InterferenceArea, chosen: boolean): boolean {
  const [left, top, right, bottom] = boxOf(view, area);
  if (right < 0 || bottom < 0 || left > view.width || top > view.height) return false;
  pen.beginPath();
  for (const [latitude, longitude] of area.ring) pen.lineTo(...toScreen(view, mercatorX(longitude), mercatorY(latitude)));
  pen.closePath();
  pen.globalAlpha = 0.6;
  pen.fillStyle = hatchOf(pen) ?? COLOUR;
  pen.fill();
  pen.globalAlpha = 1;
  pen.strokeStyle = COLOUR;
  pen.lineWidth = chosen ? 3.5 : 1.6;
  pen.setLineDash(chosen ? [] : [2, 4]);
  pen.stroke();
  pen.setLineDash([]);
  return true;
}

/** Write what is known above an area, or as near to it as the view allows. */
function drawLabel(pen: CanvasRenderingContext2D, view: View, area: InterferenceArea, chosen: boolean): Box {
  const [left, top, right] = boxOf(view, area);
  const lines = [`${t("interference.title")} ${area.number} · ${shareText(area.probability)}`];
  if (chosen || right - left >= WHOLE_FROM_PX)
    lines.push(timesText(area), `${extentText(area)} · ${t("interference.aircraft", { count: area.aircraft_count })}`);
  pen.font = `600 ${FONT}`;
  const width = Math.max(...lines.map((line) => pen.measureText(line).width)) + 2 * PAD_PX;
  const height = lines.length * LINE_PX + PAD_PX;
  const x = Math.max(GAP_PX, Math.min((left + right - width) / 2, view.width - width - GAP_PX));
  const y = Math.max(TOOLBAR_PX, Math.min(top - height - GAP_PX, view.height - height - LINE_PX - GAP_PX));
  pen.fillStyle = "rgba(10,16,24,0.9)";
  pen.fillRect(x, y, width, height);
  pen.strokeStyle = COLOUR;
  pen.lineWidth = chosen ? 2 : 1;
  pen.strokeRect(x, y, width, height);
  pen.fillStyle = "#f2f6fa";
  pen.textBaseline = "middle";
  lines.forEach((line, index) => {
    pen.font = index ? FONT : `600 ${FONT}`;
    pen.fillText(line, x + PAD_PX, y + PAD_PX / 2 + (index + 0.5) * LINE_PX);
  });
  return [x, y, width, height];
}

function boxOf(view: View, area: InterferenceArea): [left: number, top: number, right: number, bottom: number] {
  const [south, west, north, east] = boundsOf(area);
  return [...toScreen(view, mercatorX(west), mercatorY(north)), ...toScreen(view, mercatorX(east), mercatorY(south))];
}

let hatch: CanvasPattern | null = null;

function hatchOf(pen: CanvasRenderingContext2D): CanvasPattern | null {
  if (hatch) return hatch;
  const tile = document.createElement("canvas");
  tile.width = tile.height = HATCH_PX;
  const draw = tile.getContext("2d")!;
  draw.strokeStyle = COLOUR;
  draw.beginPath();
  draw.moveTo(0, HATCH_PX);
  draw.lineTo(HATCH_PX, 0);
  draw.stroke();
  return (hatch = pen.createPattern(tile, "repeat"));
}
