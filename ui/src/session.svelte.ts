/** What this screen knows and shows; the parts read `screen`, and act through the functions here. */
import {
  readAssets,
  readCoverage,
  readDensity,
  readGroups,
  readHistory,
  readMeasured,
  readPicture,
  readTrack,
  readTruth,
  readWhy,
  type AssetFeature,
  type Density,
  type Group,
  type Measured,
  type NodeInfo,
  type Notice,
  type Ring,
  type Sensor,
  type Source,
  type Traffic,
  type TrackDetail,
  type TrackHistory,
  type Truth,
} from "./data/api";
import { ScreenClock } from "./data/clock";
import { Link } from "./data/link";
import { Picture } from "./data/picture";
import { nothingStands, standingAfter, type Alert, type Assessed } from "./data/standing";
import { CLASSES, IDENTITIES, type Frame } from "./data/wire";
import type { Corrected, Correcting } from "./correcting";
import type { Drawing } from "./drawing";
import { lookOf } from "./look";
import type { Chart } from "./map/chart";
import { groupPlaceAt } from "./map/groups";
import { NOTHING_JUDGED, type Judged } from "./map/judged";
import { latitudeDeg, longitudeDeg } from "./map/mercator";
import { t, tOf } from "./words.svelte";

export const NOTICES_MAX = 200;
export const SPEEDS = [0.5, 1, 2, 5, 10, 30, 60];
export const HISTORY_S = 900;
const SECOND_MS = 1_000;
const REPLAY_EVERY_MS = 1_000;
const DETAIL_EVERY_MS = 2_000;
const DENSITY_EVERY_MS = 15_000;
const MEASURED_EVERY_MS = 10_000;
const TRUTH_EVERY_MS = 1_000;
const ASSETS_EVERY_S = 20;
export const DENSITY_BINS = 240;
export const SPAN_MS = 3_600_000; // of the time bar

export type Layer = "labels" | "trails" | "history" | "coverage" | "leaders" | "truth" | "zones";
export const LAYERS: Layer[] = ["labels", "trails", "history", "coverage", "leaders", "truth", "zones"];

/** The pages of the desk: what people write and decide. */
export const BOARDS = ["incidents", "warnings", "sightings", "log", "places", "searches", "figures"] as const;
export type Board = (typeof BOARDS)[number];

export const picture = new Picture();
export const clock = new ScreenClock();

class Screen {
  // What comes from the node is replaced as a whole, never changed in place: raw state costs nothing to read.
  node = $state.raw<NodeInfo | null>(null);
  sensors = $state.raw<Sensor[]>([]);
  sources = $state.raw<Source[]>([]);
  groups = $state.raw<Group[]>([]); // of now
  pastGroups = $state.raw<Group[]>([]); // of the instant that a replay shows
  notices = $state.raw<Notice[]>([]);
  standing = $state.raw(nothingStands()); // of now: alerts, incidents, assessments ...
  assets = $state.raw<AssetFeature[] | null>(null);
  why = $state.raw<Assessed | null>(null); // of the chosen track, where the node does not tell it by itself
  detail = $state.raw<TrackDetail | null>(null);
  history = $state.raw<TrackHistory | null>(null);
  rings = $state.raw<Ring[] | null>(null);
  measured = $state.raw<Measured | null>(null); // of the chosen sensor
  truth = $state.raw<Truth | null>(null);
  density = $state.raw<Density | null>(null);
  linkOpen = $state(false);
  everOpen = $state(false);
  lastFrameMs = $state(0); // node time of the newest frame of tracks
  chosenNo = $state(0);
  groupNo = $state(0); // of the chosen group: either this or `chosenNo` is 0
  alertNo = $state(0); // of the chosen alert
  areaNo = $state(0); // of the chosen area of interference
  board = $state<"" | Board>(""); // what of the desk is open
  incidentNo = $state(0); // of the incident on the desk; 0: the form of a new one
  searchNo = $state(0); // of the search on the desk
  correcting = $state.raw<Correcting | null>(null); // what is being said of the chosen track
  corrected = $state.raw<Corrected | null>(null); // what was said last, while its track is chosen: it can be taken back
  drawing = $state.raw<Drawing | null>(null); // what a form of the desk draws on the map
  traffic = $state.raw<Traffic | null>(null); // the heat map, while the desk shows it
  sensorName = $state(""); // of the sensor whose health is shown
  layers = $state<Record<Layer, boolean>>({ labels: true, trails: true, history: true, coverage: false, leaders: true, truth: false, zones: true });
  rangeBearing = $state.raw<{ from: [number, number] | null; to: [number, number] } | null>(null);
  replaying = $state(false);
  paused = $state(false);
  speed = $state(1);
  tableOpen = $state(false);
  helpOpen = $state(false);
  searchOpen = $state(false);
  degraded = $state("");
  said = $state("");
  tick = $state(0); // counts seconds: what shows ages reads it
  nowMs = $state(0);
  sort = $state("urgency");
  sortDown = $state(true);
}

