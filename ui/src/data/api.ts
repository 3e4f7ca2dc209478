/** The node's JSON API as the page reads it (docs/wire.md). */
import type { Assessed } from "./standing";
import { readFrame, type Frame } from "./wire";

export interface NodeInfo {
  node: string;
  version: string;
  origin: "live" | "simulated" | "exercise";
  latitude_deg: number | null;
  longitude_deg: number | null;
}

export interface Sensor {
  id: number;
  name: string;
  kind: string;
  nation: string;
  latitude_deg: number | null;
  longitude_deg: number | null;
  range_m_max: number | null;
  state: "never_heard" | "ok" | "silent";
  last_ns: number;
  plots_per_s: number;
  silent_s: number | null;
  period_s: number;
  bias?: Bias | null;
  health?: Health | null;
}

/** Something measured, its uncertainty, and on how many observations it rests. */
export interface Estimate {
  value: number;
  sigma: number;
  count: number;
}

/** How well a sensor does; null: not known. */
export interface Health {
  period_s: Estimate | null;
  detection: Estimate | null;
  basis: "others" | "own" | "none";
  rings: (Estimate | null)[];
  ring_m: number;
  false_per_turn: Estimate | null;
  false_per_turn_area: Estimate | null;
  alarms: string[];
}

/** What a sensor sees of what it should: by sector, clockwise from true north, and in it by ring. */
export interface Measured {
  sensor: string;
  latitude_deg: number;
  longitude_deg: number;
  ring_m: number;
  detection: (number | null)[][];
}

/** The objects of a simulated scene as they are. */
export interface Truth {
  t_ns: number | null;
  targets: { target_no: number; kind: string; latitude_deg: number; longitude_deg: number; v_east_mps: number; v_north_mps: number }[];
}

export interface BiasPart {
  value: number | null;
  sigma: number | null;
  is_observed: boolean;
  is_applied: boolean;
  reason: string;
}

/** What is wrong with a sensor's measurements, measured less true, and how sure that is. */
export interface Bias {
  range_m: BiasPart;
  azimuth_deg: BiasPart;
  elevation_deg: BiasPart;
  time_s: BiasPart;
  clock: string;
  track_count: number;
  claims: string;
}

/** Objects that cannot be told apart: as many as `count_min` at least, and as far as was seen `count_max` at most. */
export interface Group {
  number: number;
  track_nos: number[];
  count_min: number;
  count_max: number;
  latitude_deg: number;
  longitude_deg: number;
  height_hae_m: number;
  v_east_mps: number;
  v_north_mps: number;
  v_up_mps: number;
  major_m: number; // one sigma
  minor_m: number;
  axis_true_deg: number;
  now_ns: number;
}

export interface Source {
  name: string;
  source: string;
  format: string;
  link: string;
  input_count: number;
  octet_count: number;
  plot_count: number;
  copy_count: number;
  rejected: Record<string, number>;
}

export interface Notice {
  sequence: number;
  now_ns: number;
  level: "info" | "warning" | "alarm";
  what: string;
  text: string;
}

export interface TrackDetail {
  track_no: number;
  node: string;
  now_ns: number;
  existence: number | null;
  sensors: string[];
  last_plot_ns: number | null;
  height_agl_m: number | null;
  flags: string[];
  cov_position_m2: (number | null)[] | null; // ee, en, nn, uu
  cov_velocity_m2ps2: (number | null)[] | null;
  class_probability: Record<string, number | null>;
  label: { policy?: string; classification?: string } | null;
  callsign: string | null;
  group_count: number[] | null;
}

export interface TrackHistory {
  t_ns: number[];
  latitude_deg: number[];
  longitude_deg: number[];
  height_hae_m: (number | null)[];
  v_east_mps: (number | null)[];
  v_north_mps: (number | null)[];
}

export interface Density {
  from_ns: number;
  to_ns: number;
  track_count: number[];
  notices: { now_ns: number; level: string; text: string }[];
  first_ns: number | null;
  last_ns: number | null;
}

export interface Ring {
  sensor: string;
  latitude_deg: number;
  longitude_deg: number;
  range_m_max: number;
  horizon?: { target_height_m: number; range_m: number }[];
}

