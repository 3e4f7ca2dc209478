/** What stands until it is over, as the node tells it: facts of `skydas.model`, by topic (docs/wire.md). */

export interface Alert {
  number: number;
  priority: 1 | 2 | 3;
  state: "unacknowledged" | "acknowledged" | "returned_unacknowledged" | "shelved" | "suppressed" | "out_of_service" | "closed";
  rule: string;
  track_nos: number[];
  group: number;
  asset: string;
  score: number;
  text: string;
  latitude_deg: number | null;
  longitude_deg: number | null;
  raised_ns: number;
  changed_ns: number;
  escalated: number;
  who: string;
  reason: string;
  until_ns: number;
  is_active: boolean;
  is_silenced: boolean;
  is_bundle: boolean;
  object_count: number;
}

export interface Reason {
  rule: string;
  score: number;
  weight: number;
  text: string;
  change: string;
}

export interface Arrival {
  asset: string;
  probability: number;
  earliest_s: number | null;
  expected_s: number | null;
  distance_m: number;
  closest_m: number;
}

export interface Assessed {
  track_no: number;
  score: number;
  asset: string;
  reasons: Reason[];
  arrivals: Arrival[];
  behaviours: Record<string, number>;
  not_assessed: string[];
  destinations: Record<string, number>;
  cone: [aheadS: number, latitude: number, longitude: number, radiusM: number][];
}

export interface Evidence {
  kind: string;
  source: string;
  t_ns: number;
  text: string;
  weights: Record<string, number>;
  is_stale: boolean;
  gain_bits: number;
}

export interface Identified {
  track_no: number;
  rule: string;
  set_words: string[];
  evidence: Evidence[];
  overridden_by: string;
  suggested: string;
  flight: string;
}

export interface Deception {
  number: number;
  what: string;
  track_nos: number[];
  source: string;
  strength: number;
  text: string;
  latitude_deg: number | null;
  longitude_deg: number | null;
  since_ns: number;
}

/** Latitude and longitude of each corner. */
export type Corners = [latitude: number, longitude: number][];

export interface InterferenceArea {
  number: number;
  ring: Corners;
  probability: number;
  aircraft_count: number;
  since_ns: number;
  now_ns: number; // when it was told last: at each change, and each minute while it stands
  text: string;
}

export interface SearchArea {
  number: number;
  track_no: number;
  what: string;
  lost_ns: number;
  latitude_deg: number; // of the south-west corner of the map
  longitude_deg: number;
  cell_north_deg: number;
  cell_east_deg: number;
  rows: number;
  columns: number;
  probability: string; // base64 of one octet a cell, from the south-west: 255 is the largest
  rings: [probability: number, corners: Corners][];
  text: string;
  elsewhere: number; // probability that it is nowhere on the map
  searched: number;
  line: [aheadS: number, latitude: number, longitude: number, radiusM: number][];
  closures: { asset: string; probability: number; peak_ns: number; from_ns: number; until_ns: number; is_open_ended: boolean }[];
}

export interface Incident {
  number: number;
  state: "open" | "closed";
  category: string;
  headline: string;
  opened_ns: number;
  first_plot_ns: number;
  closed_ns: number;
  latitude_deg: number | null;
  longitude_deg: number | null;
  track_nos: number[];
  alerts: number[];
  reported: Record<string, string>;
  assessed: Record<string, string>;
  evidence: [what: string, where: string, sha256: string][];
  notified: [who: string, at_ns: number, how: string][];
  timeline: { t_ns: number; who: string; what: string; text: string }[];
  lessons: string;
  joined_to: number;
  missing: string[];
  perhaps: number[];
}

export interface ShiftEntry {
  number: number;
  t_ns: number;
  who: string;
  role: string;
  what: string;
  text: string;
  to: string;
  summary: string[];
  accepted_by: string;
}

export interface PublicWarning {
  number: number;
  level: "yellow" | "red";
  state: string;
  is_exercise: boolean;
  cause: string;
  ring: Corners;
  municipalities: [code: string, name: string][];
  texts: Record<string, Record<string, string>>;
  effective_ns: number;
  expires_ns: number;
  drafted_by: string;
  approved_by: string;
  message: "Alert" | "Update" | "Cancel";
  cap_sha256: string;
}

export interface Sighting {
  number: number;
  t_ns: number;
  reporter: string;
  words: string;
  latitude_deg: number;
  longitude_deg: number;
  azimuth_true_deg: number | null;
  sense: string;
  category: string;
  trust: number;
}

export interface AlertPerformance {
  per_period: number;
  last_period: number;
  worst_period: number;
  in_flood: boolean;
  flood_share: number;
  activation_count: number;
  unanswered_count: number;
  shelved_count: number;
  priorities: Record<string, { activation_count: number; share: number; answer_median_s: number | null; answer_p95_s: number | null }>;
  top: [what: string, count: number][];
  findings: string[];
}

/** By topic, then by what the topic counts by: a number, or a track's. */
export interface Standing {
  alerts: Map<number, Alert>;
  incidents: Map<number, Incident>;
  identified: Map<number, Identified>;
  assessed: Map<number, Assessed>;
  deceptions: Map<number, Deception>;
  interference: Map<number, InterferenceArea>;
  searches: Map<number, SearchArea>;
  warnings: Map<number, PublicWarning>;
  sightings: Map<number, Sighting>;
  shifts: Map<number, ShiftEntry>;
  performance: Map<number, AlertPerformance>;
}

export const TOPICS: (keyof Standing)[] = [
  "alerts", "incidents", "identified", "assessed", "deceptions", "interference", "searches", "warnings", "sightings", "shifts", "performance",
];
const BY_TRACK: (keyof Standing)[] = ["identified", "assessed"];

export function nothingStands(): Standing {
  return Object.fromEntries(TOPICS.map((topic) => [topic, new Map()])) as unknown as Standing;
}

/** Return what stands after a `board` text; topics that did not change keep their map. */
export function standingAfter(before: Standing, text: Record<string, any>): Standing {
  const after: Standing = text.gone === null ? nothingStands() : { ...before };
  for (const topic of TOPICS) {
    const told: Record<string, any>[] = text.standing?.[topic] ?? [];
    const gone: number[] = text.gone?.[topic] ?? [];
    if (!told.length && !gone.length) continue;
    const map = new Map<number, any>(after[topic] as Map<number, any>);
    for (const fact of told) map.set(keyOf(topic, fact), fact);
    for (const key of gone) map.delete(key);
    (after as unknown as Record<string, Map<number, any>>)[topic] = map;
  }
  return after;
}

function keyOf(topic: keyof Standing, fact: Record<string, any>): number {
  if (topic === "performance") return 0;
  return BY_TRACK.includes(topic) ? fact.track_no : fact.number;
}