export const screen = new Screen();

let link: Link | null = null;
let chart: Chart | null = null;
let replayBusy = false;

export function start(): void {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  link = new Link(`${scheme}://${location.host}${new URL("./api/v1/live", document.baseURI).pathname}`, {
    frame: takeLive,
    text: takeText,
    state: takeState,
  });
  link.start();
  window.setInterval(everySecond, SECOND_MS);
  window.setInterval(() => void advanceReplay(), REPLAY_EVERY_MS);
  window.setInterval(() => void refreshDetail(), DETAIL_EVERY_MS);
  window.setInterval(() => void refreshDensity(), DENSITY_EVERY_MS);
  window.setInterval(() => void refreshMeasured(), MEASURED_EVERY_MS);
  window.setInterval(() => void refreshTruth(), TRUTH_EVERY_MS);
}

export function setChart(next: Chart): void {
  chart = next;
  showOnChart();
}

export const getChart = (): Chart | null => chart;
export const getLink = (): Link | null => link;

/** Say something in the live region. */
export function say(words: string): void {
  screen.said = words;
}

// --- what the link brings ---------------------------------------------------------------------------------------

function takeLive(frame: Frame): void {
  clock.hear(frame.nowMs);
  if (!screen.replaying) picture.take(frame);
  screen.lastFrameMs = frame.nowMs;
}

function takeState(open: boolean): void {
  if (open !== screen.linkOpen && screen.everOpen) say(t(open ? "said.link_open" : "said.link_lost"));
  screen.linkOpen = open;
  if (open) {
    screen.everOpen = true;
    screen.groups = []; // those that ended meanwhile are not told again
    void refreshDensity();
    void refreshAssets();
    if (!screen.rings) void refreshCoverage();
  }
  showOnChart();
}

function takeText(message: Record<string, any>): void {
  clock.hear(message.frameNowMs);
  if (message.type === "node") screen.node = message as unknown as NodeInfo;
  else if (message.type === "sensors") takeSensors(message.sensors);
  else if (message.type === "sources") screen.sources = message.sources;
  else if (message.type === "groups") takeGroups(message.groups);
  else if (message.type === "board") takeBoard(message);
  else if (message.type === "notice") takeNotice(message as unknown as Notice);
  else if (message.type === "names") for (const [no, name] of Object.entries(message.names)) picture.names.set(Number(no), String(name));
}

function takeSensors(sensors: Sensor[]): void {
  const before = new Map(screen.sensors.map((sensor) => [sensor.name, sensor.state]));
  for (const sensor of sensors) {
    const was = before.get(sensor.name);
    if (was === "ok" && sensor.state === "silent") say(t("said.sensor_silent", { name: sensor.name }));
    if (was === "silent" && sensor.state === "ok") say(t("said.sensor_heard", { name: sensor.name }));
  }
  screen.sensors = sensors;
}

