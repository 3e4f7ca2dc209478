/** What a person is drawing: its corners and sides, and the map's middle, where a key would put the next point. */
import type { Drawing } from "../drawing";
import { mercatorPerMetre, mercatorX, mercatorY, toScreen, type View } from "./mercator";

const COLOUR = "#ffffff";
const CORNER_PX = 7;
const MIDDLE_PX = 12;

export function drawDrawing(pen: CanvasRenderingContext2D, view: View, { shape, points, radiusM, isOn }: Drawing): void {
  const placed = points.map(([latitude, longitude]) => toScreen(view, mercatorX(longitude), mercatorY(latitude)));
  pen.strokeStyle = COLOUR;
  pen.fillStyle = COLOUR;
  pen.lineWidth = 1.6;
  pen.setLineDash([7, 4]);
  pen.beginPath();
  for (const at of placed) pen.lineTo(...at);
  if (shape === "area") pen.closePath();
  pen.stroke();
  if (shape === "point" && placed.length && radiusM > 0) {
    pen.beginPath();
    pen.arc(...placed[0], radiusM * mercatorPerMetre(points[0][0]) * view.scale, 0, 2 * Math.PI);
    pen.stroke();
  }
  pen.setLineDash([]);
  for (const [x, y] of placed) pen.fillRect(x - CORNER_PX / 2, y - CORNER_PX / 2, CORNER_PX, CORNER_PX);
  if (!isOn) return;
  const [x, y] = [view.width / 2, view.height / 2];
  pen.beginPath();
  pen.moveTo(x - MIDDLE_PX, y);
  pen.lineTo(x + MIDDLE_PX, y);
  pen.moveTo(x, y - MIDDLE_PX);
  pen.lineTo(x, y + MIDDLE_PX);
  pen.stroke();
}
