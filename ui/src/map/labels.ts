/** Labels beside the symbols: the most urgent first, never one over another, drawn as text ten times a second. */
import type { Picture } from "../data/picture";
import { Flag, MODE_3A_UNKNOWN, Status } from "../data/wire";
import { heightLabel, knots, mode3aText } from "../format";
import type { Box } from "./groups";
import { toScreen, type View } from "./mercator";
import type { Shown } from "./tracks";

export const LABELS_MAX = 250;
const CANDIDATES_MAX = 1_200; // labels tried a pass
const AREA_SHARE_MAX = 0.14; // of the map, that labels may cover: where tracks stand thick, symbols matter more
const GRID_PX = 8;
const LINE_PX = 14;
const FONT = "12px system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif";
const STALE_S = 10;

interface Candidate {
  row: number;
  x: number;
  y: number;
  urgency: number;
}

export class Labels {
  shownCount = 0;
  private areaLeft = 0; // square pixels
  private taken = new Uint8Array(0);
  private across = 0;
  private down = 0;
  private sides = new Map<number, number>(); // by track number: where its label was last
  private widths = new Map<string, number>();

  /** Draw on `pen` in CSS pixels. `offset` is the distance from a symbol's middle to its label; `kept` stays free. */
  draw(
    pen: CanvasRenderingContext2D,
    picture: Picture,
    view: View,
    nowMs: number,
    { chosenNo, quiet }: Shown,
    offset: number,
    kept: Box[],
  ): void {
    this.clear(view);
    for (const box of kept) this.take(...box);
    const candidates = this.candidates(picture, view, nowMs, chosenNo, quiet);
    pen.font = FONT;
    pen.textBaseline = "middle";
    const sides = new Map<number, number>();
    this.shownCount = 0;
    this.areaLeft = view.width * view.height * AREA_SHARE_MAX;
    for (const candidate of candidates.slice(0, CANDIDATES_MAX)) {
      if (this.shownCount === LABELS_MAX || this.areaLeft < 0) break;
      this.place(pen, picture, candidate, nowMs, chosenNo, offset, sides);
    }
    this.sides = sides;
    if (this.widths.size > 5_000) this.widths.clear();
  }

  private candidates(picture: Picture, view: View, nowMs: number, chosenNo: number, quiet: Shown["quiet"]): Candidate[] {
    const candidates: Candidate[] = [];
    for (let row = 0; row < picture.count; row++) {
      const trackNo = picture.columns.trackNo[row];
      if (picture.columns.status[row] === Status.TENTATIVE && trackNo !== chosenNo) continue;
      if (quiet.get(trackNo) === 0) continue; // its group's symbol stands for it
      const [x, y] = toScreen(view, ...picture.placeAt(row, nowMs));
      if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
      const shown = this.sides.has(trackNo) ? 0.25 : 0; // a label that is there tends to stay
      candidates.push({ row, x, y, urgency: picture.urgency(row) + shown + (trackNo === chosenNo ? 100 : 0) });
    }
    const numbers = picture.columns.trackNo;
    return candidates.sort((a, b) => b.urgency - a.urgency || numbers[a.row] - numbers[b.row]);
  }

  private place(
    pen: CanvasRenderingContext2D,
    picture: Picture,
    { row, x, y }: Candidate,
    nowMs: number,
    chosenNo: number,
    offset: number,
    sides: Map<number, number>,
  ): void {
    const trackNo = picture.columns.trackNo[row];
    const lines = textOf(picture, row, nowMs);
    const width = Math.max(...lines.map((line) => this.width(pen, line))) + 6;
    const height = lines.length * LINE_PX + 2;
    const away = sideAway(picture.columns.vEastMps[row], picture.columns.vNorthMps[row]);
    for (const side of [this.sides.get(trackNo) ?? away, away, 0, 1, 2, 3]) {
      const left = side < 2 ? x + offset : x - offset - width;
      const top = side % 2 === 0 ? y - height + 4 : y - 4;
      if (trackNo !== chosenNo && !this.free(left, top, width, height)) continue;
      this.take(left, top, width, height);
      drawPlate(pen, lines, left, top, width, height, trackNo === chosenNo, picture.columns.status[row]);
      sides.set(trackNo, side);
      this.shownCount++;
      this.areaLeft -= width * height;
      break;
    }
    // From here on no less urgent label may cover this symbol.
    this.take(x - offset * 0.5, y - offset * 0.5, offset, offset);
  }