/** Take the groups there are, and say what became of the chosen one. */
function takeGroups(groups: Group[]): void {
  const before = screen.groups.find((group) => group.number === screen.groupNo);
  const now = groups.find((group) => group.number === screen.groupNo);
  screen.groups = groups;
  if (before && !now) say(t("said.group_over", { number: before.number }));
  else if (before && now && (before.count_min !== now.count_min || before.count_max !== now.count_max))
    say(t("said.group_count", { number: now.number, count: countText(now) }));
  showOnChart();
}

/** Take what stands, and say the alerts that are new. */
function takeBoard(message: Record<string, any>): void {
  const before = screen.standing;
  screen.standing = standingAfter(before, message);
  const asks = (alert: Alert): boolean => alert.state === "unacknowledged" && !before.alerts.has(alert.number);
  const fresh = [...screen.standing.alerts.values()].filter(asks).sort((a, b) => a.priority - b.priority);
  if (fresh.length && message.gone !== null) say(t("said.alert", { priority: fresh[0].priority, text: fresh[0].text }));
  if (chart) chart.wanted = { ...chart.wanted, judged: judged() }; // drawn at the chart's next turn: this comes often
}

/** How many objects a group may hold, in words. */
export function countText({ count_min, count_max }: Group): string {
  if (count_max > count_min) return t("group.between", { least: count_min, most: count_max });
  return t("group.at_least", { least: count_min });
}

function takeNotice(notice: Notice): void {
  if (screen.notices.some((known) => known.sequence === notice.sequence)) return;
  screen.notices = [notice, ...screen.notices].sort((a, b) => b.sequence - a.sequence).slice(0, NOTICES_MAX);
  if (notice.level !== "info") say(notice.text);
}

// --- the chosen track -------------------------------------------------------------------------------------------

export function choose(trackNo: number): void {
  if (trackNo === screen.chosenNo && !screen.groupNo) return;
  screen.chosenNo = trackNo;
  screen.groupNo = 0;
  screen.detail = null;
  screen.history = null;
  screen.correcting = null;
  screen.corrected = null;
  showOnChart();
  const row = picture.rowOf(trackNo);
  if (row >= 0) {
    const identity = tOf("identity", IDENTITIES[picture.columns.identity[row]]);
    const kind = tOf("class", CLASSES[picture.columns.objectClass[row]]);
    say(t("said.chosen", { name: picture.nameOf(row), identity, kind }));
  }
  void refreshDetail();
}

/** The groups of the instant that is shown. */
export const shownGroups = (): Group[] => (screen.replaying ? screen.pastGroups : screen.groups);

export function chooseGroup(number: number): void {
  choose(0);
  screen.groupNo = number;
  showOnChart();
  const group = shownGroups().find((each) => each.number === number);
  if (!group) return;
  const look = lookOf(picture, group.track_nos.map((trackNo) => picture.rowOf(trackNo)).filter((row) => row >= 0));
  const identity = tOf("identity", IDENTITIES[look.identity]);
  say(t("said.group_chosen", { number, count: countText(group), identity, kind: tOf("class", CLASSES[look.objectClass]) }));
}

/** Choose the next group, the first after the last. */
export function walkGroups(): void {
  const numbers = shownGroups().map((group) => group.number);
  if (numbers.length) chooseGroup(numbers[(numbers.indexOf(screen.groupNo) + 1) % numbers.length]);
  else say(t("group.none"));
}

export function centreOnChosen(): void {
  const group = shownGroups().find((each) => each.number === screen.groupNo);
  if (group) return centreOn(...groupPlaceAt(group, clock.nowMs()));
  const row = picture.rowOf(screen.chosenNo);
  if (row < 0) return;
  centreOn(...picture.placeAt(row, clock.nowMs()));
}

function centreOn(x: number, y: number): void {
  moveTo(latitudeDeg(y), longitudeDeg(x));
}

