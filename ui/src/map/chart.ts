/** The map as a whole: the still map, the tracks above it, labels and lines above them; and what is under a finger. */
import type { Group, TrackHistory, Traffic, Truth } from "../data/api";
import type { Drawing } from "../drawing";
import type { ScreenClock } from "../data/clock";
import type { Picture } from "../data/picture";
import { Status } from "../data/wire";
import { GroupLayer } from "./groups";
import { drawTraffic } from "./cells";
import { drawDrawing } from "./drawn";
import { drawAlerts, drawJudged, type Judged } from "./judged";
import { Labels } from "./labels";
import { mercatorX, mercatorY, TILE_PX, toScreen, type View } from "./mercator";
import { drawEllipse, drawHistory, drawPair, drawRangeBearing, drawTruth } from "./overlay";
import { PlainCanvas, PLAIN_TRACKS_MAX, wipe } from "./plain";
import type { Still } from "./still";
import { TrackCanvas, type Shown } from "./tracks";

const OVERLAY_EVERY_MS = 100;
const QUIET_EVERY_MS = 1_000; // a person who asked for less motion gets one step a second
const PICK_PX_MAX = 18;
const RATE_OVER_MS = 2_000;

/** What a finger is on: a track, a group, or nothing. */
export interface Picked {
  trackNo: number;
  groupNo: number;
}

export interface Wanted extends Shown {
  groups: Group[];
  groupNo: number;
  labels: boolean;
  history: TrackHistory | null;
  cov: number[] | null;
  truth: Truth | null;
  rangeBearing: { from: [number, number] | null; to: [number, number] } | null;
  judged: Judged;
  pairNo: number; // of the track that a person is about to merge with the chosen one; 0: none
  drawing: Drawing | null;
  traffic: Traffic | null;
}

export class Chart {
  degraded = "";
  framesPerS = 0;
  wanted: Wanted;
  onDegraded: (why: string) => void = () => {};
  readonly labels = new Labels();
  readonly groups = new GroupLayer();
  private tracks!: TrackCanvas | PlainCanvas;
  private overlayPen: CanvasRenderingContext2D;
  private overlayAt = 0;
  private drawnAt = 0;
  private rateAt = 0;
  private rateCount = 0;
  private loop = 0;
  private quiet = window.matchMedia("(prefers-reduced-motion: reduce)");

  constructor(
    readonly still: Still,
    private holder: HTMLElement,
    private overlay: HTMLCanvasElement,
    private picture: Picture,
    private clock: ScreenClock,
    wanted: Wanted,
  ) {
    this.wanted = wanted;
    this.overlayPen = overlay.getContext("2d")!;
    this.makeTracks(still.why);
    this.loop = requestAnimationFrame(() => this.frame());
  }

  stop(): void {
    cancelAnimationFrame(this.loop);
    this.still.close();
  }

  get frameCount(): number {
    return this.tracks.drawnCount;
  }

  get trackCanvas(): HTMLCanvasElement {
    return this.tracks.canvas;
  }

  view(): View {
    const centre = this.still.centre();
    return {
      x: mercatorX(centre.longitude),
      y: mercatorY(centre.latitude),
      scale: TILE_PX * 2 ** this.still.zoom(),
      width: this.holder.clientWidth,
      height: this.holder.clientHeight,
    };
  }

  /** Return the track or the group nearest to a point of the map; a track that its group stands for is not there. */
  pick(x: number, y: number): Picked {
    const view = this.view();
    const nowMs = this.clock.nowMs();
    const [groupNo, reach] = this.groups.pick(x, y, PICK_PX_MAX);
    let best = reach;
    let found = 0;
    for (let row = 0; row < this.picture.count; row++) {
      if (this.groups.quiet.get(this.picture.columns.trackNo[row]) === 0) continue;
      const [atX, atY] = toScreen(view, ...this.picture.placeAt(row, nowMs));
      const faint = this.picture.columns.status[row] === Status.TENTATIVE ? 6 : 0;
      const distance = Math.hypot(atX - x, atY - y) + faint;
      if (distance >= best) continue;
      best = distance;
      found = this.picture.columns.trackNo[row];
    }
    return { trackNo: found, groupNo: found ? 0 : groupNo };
  }

  /** Where a track stands on the map now, pixels from its upper left; null when there is none. */
  screenOf(trackNo: number): [number, number] | null {
    const row = this.picture.rowOf(trackNo);
    return row < 0 ? null : toScreen(this.view(), ...this.picture.placeAt(row, this.clock.nowMs()));
  }

