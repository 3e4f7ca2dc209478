/**
 * Groups on the map: one stacked symbol each with how many it may hold, and the ellipse of its extent.
 *
 * Where its tracks would lie under that symbol they are not drawn; where there is room they are, thinly. A chosen track
 * and one with an emergency code are never hidden.
 */
import type { Group } from "../data/api";
import { EXTRAPOLATION_S_MAX, type Picture } from "../data/picture";
import { Flag } from "../data/wire";
import { countLabel, heightLabel, knots } from "../format";
import { lookOf, type Look } from "../look";
import { mercatorPerMetre, mercatorX, mercatorY, toScreen, type View } from "./mercator";
import { drawStack } from "./symbols";
import type { Shown } from "./tracks";

const MERGE_REACH = 1.3; // symbol sizes from the middle to the farthest track: nearer, they become one symbol
const PART_REACH = 1.7; // and farther they part again; between the two nothing changes
const THIN = 0.4;
const ELLIPSE_SIGMAS = 2.448; // holds 95% of a two-dimensional normal distribution
const ELLIPSE_PX_MIN = 3;
const STACKS_MAX = 256;
const COUNT_FONT = "700 13px system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif";
const NAME_FONT = "12px system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif";
const LINE_PX = 16;

/** Left, top, width and height, pixels: where no label may stand. */
export type Box = [left: number, top: number, width: number, height: number];

interface Placed {
  group: Group;
  look: Look;
  x: number;
  y: number;
  merged: boolean;
}

export class GroupLayer {
  placed: Placed[] = [];
  /** By track number: how strongly a track of a group is drawn, 0 .. 1. Another map whenever one of them changed. */
  quiet: ReadonlyMap<number, number> = new Map();
  private merged = new Set<number>();
  private stacks = new Map<string, HTMLCanvasElement>();

  /** Find where each group stands, and which of the tracks are drawn in its stead. */
  place(groups: Group[], picture: Picture, view: View, nowMs: number, symbolPx: number, chosenNo: number): void {
    const quiet = new Map<number, number>();
    const merged = new Set<number>();
    this.placed = groups.map((group) => {
      const [x, y] = toScreen(view, ...groupPlaceAt(group, nowMs));
      const rows = group.track_nos.map((trackNo) => picture.rowOf(trackNo)).filter((row) => row >= 0);
      let reach = 0;
      for (const row of rows) {
        const [atX, atY] = toScreen(view, ...picture.placeAt(row, nowMs));
        reach = Math.max(reach, Math.hypot(atX - x, atY - y));
      }
      const isMerged = reach < symbolPx * (this.merged.has(group.number) ? PART_REACH : MERGE_REACH);
      if (isMerged) merged.add(group.number);
      for (const row of rows) {
        const trackNo = picture.columns.trackNo[row];
        if (trackNo !== chosenNo && !(picture.columns.flags[row] & Flag.EMERGENCY)) quiet.set(trackNo, isMerged ? 0 : THIN);
      }
      return { group, look: lookOf(picture, rows), x, y, merged: isMerged };
    });
    this.merged = merged;
    if (!same(quiet, this.quiet)) this.quiet = quiet;
  }

  /** Draw every group in view; return where labels must not stand. */
  draw(pen: CanvasRenderingContext2D, view: View, symbolPx: number, shown: Shown, groupNo: number, names: boolean): Box[] {
    const boxes: Box[] = [];
    for (const placed of this.placed) {
      const { x, y } = placed;
      if (x < -symbolPx || y < -symbolPx || x > view.width + symbolPx || y > view.height + symbolPx) continue;
      const chosen = placed.group.number === groupNo;
      pen.globalAlpha = shown.dim;
      drawExtent(pen, view, placed, chosen);
      if (shown.leaders) drawLeader(pen, view, placed, shown.leaderS);
      const stack = this.stackOf(placed.look, symbolPx);
      const size = stack.width / window.devicePixelRatio;
      pen.drawImage(stack, x - size / 2, y - size / 2, size, size);
      if (chosen) drawRing(pen, x, y, symbolPx);
      boxes.push([x - symbolPx, y - symbolPx, 2 * symbolPx, 2 * symbolPx]);
      boxes.push(drawCount(pen, placed, symbolPx));
      if (names) boxes.push(drawName(pen, placed, symbolPx, chosen));
      pen.globalAlpha = 1;
    }
    return boxes;
  }

