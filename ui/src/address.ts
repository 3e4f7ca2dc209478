/** All view state is in the address, after the `#`, so that a view can be sent to a colleague. */
import { BOARDS, choose, chooseGroup, getChart, goReplay, LAYERS, screen, setSpeed, showOnChart, SPEEDS, clock, type Board, type Layer } from "./session.svelte";
import { language, LANGUAGES, speak, type Language } from "./words.svelte";

export interface Place {
  latitude: number;
  longitude: number;
  zoom: number;
}

/** Where a screen looks that was told nothing else: the Baltic states. */
export const PLACE_DEFAULT: Place = { latitude: 56.6, longitude: 24.4, zoom: 5.9 };

/** Return the place that the address names, or null. */
export function placeInAddress(): Place | null {
  const [latitude, longitude, zoom] = (fields().get("at") ?? "").split(",").map(Number);
  const sound = Math.abs(latitude) <= 85 && Math.abs(longitude) <= 180 && zoom >= 0 && zoom <= 22;
  return sound ? { latitude, longitude, zoom } : null;
}

/** Take everything but the place from the address. */
export function readAddress(): void {
  const from = fields();
  const spoken = from.get("lang") as Language;
  if (LANGUAGES.includes(spoken)) speak(spoken);
  if (from.has("show")) {
    const shown = from.get("show")!.split(",");
    for (const layer of LAYERS) screen.layers[layer] = shown.includes(layer);
  }
  const [sort, direction] = (from.get("table") ?? "").split(".");
  screen.tableOpen = from.has("table");
  if (sort) {
    screen.sort = sort;
    screen.sortDown = direction !== "up";
  }
  const speed = Number(from.get("speed"));
  if (SPEEDS.includes(speed)) setSpeed(speed);
  const trackNo = Number(from.get("track"));
  if (Number.isInteger(trackNo) && trackNo > 0) choose(trackNo);
  const groupNo = Number(from.get("group"));
  if (Number.isInteger(groupNo) && groupNo > 0) chooseGroup(groupNo);
  const areaNo = Number(from.get("area"));
  screen.areaNo = Number.isInteger(areaNo) && areaNo > 0 ? areaNo : 0;
  const board = from.get("desk") as Board;
  screen.board = BOARDS.includes(board) ? board : "";
  const at = Date.parse(from.get("time") ?? "");
  if (!Number.isNaN(at)) goReplay(at);
  showOnChart();
}

/** Write the address anew; it makes no entry in the browser's history. */
export function writeAddress(): void {
  const to: string[] = [];
  const still = getChart()?.still;
  if (still) {
    const { latitude, longitude } = still.centre();
    to.push(`at=${latitude.toFixed(4)},${longitude.toFixed(4)},${still.zoom().toFixed(2)}`);
  }
  if (screen.chosenNo) to.push(`track=${screen.chosenNo}`);
  if (screen.groupNo) to.push(`group=${screen.groupNo}`);
  if (screen.areaNo) to.push(`area=${screen.areaNo}`);
  to.push(`show=${LAYERS.filter((layer: Layer) => screen.layers[layer]).join(",")}`);
  if (screen.tableOpen) to.push(`table=${screen.sort}.${screen.sortDown ? "down" : "up"}`);
  if (screen.board) to.push(`desk=${screen.board}`);
  if (screen.replaying) to.push(`time=${new Date(clock.nowMs()).toISOString().slice(0, 19)}Z`);
  if (screen.speed !== 1) to.push(`speed=${screen.speed}`);
  if (language() !== "en") to.push(`lang=${language()}`);
  if (fields().has("plain")) to.push("plain=1");
  const next = `#${to.join("&")}`;
  if (next !== location.hash) history.replaceState(null, "", next);
}

/** Whether the address asks for the plain display, for a machine whose graphics misbehave without failing. */
export const plainInAddress = (): boolean => fields().get("plain") === "1";

function fields(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}

