/** The picture: every track that lives, one array a field, rows kept dense; and the trail behind each. */
import { mercatorX, mercatorY, mercatorPerMetre } from "../map/mercator";
import { Flag, Kind, Status, newRecord, readRecord, type Frame } from "./wire";

export const TRACKS_MAX = 65_536;
export const TRAIL_POINTS_MAX = 32;
const TRAIL_STEP_MS = 4_000;
const CAPACITY_FIRST = 1_024;

const FLOAT64 = ["x", "y", "latitudeDeg", "longitudeDeg", "validMs", "seenMs"] as const;
const FLOAT32 = ["heightHaeM", "vEastMps", "vNorthMps", "vUpMps", "threat", "sigmaM", "ageS"] as const;
const UINT32 = ["trackNo", "modeS"] as const;
const UINT16 = ["mode3a", "sensorCount"] as const;
const UINT8 = ["status", "identity", "objectClass", "origin", "flags", "trailCount", "trailHead"] as const;

type Columns = { [K in (typeof FLOAT64)[number]]: Float64Array } & { [K in (typeof FLOAT32)[number]]: Float32Array } & {
  [K in (typeof UINT32)[number]]: Uint32Array;
} & { [K in (typeof UINT16)[number]]: Uint16Array } & { [K in (typeof UINT8)[number]]: Uint8Array } & {
  trailX: Float64Array;
  trailY: Float64Array;
  trailMs: Float64Array;
};
type AnyArray = Float64Array | Float32Array | Uint32Array | Uint16Array | Uint8Array;

const WIDTHS: Record<string, number> = { trailX: TRAIL_POINTS_MAX, trailY: TRAIL_POINTS_MAX, trailMs: TRAIL_POINTS_MAX };

function newColumns(capacity: number): Columns {
  const columns: Record<string, AnyArray> = {};
  for (const name of FLOAT64) columns[name] = new Float64Array(capacity);
  for (const name of FLOAT32) columns[name] = new Float32Array(capacity);
  for (const name of UINT32) columns[name] = new Uint32Array(capacity);
  for (const name of UINT16) columns[name] = new Uint16Array(capacity);
  for (const name of UINT8) columns[name] = new Uint8Array(capacity);
  for (const name of Object.keys(WIDTHS)) columns[name] = new Float64Array(capacity * TRAIL_POINTS_MAX);
  return columns as unknown as Columns;
}

export class Picture {
  count = 0;
  columns = newColumns(CAPACITY_FIRST);
  names = new Map<number, string>(); // callsigns by track number
  refusedCount = 0; // tracks beyond TRACKS_MAX
  updateCount = 0; // records taken since the page opened
  revision = 0; // counts up whenever a row changed
  private capacity = CAPACITY_FIRST;
  private rows = new Map<number, number>();
  private record = newRecord();

  /** Return the row of a track, or -1. */
  rowOf(trackNo: number): number {
    return this.rows.get(trackNo) ?? -1;
  }

  clear(): void {
    this.count = 0;
    this.rows.clear();
    this.revision++;
  }

  /** Take a snapshot or an update into the picture. */
  take(frame: Frame): void {
    const listed = frame.kind === Kind.SNAPSHOT ? new Set<number>() : null;
    for (let index = 0; index < frame.count; index++) {
      readRecord(frame.body, index, this.record);
      listed?.add(this.record.trackNo);
      if (this.record.status === Status.DROPPED) this.drop(this.record.trackNo);
      else this.put(frame.nowMs);
    }
    if (listed) {
      for (let row = this.count - 1; row >= 0; row--) {
        const trackNo = this.columns.trackNo[row];
        if (!listed.has(trackNo)) this.drop(trackNo);
      }
    }
    this.updateCount += frame.count;
    this.revision++;
  }

  /** How far a track may be taken to have moved since its state was valid, seconds. */
  elapsedS(row: number, nowMs: number): number {
    return Math.min(Math.max(0, (nowMs - this.columns.validMs[row]) / 1000), EXTRAPOLATION_S_MAX);
  }

  /** Seconds since a sensor last saw it. */
  plotAgeS(row: number, nowMs: number): number {
    return this.columns.ageS[row] + Math.max(0, (nowMs - this.columns.validMs[row]) / 1000);
  }

  speedMps(row: number): number {
    return Math.hypot(this.columns.vEastMps[row], this.columns.vNorthMps[row]);
  }

  courseDeg(row: number): number {
    const degrees = (Math.atan2(this.columns.vEastMps[row], this.columns.vNorthMps[row]) * 180) / Math.PI;
    return (degrees + 360) % 360;
  }