  /** Return the number of the group nearest to a point and its distance; 0 when none is within `reachPx`. */
  pick(x: number, y: number, reachPx: number): [groupNo: number, distance: number] {
    let found = 0;
    let best = reachPx;
    for (const placed of this.placed) {
      const distance = Math.hypot(placed.x - x, placed.y - y);
      if (distance >= best) continue;
      best = distance;
      found = placed.group.number;
    }
    return [found, best];
  }

  private stackOf(look: Look, symbolPx: number): HTMLCanvasElement {
    const ratio = window.devicePixelRatio;
    const key = [look.objectClass, look.identity, look.origin, symbolPx, ratio].join();
    let stack = this.stacks.get(key);
    if (!stack) {
      if (this.stacks.size === STACKS_MAX) this.stacks.clear();
      this.stacks.set(key, (stack = drawStack(look.objectClass, look.identity, look.origin, symbolPx * ratio)));
    }
    return stack;
  }
}

/** Where a group's middle is at `nowMs`, mercator units. */
export function groupPlaceAt(group: Group, nowMs: number): [number, number] {
  const elapsedS = Math.min(Math.max(0, nowMs - group.now_ns / 1e6) / 1000, EXTRAPOLATION_S_MAX);
  const step = elapsedS * mercatorPerMetre(group.latitude_deg);
  return [mercatorX(group.longitude_deg) + group.v_east_mps * step, mercatorY(group.latitude_deg) - group.v_north_mps * step];
}

function drawExtent(pen: CanvasRenderingContext2D, view: View, { group, x, y }: Placed, chosen: boolean): void {
  const perMetre = mercatorPerMetre(group.latitude_deg) * view.scale * ELLIPSE_SIGMAS;
  const major = group.major_m * perMetre;
  if (!(major > ELLIPSE_PX_MIN)) return;
  pen.beginPath();
  pen.ellipse(x, y, major, Math.max(group.minor_m * perMetre, 0.5), ((group.axis_true_deg - 90) * Math.PI) / 180, 0, 2 * Math.PI);
  pen.fillStyle = "rgba(221,231,241,0.07)";
  pen.fill();
  pen.strokeStyle = chosen ? "#ffffff" : "rgba(221,231,241,0.7)";
  pen.lineWidth = chosen ? 2 : 1.2;
  pen.stroke();
}

function drawLeader(pen: CanvasRenderingContext2D, view: View, { group, x, y }: Placed, leaderS: number): void {
  const step = leaderS * mercatorPerMetre(group.latitude_deg) * view.scale;
  pen.strokeStyle = "#dde7f1";
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x + group.v_east_mps * step, y - group.v_north_mps * step);
  pen.stroke();
}

function drawRing(pen: CanvasRenderingContext2D, x: number, y: number, symbolPx: number): void {
  pen.beginPath();
  pen.arc(x, y, symbolPx, 0, 2 * Math.PI);
  pen.strokeStyle = "#ffffff";
  pen.lineWidth = 1.6;
  pen.stroke();
}

/** Write how many there may be above the frame, the standard's place for a quantity (field C). */
function drawCount(pen: CanvasRenderingContext2D, { group, x, y }: Placed, symbolPx: number): Box {
  const text = countLabel(group.count_min, group.count_max);
  pen.font = COUNT_FONT;
  const width = pen.measureText(text).width + 8;
  const box: Box = [x - width / 2, y - symbolPx * 1.05 - LINE_PX, width, LINE_PX];
  return drawPlate(pen, text, box, "rgba(10,16,24,0.85)", "#ffffff");
}

function drawName(pen: CanvasRenderingContext2D, { group, look, x, y }: Placed, symbolPx: number, chosen: boolean): Box {
  const speed = knots(Math.hypot(group.v_east_mps, group.v_north_mps));
  const text = `G${group.number}  ${heightLabel(look.heightM)} ${speed}`;
  pen.font = NAME_FONT;
  const width = pen.measureText(text).width + 8;
  const box: Box = [x - width / 2, y + symbolPx * 1.05, width, LINE_PX];
  return drawPlate(pen, text, box, chosen ? "rgba(30,52,76,0.95)" : "rgba(10,16,24,0.6)", "#f2f6fa");
}

function drawPlate(pen: CanvasRenderingContext2D, text: string, box: Box, fill: string, colour: string): Box {
  const [left, top, width, height] = box;
  pen.fillStyle = fill;
  pen.fillRect(left, top, width, height);
  pen.textBaseline = "middle";
  pen.fillStyle = colour;
  pen.fillText(text, left + 4, top + height / 2 + 1);
  return box;
}

function same(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): boolean {
  return a.size === b.size && [...a].every(([trackNo, share]) => b.get(trackNo) === share);
}
