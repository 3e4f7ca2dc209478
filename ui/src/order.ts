/** The order of the tracks: as the table sorts them, and as J and K walk through them. */
import { choose, clock, picture, screen } from "./session.svelte";

export const COLUMNS = ["track", "name", "identity", "class", "status", "height", "speed", "course", "age", "sensors", "origin", "place"] as const;
export type Column = (typeof COLUMNS)[number] | "urgency";

/** Return the rows of the picture in the order chosen on the screen; unknown values come last. */
export function sortedRows(): number[] {
  const rows = Array.from({ length: picture.count }, (_, row) => row);
  const down = screen.sortDown ? -1 : 1;
  const numbers = picture.columns.trackNo;
  if (screen.sort === "name") {
    const names = rows.map((row) => picture.nameOf(row));
    return rows.sort((a, b) => down * (names[a] < names[b] ? -1 : names[a] > names[b] ? 1 : 0) || numbers[a] - numbers[b]);
  }
  const nowMs = clock.nowMs();
  const keys = Float64Array.from(rows, (row) => keyOf(screen.sort as Column, row, nowMs));
  return rows.sort((a, b) => compare(keys[a], keys[b], down) || numbers[a] - numbers[b]);
}

function compare(a: number, b: number, down: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return down * (a - b);
}

function keyOf(column: Column, row: number, nowMs: number): number {
  const { columns } = picture;
  switch (column) {
    case "identity":
      return columns.identity[row];
    case "class":
      return columns.objectClass[row];
    case "status":
      return columns.status[row];
    case "height":
      return columns.heightHaeM[row];
    case "speed":
      return picture.speedMps(row);
    case "course":
      return picture.courseDeg(row);
    case "age":
      return picture.plotAgeS(row, nowMs);
    case "sensors":
      return columns.sensorCount[row];
    case "origin":
      return columns.origin[row];
    case "place":
      return -columns.latitudeDeg[row]; // north first
    case "urgency":
      return picture.urgency(row);
    default:
      return columns.trackNo[row];
  }
}

/** Go to the next or the previous: in the notices when the focus is there, among the tracks otherwise. */
export function walk(by: 1 | -1): void {
  const notice = document.activeElement?.closest<HTMLElement>("[data-notice]");
  if (notice) {
    const next = by > 0 ? notice.nextElementSibling : notice.previousElementSibling;
    (next as HTMLElement | null)?.focus();
    return;
  }
  const order = sortedRows();
  if (!order.length) return;
  const at = order.findIndex((row) => picture.columns.trackNo[row] === screen.chosenNo);
  const next = at < 0 ? (by > 0 ? 0 : order.length - 1) : (at + by + order.length) % order.length;
  choose(picture.columns.trackNo[order[next]]);
}