  /** Where it is in mercator units (0 .. 1, y to the south) at `nowMs`. */
  placeAt(row: number, nowMs: number): [number, number] {
    const columns = this.columns;
    const step = this.elapsedS(row, nowMs) * mercatorPerMetre(columns.latitudeDeg[row]);
    return [columns.x[row] + columns.vEastMps[row] * step, columns.y[row] - columns.vNorthMps[row] * step];
  }

  /** What a person would want to look at first: higher is more urgent. */
  urgency(row: number): number {
    const columns = this.columns;
    const emergency = columns.flags[row] & Flag.EMERGENCY ? 4 : 0;
    const identity = URGENCY_OF_IDENTITY[columns.identity[row]];
    const kind = URGENCY_OF_CLASS[columns.objectClass[row]];
    const life = columns.status[row] === Status.TENTATIVE ? -6 : 0;
    return emergency + identity + kind + life + 4 * columns.threat[row];
  }

  nameOf(row: number): string {
    const trackNo = this.columns.trackNo[row];
    return this.names.get(trackNo) || String(trackNo);
  }

  private put(nowMs: number): void {
    const { record, columns } = this;
    let row = this.rowOf(record.trackNo);
    if (row < 0) {
      if (this.count === TRACKS_MAX) {
        this.refusedCount++;
        return;
      }
      row = this.add(record.trackNo, nowMs);
      return this.write(row, nowMs);
    }
    if (nowMs - this.lastTrailMs(row) >= TRAIL_STEP_MS) this.leaveTrail(row, columns.x[row], columns.y[row], columns.validMs[row]);
    this.write(row, nowMs);
  }

  private write(row: number, nowMs: number): void {
    const { record, columns } = this;
    for (const name of RECORD_FIELDS) columns[name][row] = record[name];
    columns.validMs[row] = nowMs;
    columns.x[row] = mercatorX(record.longitudeDeg);
    columns.y[row] = mercatorY(record.latitudeDeg);
  }

  private add(trackNo: number, nowMs: number): number {
    if (this.count === this.capacity) this.grow();
    const row = this.count++;
    this.rows.set(trackNo, row);
    this.columns.seenMs[row] = nowMs;
    this.columns.trailCount[row] = 0;
    this.columns.trailHead[row] = 0;
    return row;
  }

  private drop(trackNo: number): void {
    const row = this.rowOf(trackNo);
    if (row < 0) return;
    const last = --this.count;
    this.rows.delete(trackNo);
    this.names.delete(trackNo);
    if (row === last) return;
    for (const [name, column] of Object.entries(this.columns)) {
      const width = WIDTHS[name] ?? 1;
      column.copyWithin(row * width, last * width, (last + 1) * width);
    }
    this.rows.set(this.columns.trackNo[row], row);
  }

  private grow(): void {
    this.capacity = Math.min(this.capacity * 2, TRACKS_MAX);
    const wider = newColumns(this.capacity);
    for (const [name, column] of Object.entries(this.columns)) (wider as Record<string, any>)[name].set(column);
    this.columns = wider;
  }

  private lastTrailMs(row: number): number {
    const { trailCount, trailHead, trailMs, seenMs } = this.columns;
    if (trailCount[row] === 0) return seenMs[row];
    return trailMs[row * TRAIL_POINTS_MAX + ((trailHead[row] + TRAIL_POINTS_MAX - 1) % TRAIL_POINTS_MAX)];
  }

  private leaveTrail(row: number, x: number, y: number, ms: number): void {
    const columns = this.columns;
    const at = row * TRAIL_POINTS_MAX + columns.trailHead[row];
    columns.trailX[at] = x;
    columns.trailY[at] = y;
    columns.trailMs[at] = ms;
    columns.trailHead[row] = (columns.trailHead[row] + 1) % TRAIL_POINTS_MAX;
    columns.trailCount[row] = Math.min(columns.trailCount[row] + 1, TRAIL_POINTS_MAX);
  }
}

export const EXTRAPOLATION_S_MAX = 60;

const RECORD_FIELDS = [
  "trackNo",
  "latitudeDeg",
  "longitudeDeg",
  "heightHaeM",
  "vEastMps",
  "vNorthMps",
  "vUpMps",
  "status",
  "identity",
  "objectClass",
  "origin",
  "threat",
  "flags",
  "sigmaM",
  "ageS",
  "modeS",
  "mode3a",
  "sensorCount",
] as const;

// Rows follow IDENTITIES and CLASSES in wire.ts.
export const URGENCY_OF_IDENTITY = [1.5, 1, 0, 0, 0, 3, 5];
const URGENCY_OF_CLASS = [0, 0.5, 0.2, 0.8, 3, 4, 2.5, 0.5, -2, 5, 5, 1];
