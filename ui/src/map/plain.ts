/** The fallback: the most urgent tracks on a plain canvas, for a machine whose WebGL2 is missing or black. */
import type { Picture } from "../data/picture";
import { Flag, Status } from "../data/wire";
import { mercatorPerMetre, toScreen, type View } from "./mercator";
import { Atlas, Sprite } from "./symbols";
import { alphaOf, type Shown } from "./tracks";

const UNSEEN = "rgba(0,0,0,0.004)";
export const PLAIN_TRACKS_MAX = 500;

export class PlainCanvas {
  drawnCount = 0;
  private pen: CanvasRenderingContext2D;
  private atlas: Atlas;

  constructor(
    readonly canvas: HTMLCanvasElement,
    symbolPx: number,
  ) {
    const pen = canvas.getContext("2d");
    if (!pen) throw new Error("no canvas");
    this.pen = pen;
    this.atlas = new Atlas(symbolPx, window.devicePixelRatio);
  }

  resizeSymbols(symbolPx: number): void {
    if (symbolPx !== this.atlas.sizePx) this.atlas = new Atlas(symbolPx, window.devicePixelRatio);
  }

  draw(picture: Picture, view: View, nowMs: number, shown: Shown): void {
    const ratio = window.devicePixelRatio;
    const width = Math.round(view.width * ratio);
    const height = Math.round(view.height * ratio);
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    wipe(this.pen, view);
    for (const row of mostUrgent(picture, PLAIN_TRACKS_MAX)) this.drawTrack(picture, row, view, nowMs, shown);
    this.drawnCount++;
  }

  private drawTrack(picture: Picture, row: number, view: View, nowMs: number, shown: Shown): void {
    const { columns } = picture;
    const [x, y] = toScreen(view, ...picture.placeAt(row, nowMs));
    if (x < -40 || y < -40 || x > view.width + 40 || y > view.height + 40) return;
    const pen = this.pen;
    pen.globalAlpha = alphaOf(picture, row, nowMs) * shown.dim * (shown.quiet.get(columns.trackNo[row]) ?? 1);
    if (shown.leaders && columns.status[row] !== Status.TENTATIVE) {
      const step = shown.leaderS * mercatorPerMetre(columns.latitudeDeg[row]) * view.scale;
      pen.strokeStyle = "#dde7f1";
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(x + columns.vEastMps[row] * step, y - columns.vNorthMps[row] * step);
      pen.stroke();
    }
    this.stamp(this.atlas.spriteOf(columns.status[row], columns.objectClass[row], columns.identity[row], columns.origin[row]), x, y);
    if (columns.flags[row] & Flag.EMERGENCY) this.stamp(Sprite.ALARM, x, y);
    if (columns.trackNo[row] === shown.chosenNo) this.stamp(Sprite.RING, x, y);
    pen.globalAlpha = 1;
  }

  private stamp(sprite: number, x: number, y: number): void {
    const cell = this.atlas.cellPx;
    const size = cell / this.atlas.ratio;
    const [left, top] = this.atlas.corner(sprite);
    this.pen.drawImage(this.atlas.canvas, left, top, cell, cell, x - size / 2, y - size / 2, size, size);
  }
}

/** Empty a canvas. Chromium does not show one that was cleared and not drawn on: what was there would stay on screen. */
export function wipe(pen: CanvasRenderingContext2D, view: View): void {
  pen.clearRect(0, 0, view.width, view.height);
  pen.fillStyle = UNSEEN;
  pen.fillRect(0, 0, 1, 1);
}

/** Return the rows of the `count` most urgent tracks, most urgent first. */
export function mostUrgent(picture: Picture, count: number): number[] {
  const rows = Array.from({ length: picture.count }, (_, row) => row);
  const urgency = Float32Array.from(rows, (row) => picture.urgency(row));
  rows.sort((a, b) => urgency[b] - urgency[a] || picture.columns.trackNo[a] - picture.columns.trackNo[b]);
  return rows.slice(0, count);
}