async function refreshDetail(): Promise<void> {
  const trackNo = screen.chosenNo;
  if (!trackNo || !screen.linkOpen) return;
  const untilMs = screen.replaying ? clock.nowMs() : null;
  const told = screen.replaying || screen.standing.assessed.has(trackNo);
  const [detail, history, why] = await Promise.allSettled([
    readTrack(trackNo),
    readHistory(trackNo, HISTORY_S, untilMs),
    told ? Promise.reject(new Error("it is told by itself")) : readWhy(trackNo),
  ]);
  if (screen.chosenNo !== trackNo) return;
  screen.detail = detail.status === "fulfilled" && !screen.replaying ? detail.value : null;
  screen.why = why.status === "fulfilled" && !screen.replaying ? why.value : null;
  screen.history = history.status === "fulfilled" ? history.value : null;
  showOnChart();
}

// --- the chosen sensor ------------------------------------------------------------------------------------------

/** Show a sensor's health and what it really sees; the same again takes it away. */
export function chooseSensor(name: string): void {
  screen.sensorName = name === screen.sensorName ? "" : name;
  screen.measured = null;
  void refreshMeasured();
}

async function refreshMeasured(): Promise<void> {
  const name = screen.sensorName;
  if (!name || !screen.linkOpen) return;
  const measured = await readMeasured(name).catch(() => null); // a sensor without a place has no map
  if (screen.sensorName === name) screen.measured = measured;
}

// --- the truth of a simulated scene -----------------------------------------------------------------------------

/** Only a simulated node knows a truth, and only of now. */
export const hasTruth = (): boolean => screen.node?.origin === "simulated" && !screen.replaying;

async function refreshTruth(): Promise<void> {
  const wanted = screen.layers.truth && hasTruth() && screen.linkOpen;
  const before = screen.truth;
  screen.truth = wanted ? await readTruth().catch(() => null) : null;
  if (screen.truth || before) showOnChart();
}

// --- the map ----------------------------------------------------------------------------------------------------

export function moveTo(latitude: number, longitude: number, zoom?: number): void {
  chart?.still.go({ longitude, latitude, zoom });
}

export function toggle(layer: Layer): void {
  screen.layers[layer] = !screen.layers[layer];
  if (layer === "truth") void refreshTruth();
  if (layer === "coverage" && screen.layers.coverage && !screen.rings) void refreshCoverage();
  showOnChart();
}

/** Start or end the range-and-bearing tool; it measures from the chosen track, or from the middle of the map. */
export function toggleRangeBearing(): void {
  if (screen.rangeBearing || !chart) screen.rangeBearing = null;
  else {
    const view = chart.view();
    const chosen = picture.rowOf(screen.chosenNo) >= 0;
    screen.rangeBearing = { from: chosen ? null : [view.x, view.y], to: [view.x, view.y] };
  }
  showOnChart();
}

export function pointRangeBearing(x: number, y: number): void {
  if (!screen.rangeBearing) return;
  screen.rangeBearing = { from: screen.rangeBearing.from, to: [x, y] };
  showOnChart();
}

async function refreshCoverage(): Promise<void> {
  try {
    screen.rings = await readCoverage();
  } catch {
    screen.rings = null; // asked for again at the next G
  }
}

export async function refreshAssets(): Promise<void> {
  screen.assets = await readAssets().catch(() => screen.assets);
  showOnChart();
}

/** What the assessment adds to the map; a recording holds none of it. */
function judged(): Judged {
  if (screen.replaying) return { ...NOTHING_JUDGED, assets: screen.layers.zones ? screen.assets : null };
  const standing = screen.standing;
  return {
    assets: screen.layers.zones ? screen.assets : null,
    alerts: [...standing.alerts.values()].filter((alert) => ["unacknowledged", "acknowledged", "returned_unacknowledged"].includes(alert.state)),
    alertNo: screen.alertNo,
    assessed: standing.assessed.get(screen.chosenNo) ?? screen.why,
    interference: [...standing.interference.values()],
    areaNo: screen.areaNo,
    searches: [...standing.searches.values()],
    warnings: [...standing.warnings.values()].filter((warning) => ["draft", "approved", "updated"].includes(warning.state)),
  };
}

