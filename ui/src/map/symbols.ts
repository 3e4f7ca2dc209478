/**
 * Track symbols: APP-6 (milsymbol) drawn once each into an atlas.
 *
 * Frame and fill mean identity and nothing else; simulated and exercise tracks carry the standard's own amplifier (S, X).
 */
import type { ColorMode } from "milsymbol";
import { app6d, ms } from "milsymbol/parts";
import { CLASSES, Status } from "../data/wire";

const CLASS_BIRD = CLASSES.indexOf("bird");
const CLASS_UNKNOWN = CLASSES.indexOf("unknown");

/** Symbol set, entity and first modifier by class, in the order of CLASSES. */
const SYMBOLS: [set: string, entity: string, modifier: string][] = [
  ["01", "120100", "00"], // airliner
  ["01", "120100", "00"], // light aircraft
  ["01", "120100", "00"], // glider
  ["01", "120200", "00"], // helicopter
  ["01", "110300", "00"], // fixed-wing drone
  ["01", "110300", "00"], // one-way drone
  ["01", "110400", "00"], // multirotor
  ["01", "120400", "00"], // balloon
  ["01", "000000", "00"], // bird: own glyph, the standard has it on the ground only
  ["02", "110000", "07"], // cruise
  ["02", "110000", "06"], // ballistic
  ["01", "000000", "00"], // unknown
];
const CONTEXTS = ["0", "2", "1"]; // live, simulated, exercise: reality, simulation, exercise

/** Frame and icon, and behind them a dark fill of the same hue: quiet in a crowd, and never mistaken for an alert. */
const LINES: ColorMode = {
  Civilian: "#ead96e",
  Friend: "#79c0f2",
  Hostile: "#ff6f6b",
  Neutral: "#7fd896",
  Unknown: "#ead96e",
  Suspect: "#ffa657",
};
const FILLS: ColorMode = {
  Civilian: "#4a4520",
  Friend: "#1d4360",
  Hostile: "#6a2023",
  Neutral: "#1f4d2e",
  Unknown: "#4a4520",
  Suspect: "#6b3d12",
};

export function sidc(objectClass: number, identity: number, origin: number): string {
  const [set, entity, modifier] = SYMBOLS[objectClass];
  return `13${CONTEXTS[origin]}${identity}${set}0000${entity}${modifier}00`;
}

const LINE_PX_MIN = 1.7; // of a frame; the library thinks in hundredths of the symbol's size
const AMPLIFIERS = ["", "S", "X"]; // live, simulated, exercise
export const CELL_SIZES = 2.1; // a cell's width in symbol sizes: the widest frame and the amplifier fit

ms.addIcons(app6d);

/**
 * Return the symbol of a track on a square canvas of CELL_SIZES, its place in the middle.
 *
 * The library draws the amplifier in the frame's black, which a dark map swallows: it is drawn here, light, at its place.
 */
export function drawSymbol(objectClass: number, identity: number, origin: number, sizePx: number): HTMLCanvasElement {
  const symbol = new ms.Symbol(sidc(objectClass, identity, 0), {
    size: sizePx,
    civilianColor: false,
    colorMode: FILLS,
    frameColor: LINES,
    iconColor: LINES,
    strokeWidth: Math.max(5, (LINE_PX_MIN * 100 * window.devicePixelRatio) / sizePx),
    outlineWidth: 4,
    outlineColor: "rgba(8,13,20,0.9)",
  });
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.ceil(sizePx * CELL_SIZES);
  const pen = canvas.getContext("2d")!;
  const middle = canvas.width / 2;
  const anchor = symbol.getAnchor();
  const size = symbol.getSize();
  pen.drawImage(symbol.asCanvas() as HTMLCanvasElement, middle - anchor.x, middle - anchor.y);
  if (objectClass === CLASS_BIRD) drawBird(pen, middle, sizePx);
  if (AMPLIFIERS[origin]) drawAmplifier(pen, AMPLIFIERS[origin], middle + size.width - anchor.x, middle - sizePx * 0.42, sizePx);
  return canvas;
}

const STACK_STEP = 0.13; // symbol sizes from one frame of a stack to the next