  private width(pen: CanvasRenderingContext2D, text: string): number {
    let width = this.widths.get(text);
    if (width === undefined) this.widths.set(text, (width = pen.measureText(text).width));
    return width;
  }

  private clear(view: View): void {
    this.across = Math.ceil(view.width / GRID_PX);
    this.down = Math.ceil(view.height / GRID_PX);
    if (this.taken.length !== this.across * this.down) this.taken = new Uint8Array(this.across * this.down);
    else this.taken.fill(0);
  }

  private cells(left: number, top: number, width: number, height: number): [number, number, number, number] {
    return [
      Math.max(0, Math.floor(left / GRID_PX)),
      Math.max(0, Math.floor(top / GRID_PX)),
      Math.min(this.across - 1, Math.floor((left + width) / GRID_PX)),
      Math.min(this.down - 1, Math.floor((top + height) / GRID_PX)),
    ];
  }

  private free(left: number, top: number, width: number, height: number): boolean {
    if (left < 0 || top < 0 || left + width > this.across * GRID_PX || top + height > this.down * GRID_PX) return false;
    const [x0, y0, x1, y1] = this.cells(left, top, width, height);
    for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) if (this.taken[y * this.across + x]) return false;
    return true;
  }

  private take(left: number, top: number, width: number, height: number): void {
    const [x0, y0, x1, y1] = this.cells(left, top, width, height);
    for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) this.taken[y * this.across + x] = 1;
  }
}

/** Where a label stands clear of the leader: 0 upper right, 1 lower right, 2 upper left, 3 lower left. */
function sideAway(vEast: number, vNorth: number): number {
  return (vEast > 0 ? 2 : 0) + (vNorth > 0 ? 1 : 0);
}

function drawPlate(
  pen: CanvasRenderingContext2D,
  lines: string[],
  left: number,
  top: number,
  width: number,
  height: number,
  chosen: boolean,
  status: number,
): void {
  pen.fillStyle = chosen ? "rgba(30,52,76,0.95)" : "rgba(10,16,24,0.6)";
  pen.fillRect(left, top, width, height);
  pen.fillStyle = status === Status.COASTING ? "#9fb0c0" : "#f2f6fa";
  pen.fillText(lines[0], left + 3, top + LINE_PX / 2 + 1);
  pen.fillStyle = "#b4c3d1";
  for (let index = 1; index < lines.length; index++) pen.fillText(lines[index], left + 3, top + LINE_PX * (index + 0.5) + 1);
}

/** What a label says: name; height, climb and speed; what is out of the ordinary. */
function textOf(picture: Picture, row: number, nowMs: number): string[] {
  const { columns } = picture;
  const climb = columns.vUpMps[row] > 2 ? "↑" : columns.vUpMps[row] < -2 ? "↓" : "";
  const height = columns.flags[row] & Flag.ON_GROUND ? "GND" : heightLabel(columns.heightHaeM[row]);
  const lines = [picture.nameOf(row), `${height}${climb} ${knots(picture.speedMps(row))}`.trim()];
  const age = picture.plotAgeS(row, nowMs);
  const remarks: string[] = [];
  if (columns.flags[row] & Flag.EMERGENCY)
    remarks.push(columns.mode3a[row] === MODE_3A_UNKNOWN ? "EMG" : `EMG ${mode3aText(columns.mode3a[row])}`);
  if (columns.flags[row] & Flag.GROUP) remarks.push("GRP");
  if (age > STALE_S && columns.status[row] === Status.COASTING) remarks.push(`${Math.round(age)} s`);
  if (remarks.length) lines.push(remarks.join(" "));
  return lines;
}
