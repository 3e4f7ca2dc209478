/** Maps of cells over the map: where something lost may be, and where tracks flew. */
import type { Traffic } from "../data/api";
import type { SearchArea } from "../data/standing";
import { mercatorX, mercatorY, toScreen, type View } from "./mercator";

const SEARCH_RGB = [216, 34, 255];
const SEARCH_ALPHA_MAX = 0.75;
const TRAFFIC_ALPHA = [0.12, 0.5]; // of the emptiest cell shown, and of the fullest
const CORRIDOR = "#ffffff";
const CORRIDOR_PX = 9; // half of an arrow
const EIGHTH = Math.PI / 4;

const pictures = new WeakMap<SearchArea, HTMLCanvasElement>();

/** Draw the probability of each cell: the fuller the colour, the likelier. */
export function drawProbability(pen: CanvasRenderingContext2D, view: View, area: SearchArea): void {
  if (!area.rows || !area.columns || !area.probability) return;
  const picture = pictures.get(area) ?? pictureOf(area);
  pictures.set(area, picture);
  const west = toScreen(view, mercatorX(area.longitude_deg), 0)[0];
  const east = toScreen(view, mercatorX(area.longitude_deg + area.columns * area.cell_east_deg), 0)[0];
  if (east < 0 || west > view.width) return;
  const edge = (row: number): number => Math.round(toScreen(view, 0, mercatorY(area.latitude_deg + row * area.cell_north_deg))[1]);
  pen.imageSmoothingEnabled = false;
  for (let row = 0; row < area.rows; row++) {
    const [south, north] = [edge(row), edge(row + 1)];
    if (north > view.height || south < 0) continue;
    pen.drawImage(picture, 0, row, area.columns, 1, west, north, east - west, Math.max(south - north, 1));
  }
  pen.imageSmoothingEnabled = true;
}

/** One pixel a cell, the southernmost row first. */
function pictureOf({ rows, columns, probability }: SearchArea): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const image = new ImageData(columns, rows);
  const octets = atob(probability);
  for (let cell = 0; cell < rows * columns; cell++) {
    image.data.set(SEARCH_RGB, cell * 4);
    image.data[cell * 4 + 3] = octets.charCodeAt(cell) * SEARCH_ALPHA_MAX;
  }
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  return canvas;
}

/** Draw how many tracks passed each cell, on a scale of logarithms, and arrows where they pass again and again. */
export function drawTraffic(pen: CanvasRenderingContext2D, view: View, traffic: Traffic): void {
  const [faint, full] = TRAFFIC_ALPHA;
  const most = Math.log1p(traffic.cells[0]?.[2] ?? 1);
  pen.fillStyle = "#f6c445";
  for (const [south, west, count] of traffic.cells) {
    const [left, bottom] = toScreen(view, mercatorX(west), mercatorY(south));
    const [right, top] = toScreen(view, mercatorX(west + traffic.cell_east_deg), mercatorY(south + traffic.cell_north_deg));
    if (right < 0 || left > view.width || bottom < 0 || top > view.height) continue;
    pen.globalAlpha = faint + (full - faint) * (Math.log1p(count) / most);
    pen.fillRect(left, top, right - left, bottom - top);
  }
  pen.globalAlpha = 1;
  pen.strokeStyle = CORRIDOR;
  pen.lineWidth = 2;
  for (const { latitude_deg, longitude_deg, course_deg } of traffic.corridors) {
    const [x, y] = toScreen(view, mercatorX(longitude_deg), mercatorY(latitude_deg));
    if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
    arrow(pen, x, y, (course_deg * Math.PI) / 180);
  }
}

function arrow(pen: CanvasRenderingContext2D, x: number, y: number, course: number): void {
  const [east, south] = [Math.sin(course) * CORRIDOR_PX, -Math.cos(course) * CORRIDOR_PX];
  pen.beginPath();
  pen.moveTo(x - east, y - south);
  pen.lineTo(x + east, y + south);
  for (const side of [-EIGHTH, EIGHTH]) {
    pen.moveTo(x + east, y + south);
    pen.lineTo(x + east - (Math.sin(course + side) * CORRIDOR_PX), y + south + Math.cos(course + side) * CORRIDOR_PX);
  }
  pen.stroke();
}
