/** Everything on the screen can be done from the keyboard. */
import { readView, keepView } from "./views";
import { acknowledge, centreOnAlert, walkAlerts } from "./alerts";
import { chooseArea, walkAreas } from "./areas";
import { begin, end } from "./correcting";
import { addMiddle, takeBackPoint, toggleDrawing } from "./drawing";
import { walk } from "./order";
import {
  changeSpeed,
  choose,
  chooseSensor,
  getChart,
  hasTruth,
  screen,
  setPaused,
  stepReplay,
  toggle,
  toggleRangeBearing,
  toggleReplay,
  walkGroups,
} from "./session.svelte";

const PAN_PX = 120;
const ZOOM_STEP = 0.75;
const STEP_MS = 10_000;

const KEYS: Record<string, () => void> = {
  j: () => walkAlerts(1) || walk(1),
  k: () => walkAlerts(-1) || walk(-1),
  J: () => walk(1),
  K: () => walk(-1),
  a: acknowledge,
  b: () => (screen.board = screen.board ? "" : "incidents"),
  i: openIncident,
  d: toggleDrawing,
  x: addMiddle,
  Backspace: takeBackPoint,
  z: () => toggle("zones"),
  n: walkGroups,
  s: walkAreas,
  m: () => begin("merge"),
  Enter: centreOnAlert,
  Escape: back,
  "/": () => (screen.searchOpen = true),
  l: () => toggle("labels"),
  t: () => toggle("trails"),
  h: () => toggle("history"),
  g: () => toggle("coverage"),
  e: () => toggle("leaders"),
  w: () => hasTruth() && toggle("truth"),
  r: toggleRangeBearing,
  v: () => (screen.tableOpen = !screen.tableOpen),
  " ": toggleReplay,
  "[": () => changeSpeed(-1),
  "]": () => changeSpeed(1),
  p: () => setPaused(!screen.paused),
  ",": () => stepReplay(-STEP_MS),
  ".": () => stepReplay(STEP_MS),
  "?": () => (screen.helpOpen = !screen.helpOpen),
  "+": () => zoom(1),
  "=": () => zoom(1),
  "-": () => zoom(-1),
  ArrowLeft: () => pan(-PAN_PX, 0),
  ArrowRight: () => pan(PAN_PX, 0),
  ArrowUp: () => pan(0, -PAN_PX),
  ArrowDown: () => pan(0, PAN_PX),
};
const OF_CONTROLS = ["Enter", " ", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];

/** Act on a key, unless a control that needs it has the focus. */
export function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.defaultPrevented) return;
  const target = event.target as HTMLElement;
  if (target.closest("input, select, textarea") && event.key !== "Escape") return;
  if (target.closest("button, a, [role=slider], [role=grid]") && OF_CONTROLS.includes(event.key)) return;
  if (event.altKey && /^Digit[1-9]$/.test(event.code)) keepView(Number(event.code.slice(5)));
  else if (/^[1-9]$/.test(event.key)) readView(Number(event.key));
  else {
    const act = KEYS[event.key] ?? KEYS[event.key.toLowerCase()];
    if (!act) return;
    act();
  }
  event.preventDefault();
}

/** Close what is open, the innermost first; then let go of the track. */
function back(): void {
  if (screen.helpOpen) screen.helpOpen = false;
  else if (screen.searchOpen) screen.searchOpen = false;
  else if (screen.drawing?.isOn) toggleDrawing();
  else if (screen.correcting) end();
  else if (screen.board) screen.board = "";
  else if (screen.alertNo) screen.alertNo = 0;
  else if (screen.areaNo) chooseArea(0);
  else if (screen.rangeBearing) toggleRangeBearing();
  else if (screen.chosenNo || screen.groupNo) choose(0);
  else if (screen.sensorName) chooseSensor("");
  else screen.tableOpen = false;
}

/** Open the form of a new incident, filled from the chosen track or alert. */
function openIncident(): void {
  screen.incidentNo = 0;
  screen.board = "incidents";
}

function zoom(by: number): void {
  getChart()?.still.zoomBy(by * ZOOM_STEP);
}

function pan(x: number, y: number): void {
  getChart()?.still.panBy(x, y);
}