/** Something protected, a zone or an axis, as GeoJSON. */
export interface AssetFeature {
  id: number;
  counts_now: boolean;
  geometry: { type: "Point" | "LineString" | "Polygon"; coordinates: number[] | number[][] | number[][][] };
  properties: {
    name: string;
    kind: string;
    what?: "asset" | "zone" | "axis";
    radius_m?: number;
    value?: number;
    from_amsl_m?: number | null;
    to_amsl_m?: number | null;
    hours?: string[][];
    text?: string;
  };
}

/** What flew where and when, counted in tracks. */
export interface Traffic {
  track_count: number;
  cell_north_deg: number;
  cell_east_deg: number;
  cell_count: number;
  cells: [latitude: number, longitude: number, tracks: number][]; // the south-west corner; the fullest first
  hours: number[][]; // of Monday to Sunday, UTC
  corridors: { latitude_deg: number; longitude_deg: number; course_deg: number; track_count: number; day_count: number }[];
}

/** What of the recorded traffic is asked for. */
export interface TrafficAsked {
  fromMs: number;
  toMs: number;
  cellDeg: number;
  hour: number; // -1: any
  weekday: number; // Monday 0; -1: any
  nameless: boolean;
}

/** One field of an incident's form. */
export interface FormField {
  name: string;
  block: "reported" | "assessed";
  words: string;
  categories: string[];
  is_asked: boolean;
  choices: string[];
}

async function get(path: string): Promise<Response> {
  const response = await fetch(`./api/v1/${path}`, { headers: { accept: "application/json, application/octet-stream" } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

async function getJson<T>(path: string): Promise<T> {
  return (await get(path)).json() as Promise<T>;
}

// JSON numbers carry 53 bits: an instant in ns is then exact to a quarter of a microsecond.
const ns = (ms: number): string => `${Math.round(ms)}000000`;

export const readNode = (): Promise<NodeInfo> => getJson("node");
export const readCoverage = async (): Promise<Ring[]> => (await getJson<{ rings: Ring[] }>("coverage")).rings;
export const readMeasured = (sensor: string): Promise<Measured> =>
  getJson(`coverage/measured?sensor=${encodeURIComponent(sensor)}`);
export const readWhy = (trackNo: number): Promise<Assessed> => getJson(`tracks/${trackNo}/why`);
export const readAssets = async (): Promise<AssetFeature[]> => (await getJson<{ features: AssetFeature[] }>("assets")).features;
export const readForm = (): Promise<{ categories: string[]; fields: FormField[] }> => getJson("incidents/form");
export const readTraffic = ({ fromMs, toMs, cellDeg, hour, weekday, nameless }: TrafficAsked): Promise<Traffic> =>
  getJson(
    `analytics/traffic?from_ns=${ns(fromMs)}&to_ns=${ns(toMs)}&cell_deg=${cellDeg}&hour=${hour}&weekday=${weekday}&nameless=${nameless}`,
  );

/** Draft a warning for where a track may be; return why it was refused, "" where it was not. */
export async function draftWarning(asked: { level: string; track_no: number; who: string }): Promise<string> {
  const response = await fetch("./api/v1/warnings/drafts", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(asked) });
  if (response.ok) return "";
  const answer = await response.json();
  return `${answer.error}; ${answer.what_to_do}`;
}

export const readTruth = (): Promise<Truth> => getJson("truth");
export const readTrack = (trackNo: number): Promise<TrackDetail> => getJson(`tracks/${trackNo}`);
export const readHistory = (trackNo: number, seconds: number, untilMs: number | null): Promise<TrackHistory> =>
  getJson(`tracks/${trackNo}/history?seconds=${seconds}${untilMs === null ? "" : `&until_ns=${ns(untilMs)}`}`);
export const readDensity = (fromMs: number, toMs: number, bins: number): Promise<Density> =>
  getJson(`history/density?from_ns=${ns(fromMs)}&to_ns=${ns(toMs)}&bins=${bins}`);

export const readGroups = async (atMs: number): Promise<Group[]> => (await getJson<{ groups: Group[] }>(`history/groups?at_ns=${ns(atMs)}`)).groups;

/** Return the picture of the past at `atMs`, or null when nothing was recorded then. */
export async function readPicture(atMs: number): Promise<Frame | null> {
  const frame = readFrame(await (await get(`history/picture?at_ns=${ns(atMs)}`)).arrayBuffer());
  return typeof frame === "string" ? null : frame;
}
