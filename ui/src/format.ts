/** Numbers as an operator reads them. Feet and knots are only here: everything inside is SI. */
const FT_M = 0.3048;
const KT_MPS = 1852 / 3600;
const FPM_MPS = FT_M / 60;
export const NM_M = 1852;

export const DASH = "–";
const known = (value: number | null | undefined): value is number => value !== null && value !== undefined && Number.isFinite(value);

export const knots = (mps: number): number => Math.round(mps / KT_MPS);
export const feet = (m: number): number => Math.round(m / FT_M);

export function heightText(m: number | null | undefined): string {
  return known(m) ? `${Math.round(m).toLocaleString("en-GB").replace(/,/g, "\u202f")} m` : DASH;
}

export function heightFeetText(m: number | null | undefined): string {
  return known(m) ? `${(Math.round(m / FT_M / 25) * 25).toLocaleString("en-GB").replace(/,/g, "\u202f")} ft` : DASH;
}

/** Height on a label: hundreds of feet above 1,000 m, metres below, where drones fly. */
export function heightLabel(m: number): string {
  if (!known(m)) return "";
  return m >= 1000 ? `${Math.round(m / FT_M / 100).toString().padStart(3, "0")}` : `${Math.round(m)}m`;
}

export const speedText = (mps: number): string => (known(mps) ? `${knots(mps)} kt` : DASH);
export function climbText(mps: number): string {
  if (!known(mps)) return DASH;
  const feetPerMinute = Math.round(mps / FPM_MPS / 50) * 50;
  return `${feetPerMinute > 0 ? "+" : ""}${feetPerMinute || 0} ft/min`;
}
/** Course of a velocity, degrees from true north. */
export const courseDegOf = (vEast: number, vNorth: number): number => ((Math.atan2(vEast, vNorth) * 180) / Math.PI + 360) % 360;

export const courseText = (degrees: number): string =>
  known(degrees) ? `${(Math.round(degrees) % 360).toString().padStart(3, "0")}°` : DASH;

/** How many a group may hold, short enough for the map. What was never seen apart is not counted: no end is named then. */
export const countLabel = (least: number, most: number): string => (most > least ? `${least}–${most}` : `≥${least}`);

export function ageText(s: number | null | undefined): string {
  if (!known(s)) return DASH;
  if (s < 9.95) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  return `${Math.round(s / 3600)} h`;
}

export function distanceText(m: number): string {
  if (!known(m)) return DASH;
  return m < 1000 ? `${Math.round(m)} m` : m < 10_000 ? `${(m / 1000).toFixed(2)} km` : `${(m / 1000).toFixed(1)} km`;
}

export function placeText(latitude: number, longitude: number, decimals = 4): string {
  const north = `${Math.abs(latitude).toFixed(decimals)}° ${latitude < 0 ? "S" : "N"}`;
  return `${north}  ${Math.abs(longitude).toFixed(decimals)}° ${longitude < 0 ? "W" : "E"}`;
}

export const modeSText = (address: number): string => address.toString(16).toUpperCase().padStart(6, "0");
export const mode3aText = (code: number): string => code.toString(8).padStart(4, "0");

export function utcText(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

export function utcDateText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

export function localText(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

export function rateText(perS: number): string {
  return perS >= 100 ? `${Math.round(perS)}/s` : `${perS.toFixed(1)}/s`;
}