/** Return the symbol of a group: a track's, with two more frames behind it. The standard has no air symbol for a swarm. */
export function drawStack(objectClass: number, identity: number, origin: number, sizePx: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const behind = drawSymbol(CLASS_UNKNOWN, identity, 0, sizePx);
  const front = drawSymbol(objectClass, identity, origin, sizePx);
  canvas.width = canvas.height = front.width;
  const pen = canvas.getContext("2d")!;
  for (const back of [2, 1]) pen.drawImage(behind, -back * STACK_STEP * sizePx, -back * STACK_STEP * sizePx);
  pen.drawImage(front, 0, 0);
  return canvas;
}

function drawAmplifier(pen: CanvasRenderingContext2D, letter: string, x: number, y: number, sizePx: number): void {
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.font = `700 ${Math.max(8, Math.round(sizePx * 0.42))}px system-ui, "DejaVu Sans", sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineWidth = 3;
  pen.strokeStyle = "#0a1018";
  pen.strokeText(letter, x, y);
  pen.fillStyle = "#ffffff";
  pen.fillText(letter, x, y);
}

function drawBird(pen: CanvasRenderingContext2D, middle: number, sizePx: number): void {
  const reach = sizePx * 0.36;
  pen.setTransform(1, 0, 0, 1, middle, middle);
  pen.lineWidth = Math.max(1.2, sizePx / 14);
  pen.strokeStyle = "#e9eff5";
  pen.beginPath();
  pen.moveTo(-reach, -reach * 0.25);
  pen.quadraticCurveTo(-reach * 0.4, -reach * 0.75, 0, reach * 0.3);
  pen.quadraticCurveTo(reach * 0.4, -reach * 0.75, reach, -reach * 0.25);
  pen.stroke();
}

export const Sprite = { DOT: 0, RING: 1, ALARM: 2 } as const;
const SPRITES_FIXED = 3;
const COLUMNS = 16; // of the atlas, 256 cells: 12 classes x 7 identities in at most three origins, as they come
export const SPRITES_MAX = COLUMNS * COLUMNS;

/** Every symbol that has been needed so far, in one square picture of equal cells. */
export class Atlas {
  readonly canvas = document.createElement("canvas");
  readonly columns = COLUMNS;
  readonly cellPx: number;
  dirty = true;
  private pen: CanvasRenderingContext2D;
  private numbers = new Map<number, number>();

  constructor(
    readonly sizePx: number, // of a symbol, in the screen's own pixels
    readonly ratio: number,
  ) {
    this.cellPx = Math.ceil(sizePx * CELL_SIZES * ratio);
    this.canvas.width = this.canvas.height = this.cellPx * COLUMNS;
    this.pen = this.canvas.getContext("2d")!;
    this.drawFixed();
  }

  /** Return the sprite of a track; a tentative one is a dot. */
  spriteOf(status: number, objectClass: number, identity: number, origin: number): number {
    if (status === Status.TENTATIVE) return Sprite.DOT;
    const key = (objectClass * 8 + identity) * 4 + origin;
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = SPRITES_FIXED + this.numbers.size;
    if (number >= SPRITES_MAX) return Sprite.DOT;
    this.numbers.set(key, number);
    this.pen.drawImage(drawSymbol(objectClass, identity, origin, this.sizePx * this.ratio), ...this.corner(number));
    this.dirty = true;
    return number;
  }

  corner(number: number): [number, number] {
    return [(number % COLUMNS) * this.cellPx, Math.floor(number / COLUMNS) * this.cellPx];
  }

  private drawFixed(): void {
    this.ring(Sprite.DOT, 2.2 * this.ratio, "#c9d4df", true);
    this.ring(Sprite.RING, this.cellPx * 0.42, "#ffffff", false);
    this.ring(Sprite.ALARM, this.cellPx * 0.46, "#fe930d", false);
    this.ring(Sprite.ALARM, this.cellPx * 0.38, "#fe930d", false);
  }

  private ring(number: number, radius: number, colour: string, filled: boolean): void {
    const [left, top] = this.corner(number);
    this.pen.beginPath();
    this.pen.arc(left + this.cellPx / 2, top + this.cellPx / 2, radius, 0, 2 * Math.PI);
    this.pen.fillStyle = this.pen.strokeStyle = colour;
    this.pen.lineWidth = 1.6 * this.ratio;
    if (filled) this.pen.fill();
    else this.pen.stroke();
  }
}
