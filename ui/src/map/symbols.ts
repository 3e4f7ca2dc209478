/**
 * Track symbols: APP-6 (milsymbol) drawn once each into an atlas.
 *
 * Frame and fill mean identity and nothing else; simulated and exercise tracks carry the standard's own amplifier (S, X).
 */
import ms, { type ColorMode } from "milsymbol";
import { CLASSES, Status } from "../data/wire";

const CLASS_BIRD = CLASSES.indexOf("bird");

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

export const IDENTITY_COLOURS = {
  pending: "#f2e27a",
  unknown: "#f2e27a",
  assumed_friend: "#7cc4f5",
  friend: "#7cc4f5",
  neutral: "#84dd9a",
  suspect: "#ffac5c",
  hostile: "#ff6f6b",
} as const;

const FILLS: ColorMode = {
  Civilian: IDENTITY_COLOURS.unknown,
  Friend: IDENTITY_COLOURS.friend,
  Hostile: IDENTITY_COLOURS.hostile,
  Neutral: IDENTITY_COLOURS.neutral,
  Unknown: IDENTITY_COLOURS.unknown,
  Suspect: IDENTITY_COLOURS.suspect,
};

export function sidc(objectClass: number, identity: number, origin: number): string {
  const [set, entity, modifier] = SYMBOLS[objectClass];
  return `13${CONTEXTS[origin]}${identity}${set}0000${entity}${modifier}00`;
}

/** Return the symbol of a track as a canvas and the pixel in it that stands on the track's place. */
export function drawSymbol(objectClass: number, identity: number, origin: number, sizePx: number): [HTMLCanvasElement, number, number] {
  const symbol = new ms.Symbol(sidc(objectClass, identity, origin), {
    size: sizePx,
    civilianColor: false,
    colorMode: FILLS,
    fillOpacity: 0.92,
    strokeWidth: 5,
    outlineWidth: 2,
    outlineColor: "rgba(8,13,20,0.85)",
    infoFields: true,
    infoColor: "#dfe8f1",
  });
  const anchor = symbol.getAnchor();
  const canvas = symbol.asCanvas() as HTMLCanvasElement;
  if (objectClass === CLASS_BIRD) drawBird(canvas, anchor.x, anchor.y, sizePx);
  return [canvas, anchor.x, anchor.y];
}

function drawBird(canvas: HTMLCanvasElement, x: number, y: number, sizePx: number): void {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const reach = sizePx * 0.36;
  pen.setTransform(1, 0, 0, 1, x, y);
  pen.lineWidth = Math.max(1.2, sizePx / 14);
  pen.strokeStyle = "#0a0f16";
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
    this.cellPx = Math.ceil(sizePx * 2.1 * ratio);
    this.canvas.width = this.canvas.height = this.cellPx * COLUMNS;
    this.pen = this.canvas.getContext("2d", { willReadFrequently: false })!;
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
    const [symbol, x, y] = drawSymbol(objectClass, identity, origin, this.sizePx * this.ratio);
    const [left, top] = this.corner(number);
    this.pen.save();
    this.pen.beginPath();
    this.pen.rect(left, top, this.cellPx, this.cellPx);
    this.pen.clip();
    this.pen.drawImage(symbol, left + this.cellPx / 2 - x, top + this.cellPx / 2 - y);
    this.pen.restore();
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
