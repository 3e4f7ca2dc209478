// A sensor's biases in words: what is taken off, with its uncertainty, and why the rest is not.

import type { Bias, BiasPart } from "./data/api";

const PARTS: [keyof Bias & ("range_m" | "azimuth_deg" | "elevation_deg" | "time_s"), string, number][] = [
  ["range_m", " m", 0],
  ["azimuth_deg", "°", 3],
  ["elevation_deg", "° el", 3],
  ["time_s", " s", 2],
];

function text(part: BiasPart, unit: string, digits: number): string {
  const sign = part.value! < 0 ? "−" : "+";
  return `${sign}${Math.abs(part.value!).toFixed(digits)} ±${part.sigma!.toFixed(digits)}${unit}`;
}

/** What is taken off every plot of the sensor. */
export function biasParts(bias: Bias): string[] {
  return PARTS.filter(([key]) => bias[key].is_applied).map(([key, unit, digits]) => text(bias[key], unit, digits));
}

/** All of it, a line each: also what cannot be observed, and why. */
export function biasTitle(bias: Bias): string {
  const lines = PARTS.filter(([key]) => bias[key].value !== null).map(([key, unit, digits]) => {
    const part = bias[key];
    const value = part.is_observed ? text(part, unit, digits) : "–";
    return `${key.split("_")[0]}: ${value}${part.reason ? ` (${part.reason})` : ""}`;
  });
  return [...lines, `${bias.track_count} tracks, clock ${bias.clock}, claims ${bias.claims}`].join("\n");
}
