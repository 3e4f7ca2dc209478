/** The areas where satellite navigation fails, and walking through them. */
import type { InterferenceArea } from "./data/standing";
import { middleOf, middleText, shareText, timesText } from "./map/interference";
import { moveTo, say, screen, showOnChart } from "./session.svelte";
import { t } from "./words.svelte";

/** Those that stand, the oldest first; a recording holds none. */
export function areasInOrder(): InterferenceArea[] {
  if (screen.replaying) return [];
  return [...screen.standing.interference.values()].sort((a, b) => a.since_ns - b.since_ns || a.number - b.number);
}

/** Show an area in the middle of the map; 0 lets go. */
export function chooseArea(number: number): void {
  const area = areasInOrder().find((each) => each.number === number);
  screen.areaNo = area ? number : 0;
  showOnChart();
  if (!area) return;
  moveTo(...middleOf(area));
  say(`${t("interference.title")} ${number}, ${shareText(area.probability)}, ${timesText(area)}, ${middleText(area)}`);
}

/** Choose the next area, the first after the last. */
export function walkAreas(): void {
  const numbers = areasInOrder().map((area) => area.number);
  if (numbers.length) chooseArea(numbers[(numbers.indexOf(screen.areaNo) + 1) % numbers.length]);
  else say(t("interference.none"));
}