/** Hand the chart what it should show. */
export function showOnChart(): void {
  if (!chart) return;
  const cov = screen.detail?.cov_position_m2;
  const numbers = cov?.slice(0, 3).every((value) => typeof value === "number") ? (cov as number[]) : null;
  chart.wanted = {
    labels: screen.layers.labels,
    trails: screen.layers.trails,
    leaders: screen.layers.leaders,
    leaderS: chart.wanted.leaderS,
    chosenNo: screen.chosenNo,
    groups: shownGroups(),
    groupNo: screen.groupNo,
    quiet: chart.wanted.quiet,
    dim: screen.linkOpen || screen.replaying ? 1 : 0.5,
    history: screen.layers.history ? screen.history : null,
    cov: numbers,
    truth: screen.layers.truth && hasTruth() ? screen.truth : null,
    rangeBearing: screen.rangeBearing,
    judged: judged(),
    pairNo: screen.correcting?.what === "merge" ? screen.correcting.otherNo : 0,
    drawing: screen.drawing,
    traffic: screen.traffic,
  };
  chart.touch();
}

// --- time -------------------------------------------------------------------------------------------------------

export function goLive(): void {
  if (!screen.replaying) return;
  clock.live();
  screen.replaying = false;
  screen.pastGroups = [];
  screen.paused = false;
  picture.clear();
  link?.askSnapshot();
  say(t("said.live"));
  showOnChart();
}

export function goReplay(atMs: number): void {
  const first = screen.density?.first_ns ? screen.density.first_ns / 1e6 : -Infinity;
  clock.replayFrom(Math.min(Math.max(atMs, first), clock.liveMs() - SECOND_MS));
  if (!screen.replaying) {
    screen.replaying = true;
    screen.detail = null;
    screen.correcting = null; // the past is as it was
    clock.setSpeed(screen.speed);
    say(t("said.replay"));
  }
  picture.clear();
  void advanceReplay();
  showOnChart();
}

export function toggleReplay(): void {
  if (screen.replaying) goLive();
  else goReplay(clock.liveMs() - 60_000);
}

export function stepReplay(byMs: number): void {
  goReplay(clock.nowMs() + byMs);
}

export function setPaused(paused: boolean): void {
  if (!screen.replaying) return;
  screen.paused = paused;
  clock.setPaused(paused);
}

export function setSpeed(speed: number): void {
  screen.speed = speed;
  clock.setSpeed(speed);
}

export function changeSpeed(by: 1 | -1): void {
  const at = SPEEDS.indexOf(screen.speed);
  setSpeed(SPEEDS[Math.min(Math.max(at + by, 0), SPEEDS.length - 1)]);
}

async function advanceReplay(): Promise<void> {
  if (!screen.replaying || replayBusy) return;
  const atMs = clock.nowMs();
  if (atMs >= clock.liveMs() - SECOND_MS / 2) return goLive();
  replayBusy = true;
  try {
    const [frame, groups] = await Promise.all([readPicture(atMs), readGroups(atMs)]);
    if (screen.replaying && frame) picture.take(frame);
    screen.pastGroups = screen.replaying ? groups : [];
    showOnChart();
  } catch {
    if (screen.replaying) picture.clear(); // nothing is known of that instant: show nothing
    screen.pastGroups = [];
  } finally {
    replayBusy = false;
  }
}

async function refreshDensity(): Promise<void> {
  if (!screen.linkOpen || !clock.known) return;
  const to = clock.liveMs();
  try {
    screen.density = await readDensity(to - SPAN_MS, to, DENSITY_BINS);
  } catch {
    screen.density = null;
  }
}

function everySecond(): void {
  screen.tick++;
  screen.nowMs = clock.nowMs();
  if (screen.linkOpen && screen.tick % ASSETS_EVERY_S === 0) void refreshAssets();
  if (!screen.density && screen.linkOpen && screen.tick % 5 === 0) void refreshDensity();
}

/** How old the picture is, seconds. */
export function pictureAgeS(): number {
  return screen.lastFrameMs ? Math.max(0, (clock.liveMs() - screen.lastFrameMs) / 1000) : NaN;
}
