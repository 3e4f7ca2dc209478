/**
 * The page's wire (docs/wire.md): binary frames, little-endian.
 *
 * header, 16 octets: u1 kind, u1 version, u2 reserved, u4 seq, i8 now_ns
 * kinds 1 and 2:     u4 count, u4 0, then count records of 40 octets
 * kind 3:            UTF-8 JSON
 */
export const VERSION = 1;
export const HEADER_OCTETS = 16;
export const RECORDS_AT = 24;
export const RECORD_OCTETS = 40;
export const HEIGHT_UNKNOWN = -(2 ** 31);
export const MODE_3A_UNKNOWN = 0xffff;

export const Kind = { SNAPSHOT: 1, UPDATE: 2, TEXT: 3 } as const;
export const Status = { TENTATIVE: 0, CONFIRMED: 1, COASTING: 2, DROPPED: 3 } as const;
export const Flag = { HEIGHT_ASSUMED: 1, GROUP: 2, CLAIM_ONLY: 4, ON_GROUND: 8, EMERGENCY: 16, PARTNER: 32 } as const;

export const STATUSES = ["tentative", "confirmed", "coasting", "dropped"] as const;
export const IDENTITIES = [
  "pending",
  "unknown",
  "assumed_friend",
  "friend",
  "neutral",
  "suspect",
  "hostile",
] as const;
export const CLASSES = [
  "airliner",
  "light_aircraft",
  "glider",
  "helicopter",
  "fixed_wing_drone",
  "one_way_drone",
  "multirotor",
  "balloon",
  "bird",
  "cruise",
  "ballistic",
  "unknown",
] as const;
export const ORIGINS = ["live", "simulated", "exercise"] as const;

export interface TrackRecord {
  trackNo: number;
  latitudeDeg: number;
  longitudeDeg: number;
  heightHaeM: number; // NaN: not known
  vEastMps: number;
  vNorthMps: number;
  vUpMps: number;
  status: number;
  identity: number;
  objectClass: number;
  origin: number;
  threat: number; // 0 .. 1
  flags: number;
  sigmaM: number;
  ageS: number; // since the last plot, at the frame's now
  modeS: number; // 0: not known
  mode3a: number; // 0xffff: not known
  sensorCount: number;
}

export interface Frame {
  kind: number;
  seq: number;
  nowMs: number; // UTC, with a fraction
  count: number; // of records; 0 for text
  body: DataView;
}

/** Return the frame in `octets`, or the reason why it cannot be read. */
export function readFrame(octets: ArrayBuffer): Frame | string {
  if (octets.byteLength < HEADER_OCTETS) return "frame_too_short";
  const view = new DataView(octets);
  const kind = view.getUint8(0);
  if (view.getUint8(1) !== VERSION) return "frame_version_unknown";
  const seq = view.getUint32(4, true);
  const nowMs = Number(view.getBigInt64(8, true) / 1000n) / 1000;
  if (kind === Kind.TEXT) return { kind, seq, nowMs, count: 0, body: new DataView(octets, HEADER_OCTETS) };
  if (kind !== Kind.SNAPSHOT && kind !== Kind.UPDATE) return "frame_kind_unknown";
  if (octets.byteLength < RECORDS_AT) return "frame_too_short";
  const count = view.getUint32(HEADER_OCTETS, true);
  if (octets.byteLength !== RECORDS_AT + count * RECORD_OCTETS) return "frame_length_wrong";
  return { kind, seq, nowMs, count, body: new DataView(octets, RECORDS_AT) };
}

export function newRecord(): TrackRecord {
  return {
    trackNo: 0,
    latitudeDeg: 0,
    longitudeDeg: 0,
    heightHaeM: NaN,
    vEastMps: 0,
    vNorthMps: 0,
    vUpMps: 0,
    status: 0,
    identity: 0,
    objectClass: 0,
    origin: 0,
    threat: 0,
    flags: 0,
    sigmaM: 0,
    ageS: 0,
    modeS: 0,
    mode3a: MODE_3A_UNKNOWN,
    sensorCount: 0,
  };
}

/** Read record `index` into `record`; one object is used again and again, for there may be 20,000 a second. */
export function readRecord(body: DataView, index: number, record: TrackRecord): void {
  const at = index * RECORD_OCTETS;
  const heightDm = body.getInt32(at + 12, true);
  record.trackNo = body.getUint32(at, true);
  record.latitudeDeg = body.getInt32(at + 4, true) * 1e-7;
  record.longitudeDeg = body.getInt32(at + 8, true) * 1e-7;
  record.flags = body.getUint8(at + 27);
  // A height that nobody measured is not shown as one: the label and the table then say "–".
  const measured = heightDm !== HEIGHT_UNKNOWN && !(record.flags & Flag.HEIGHT_ASSUMED);
  record.heightHaeM = measured ? heightDm * 0.1 : NaN;
  record.vEastMps = body.getInt16(at + 16, true) * 0.1;
  record.vNorthMps = body.getInt16(at + 18, true) * 0.1;
  record.vUpMps = body.getInt16(at + 20, true) * 0.1;
  record.status = body.getUint8(at + 22);
  record.identity = Math.min(body.getUint8(at + 23), IDENTITIES.length - 1);
  record.objectClass = Math.min(body.getUint8(at + 24), CLASSES.length - 1);
  record.origin = Math.min(body.getUint8(at + 25), ORIGINS.length - 1);
  record.threat = body.getUint8(at + 26) / 255;
  record.sigmaM = body.getUint16(at + 28, true);
  record.ageS = body.getUint16(at + 30, true) * 0.1;
  record.modeS = body.getUint32(at + 32, true);
  record.mode3a = body.getUint16(at + 36, true);
  record.sensorCount = body.getUint16(at + 38, true);
}
