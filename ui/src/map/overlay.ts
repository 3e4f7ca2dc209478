/** What is drawn as lines above the tracks: the chosen track's ellipse and history, and the range-and-bearing line. */
import type { TrackHistory, Truth } from "../data/api";
import type { Picture } from "../data/picture";
import { courseText, distanceText, NM_M } from "../format";
import { latitudeDeg, longitudeDeg, mercatorPerMetre, mercatorX, mercatorY, rangeBearing, toScreen, type View } from "./mercator";

const ELLIPSE_SIGMAS = 2.448; // holds 95% of a two-dimensional normal distribution
const ELLIPSE_PX_MIN = 3;
const TRUTH_PX = 5; // half of a cross
const TRUTH_S_MAX = 10; // so long a target is moved on by its velocity
const HISTORY_POINTS_DRAWN_MAX = 500;
const PAIR_PX = 20; // half of the square around each of two tracks

/** Draw the 95% ellipse of a position covariance (ee, en, nn in square metres) around a track. */
export function drawEllipse(pen: CanvasRenderingContext2D, view: View, picture: Picture, row: number, nowMs: number, cov: number[]): void {
  const [ee, en, nn] = cov;
  const middle = (ee + nn) / 2;
  const spread = Math.hypot((ee - nn) / 2, en);
  const perMetre = mercatorPerMetre(picture.columns.latitudeDeg[row]) * view.scale;
  const major = Math.sqrt(Math.max(0, middle + spread)) * ELLIPSE_SIGMAS * perMetre;
  const minor = Math.sqrt(Math.max(0, middle - spread)) * ELLIPSE_SIGMAS * perMetre;
  if (!(major > ELLIPSE_PX_MIN)) return;
  const [x, y] = toScreen(view, ...picture.placeAt(row, nowMs));
  pen.beginPath();
  pen.ellipse(x, y, major, Math.max(minor, 0.5), -Math.atan2(2 * en, ee - nn) / 2, 0, 2 * Math.PI);
  pen.fillStyle = "rgba(255,255,255,0.06)";
  pen.fill();
  pen.strokeStyle = "rgba(255,255,255,0.75)";
  pen.lineWidth = 1;
  pen.setLineDash([4, 3]);
  pen.stroke();
  pen.setLineDash([]);
}

/** Draw a thin cross where each object of a simulated scene really is. */
export function drawTruth(pen: CanvasRenderingContext2D, view: View, truth: Truth, nowMs: number): void {
  if (truth.t_ns === null) return;
  const elapsedS = Math.min(Math.max((nowMs - truth.t_ns / 1e6) / 1000, -TRUTH_S_MAX), TRUTH_S_MAX);
  pen.beginPath();
  for (const target of truth.targets) {
    const step = elapsedS * mercatorPerMetre(target.latitude_deg);
    const east = mercatorX(target.longitude_deg) + target.v_east_mps * step;
    const south = mercatorY(target.latitude_deg) - target.v_north_mps * step;
    const [x, y] = toScreen(view, east, south);
    if (x < -TRUTH_PX || y < -TRUTH_PX || x > view.width + TRUTH_PX || y > view.height + TRUTH_PX) continue;
    pen.moveTo(x - TRUTH_PX, y - TRUTH_PX);
    pen.lineTo(x + TRUTH_PX, y + TRUTH_PX);
    pen.moveTo(x - TRUTH_PX, y + TRUTH_PX);
    pen.lineTo(x + TRUTH_PX, y - TRUTH_PX);
  }
  pen.strokeStyle = "#07cded"; // the colour of the banner that says SIMULATED
  pen.lineWidth = 1.2;
  pen.stroke();
}

/** Draw which two tracks a person is about to merge: a broken line between them and a square around each. */
export function drawPair(pen: CanvasRenderingContext2D, view: View, one: [number, number], other: [number, number]): void {
  const [x0, y0] = toScreen(view, ...one);
  const [x1, y1] = toScreen(view, ...other);
  pen.strokeStyle = "#ffffff";
  pen.lineWidth = 1.6;
  pen.setLineDash([3, 3]);
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
  pen.setLineDash([]);
  for (const [x, y] of [[x0, y0], [x1, y1]]) pen.strokeRect(x - PAIR_PX, y - PAIR_PX, 2 * PAIR_PX, 2 * PAIR_PX);
}

export function drawHistory(pen: CanvasRenderingContext2D, view: View, history: TrackHistory): void {
  pen.strokeStyle = "rgba(255,255,255,0.85)";
  pen.fillStyle = "#ffffff";
  pen.lineWidth = 1.2;
  pen.beginPath();
  let lastMinute = NaN;
  const marks: [number, number][] = [];
  const step = Math.ceil(history.t_ns.length / HISTORY_POINTS_DRAWN_MAX);
  for (let index = 0; index < history.t_ns.length; index += step) {
    const [x, y] = toScreen(view, mercatorX(history.longitude_deg[index]), mercatorY(history.latitude_deg[index]));
    if (index === 0) pen.moveTo(x, y);
    else pen.lineTo(x, y);
    const minute = Math.floor(history.t_ns[index] / 60e9);
    if (minute !== lastMinute && index > 0) marks.push([x, y]);
    lastMinute = minute;
  }
  pen.stroke();
  for (const [x, y] of marks) pen.fillRect(x - 1.5, y - 1.5, 3, 3);
}

/** Draw the line of the range-and-bearing tool, both ends in mercator units, with its reading at the far end. */
export function drawRangeBearing(pen: CanvasRenderingContext2D, view: View, from: [number, number], to: [number, number]): void {
  const [x0, y0] = toScreen(view, ...from);
  const [x1, y1] = toScreen(view, ...to);
  pen.strokeStyle = "#dff334";
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
  pen.beginPath();
  pen.arc(x0, y0, 3, 0, 2 * Math.PI);
  pen.arc(x1, y1, 5, 0, 2 * Math.PI);
  pen.stroke();
  const text = rangeBearingText(from, to);
  pen.font = "600 12px system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif";
  pen.textBaseline = "middle";
  const width = pen.measureText(text).width + 10;
  const left = Math.min(Math.max(4, x1 + 10), view.width - width - 4);
  const top = Math.min(Math.max(4, y1 - 24), view.height - 24);
  pen.fillStyle = "rgba(10,16,24,0.9)";
  pen.fillRect(left, top, width, 20);
  pen.fillStyle = "#dff334";
  pen.fillText(text, left + 5, top + 10);
}

export function rangeBearingText(from: [number, number], to: [number, number]): string {
  const [distance, bearing] = rangeBearing(
    latitudeDeg(from[1]),
    longitudeDeg(from[0]),
    latitudeDeg(to[1]),
    longitudeDeg(to[0]),
  );
  return `${courseText(bearing)}  ${distanceText(distance)}  ${(distance / NM_M).toFixed(distance < 18_520 ? 2 : 1)} NM`;
}
