/** Web mercator: x and y in 0 .. 1 over the world, y to the south. */
const EQUATOR_M = 2 * Math.PI * 6_378_137;
const RADIANS = Math.PI / 180;
export const TILE_PX = 512; // the world's width at zoom 0

export function mercatorX(longitudeDeg: number): number {
  return (longitudeDeg + 180) / 360;
}

export function mercatorY(latitudeDeg: number): number {
  return 0.5 - Math.log(Math.tan(Math.PI / 4 + (latitudeDeg * RADIANS) / 2)) / (2 * Math.PI);
}

export function longitudeDeg(x: number): number {
  return x * 360 - 180;
}

export function latitudeDeg(y: number): number {
  return (2 * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - Math.PI / 2) / RADIANS;
}

/** Mercator units in one metre on the ground at a latitude. */
export function mercatorPerMetre(latitude: number): number {
  return 1 / (EQUATOR_M * Math.cos(latitude * RADIANS));
}

/** What part of the world the map shows, and how large. */
export interface View {
  x: number; // mercator, of the centre
  y: number;
  scale: number; // pixels a mercator unit
  width: number; // pixels
  height: number;
}

export function toScreen(view: View, x: number, y: number): [number, number] {
  return [(x - view.x) * view.scale + view.width / 2, (y - view.y) * view.scale + view.height / 2];
}

/** Great-circle distance (m) and first bearing (degrees from true north) on the mean sphere. */
export function rangeBearing(fromLat: number, fromLon: number, toLat: number, toLon: number): [number, number] {
  const a = fromLat * RADIANS;
  const b = toLat * RADIANS;
  const turn = (toLon - fromLon) * RADIANS;
  const chord = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(turn / 2) ** 2;
  const bearing = Math.atan2(Math.sin(turn) * Math.cos(b), Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(turn));
  return [2 * 6_371_008.8 * Math.asin(Math.min(1, Math.sqrt(chord))), (bearing / RADIANS + 360) % 360];
}
