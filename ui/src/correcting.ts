/** What a person says of tracks: these two are one, this one is two, this one has another number; and taking it back. */
import { actMade, type Done } from "./acting";
import { Status } from "./data/wire";
import { rangeBearing } from "./map/mercator";
import { choose, picture, say, screen, showOnChart } from "./session.svelte";
import { t } from "./words.svelte";

export const CORRECTIONS = ["merge", "split", "renumber"] as const;
export type Correction = (typeof CORRECTIONS)[number];
const NEAREST_SHOWN = 4;

/** A correction that is being made. */
export interface Correcting {
  what: Correction;
  otherNo: number; // merge: the second track; renumber: the number wanted, 0 for the next new one
  swapped: boolean; // merge: the second track is the one that stays
}

/** What was done last, with the numbers that taking it back needs. */
export interface Corrected {
  what: Correction;
  trackNo: number; // that stays; of a renumbering, the old number
  otherNo: number; // that ended, was made or is new
}

/** Only a confirmed track of now can be corrected. */
export function canCorrect(trackNo: number): boolean {
  const row = picture.rowOf(trackNo);
  return !screen.replaying && row >= 0 && picture.columns.status[row] !== Status.TENTATIVE;
}

/** Begin a correction of the chosen track; the same again ends it. */
export function begin(what: Correction): void {
  if (!canCorrect(screen.chosenNo)) return say(t("correct.needs_track"));
  screen.corrected = null;
  screen.correcting = screen.correcting?.what === what ? null : { what, otherNo: 0, swapped: false };
  if (screen.correcting) say(t(`correct.${what}_hint`));
  showOnChart();
}

export function end(): void {
  screen.correcting = null;
  showOnChart();
}

/** Take a track as the second of a merge; false: no merge is being made, or it is the chosen one. */
export function pairWith(trackNo: number): boolean {
  if (screen.correcting?.what !== "merge" || !trackNo || trackNo === screen.chosenNo) return false;
  screen.correcting = { ...screen.correcting, otherNo: trackNo };
  say(t("correct.pair", { track: screen.chosenNo, other: trackNo }));
  showOnChart();
  return true;
}

/** Return the confirmed tracks nearest to one, with their distance in metres, the nearest first. */
export function nearestTo(trackNo: number): [trackNo: number, distanceM: number][] {
  const own = picture.rowOf(trackNo);
  if (own < 0) return [];
  const { latitudeDeg, longitudeDeg, status, trackNo: numbers } = picture.columns;
  const found: [number, number][] = [];
  for (let row = 0; row < picture.count; row++) {
    if (row === own || status[row] === Status.TENTATIVE) continue;
    found.push([numbers[row], rangeBearing(latitudeDeg[own], longitudeDeg[own], latitudeDeg[row], longitudeDeg[row])[0]]);
  }
  return found.sort((a, b) => a[1] - b[1]).slice(0, NEAREST_SHOWN);
}

/** Do what was prepared; return why it did not count, "" where it did. */
export async function confirm(): Promise<string> {
  const asked = screen.correcting;
  if (!asked) return "";
  const chosenNo = screen.chosenNo;
  const [trackNo, otherNo] = asked.swapped ? [asked.otherNo, chosenNo] : [chosenNo, asked.otherNo];
  let done: Done;
  if (asked.what === "merge") done = await actMade("merge_tracks", { track_no: trackNo, ended_no: otherNo });
  else if (asked.what === "split") done = await actMade("split_track", { track_no: trackNo });
  else done = await actMade("renumber_track", otherNo ? { track_no: trackNo, new_no: otherNo } : { track_no: trackNo });
  if (done.refused) return done.refused;
  const corrected = { what: asked.what, trackNo, otherNo: done.madeNo || otherNo };
  choose(asked.what === "renumber" ? corrected.otherNo : trackNo);
  end();
  screen.corrected = corrected;
  say(doneText(corrected));
  return "";
}

export const doneText = ({ what, trackNo, otherNo }: Corrected): string => t(`correct.${what}_done`, { track: trackNo, other: otherNo });

/** Take the last correction back; return why it did not count, "" where it did. */
export async function takeBack(): Promise<string> {
  const last = screen.corrected;
  if (!last) return "";
  const { what, trackNo, otherNo } = last;
  let done: Done;
  if (what === "split") done = await actMade("merge_tracks", { track_no: trackNo, ended_no: otherNo });
  else if (what === "renumber") done = await actMade("renumber_track", { track_no: otherNo, new_no: trackNo });
  else {
    done = await actMade("split_track", { track_no: trackNo });
    if (!done.refused) done = await actMade("renumber_track", { track_no: done.madeNo, new_no: otherNo });
  }
  if (done.refused) return done.refused;
  screen.corrected = null;
  choose(trackNo);
  say(t("correct.taken_back"));
  return "";
}
