/** How a group looks that stands for several tracks: as the most urgent identity and the commonest class among them. */
import { URGENCY_OF_IDENTITY, type Picture } from "./data/picture";
import { CLASSES, IDENTITIES } from "./data/wire";

export interface Look {
  identity: number;
  objectClass: number;
  origin: number;
  heightM: number; // mean of those that were measured; NaN: none was
}

const IDENTITY_PENDING = IDENTITIES.indexOf("pending");
const CLASS_UNKNOWN = CLASSES.indexOf("unknown");

/** Return the look of the tracks in these rows; with none it is pending and of no class. */
export function lookOf(picture: Picture, rows: number[]): Look {
  const { columns } = picture;
  const look: Look = { identity: IDENTITY_PENDING, objectClass: CLASS_UNKNOWN, origin: 0, heightM: NaN };
  if (!rows.length) return look;
  const counts = new Array<number>(CLASSES.length).fill(0);
  look.identity = columns.identity[rows[0]];
  look.origin = columns.origin[rows[0]];
  for (const row of rows) {
    counts[columns.objectClass[row]]++;
    if (URGENCY_OF_IDENTITY[columns.identity[row]] > URGENCY_OF_IDENTITY[look.identity]) look.identity = columns.identity[row];
  }
  const heights = rows.map((row) => columns.heightHaeM[row]).filter(Number.isFinite);
  look.heightM = heights.reduce((sum, height) => sum + height, 0) / heights.length;
  look.objectClass = counts.indexOf(Math.max(...counts));
  return look;
}