  /** Draw lines and labels at the next frame, not only when their turn comes. */
  touch(): void {
    this.overlayAt = 0;
  }

  private frame(): void {
    this.loop = requestAnimationFrame(() => this.frame());
    const at = performance.now();
    if (this.quiet.matches && this.still.idle() && at - this.drawnAt < QUIET_EVERY_MS && this.overlayAt) return;
    this.drawnAt = at;
    const view = this.view();
    if (!view.width || !view.height) return;
    const nowMs = this.clock.nowMs();
    const px = symbolPx(this.picture.count, this.still.zoom());
    this.tracks.resizeSymbols(px);
    this.groups.place(this.wanted.groups, this.picture, view, nowMs, px, this.wanted.chosenNo);
    this.wanted.quiet = this.groups.quiet;
    this.wanted.leaderS = leaderS(this.still.zoom());
    this.tracks.draw(this.picture, view, nowMs, this.wanted);
    if (at - this.overlayAt >= OVERLAY_EVERY_MS) {
      this.drawOverlay(view, nowMs);
      this.overlayAt = at;
    }
    this.measure(at);
  }

  private drawOverlay(view: View, nowMs: number): void {
    const pen = this.overlayPen;
    const ratio = window.devicePixelRatio;
    const width = Math.round(view.width * ratio);
    const height = Math.round(view.height * ratio);
    if (this.overlay.width !== width) this.overlay.width = width;
    if (this.overlay.height !== height) this.overlay.height = height;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    wipe(pen, view);
    const { wanted, picture } = this;
    const row = picture.rowOf(wanted.chosenNo);
    if (wanted.traffic) drawTraffic(pen, view, wanted.traffic);
    const kept = drawJudged(pen, view, wanted.judged);
    if (wanted.truth) drawTruth(pen, view, wanted.truth, nowMs);
    if (wanted.history) drawHistory(pen, view, wanted.history);
    if (row >= 0 && wanted.cov) drawEllipse(pen, view, picture, row, nowMs, wanted.cov);
    const px = symbolPx(picture.count, this.still.zoom());
    kept.push(...this.groups.draw(pen, view, px, wanted, wanted.groupNo, wanted.labels));
    if (wanted.labels) this.labels.draw(pen, picture, view, nowMs, wanted, px * 0.62, kept);
    else this.labels.shownCount = 0;
    drawAlerts(pen, view, wanted.judged, picture, nowMs);
    const pair = picture.rowOf(wanted.pairNo);
    if (row >= 0 && pair >= 0) drawPair(pen, view, picture.placeAt(row, nowMs), picture.placeAt(pair, nowMs));
    if (wanted.drawing) drawDrawing(pen, view, wanted.drawing);
    const line = wanted.rangeBearing;
    if (line) drawRangeBearing(pen, view, line.from ?? (row >= 0 ? picture.placeAt(row, nowMs) : line.to), line.to);
  }

  private measure(at: number): void {
    if (at - this.rateAt < RATE_OVER_MS) return;
    this.framesPerS = ((this.frameCount - this.rateCount) * 1000) / (at - this.rateAt);
    this.rateAt = at;
    this.rateCount = this.frameCount;
  }

  private makeTracks(forced: string): void {
    const before = this.tracks?.canvas;
    const canvas = this.newCanvas();
    try {
      if (forced) throw new Error(forced);
      const tracks = new TrackCanvas(canvas, symbolPx(0, 0));
      canvas.addEventListener("webglcontextlost", () => this.makeTracks("WebGL context lost"));
      this.tracks = tracks;
    } catch (error) {
      this.degraded = error instanceof Error ? error.message : String(error);
      const plain = this.newCanvas();
      canvas.remove();
      this.tracks = new PlainCanvas(plain, symbolPx(0, 0));
      this.onDegraded(this.degraded);
    }
    before?.remove();
  }

  private newCanvas(): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.className = "tracks";
    canvas.setAttribute("aria-hidden", "true");
    this.holder.insertBefore(canvas, this.overlay);
    return canvas;
  }
}

/** How far ahead leaders point, seconds: longer where the map is smaller. */
export function leaderS(zoom: number): number {
  return zoom < 7.5 ? 120 : zoom < 11 ? 60 : 30;
}

/** Symbols are smaller where many stand close. */
export function symbolPx(count: number, zoom: number): number {
  if (zoom >= 8.5 || count <= 60) return 26;
  return count <= 500 ? 20 : 16;
}

export { PLAIN_TRACKS_MAX };
