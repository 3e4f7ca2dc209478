/** What tests and benchmarks read of the running page, under `window.__skydas`: state only, no way to change any. */
import type { Chart } from "./map/chart";
import { clock, getLink, picture, screen } from "./session.svelte";

export function exposeHooks(chart: Chart): void {
  const hooks = {
    get frameCount() {
      return chart.frameCount;
    },
    get framesPerS() {
      return chart.framesPerS;
    },
    get trackCount() {
      return picture.count;
    },
    get updateCount() {
      return picture.updateCount;
    },
    get labelCount() {
      return chart.labels.shownCount;
    },
    get degraded() {
      return chart.degraded;
    },
    get mapIdle() {
      return chart.still.idle();
    },
    get mapPaintCount() {
      return chart.still.paintCount;
    },
    get zoom() {
      return chart.still.zoom();
    },
    get chosenNo() {
      return screen.chosenNo;
    },
    get groupNo() {
      return screen.groupNo;
    },
    /** Every group as it is drawn: where, page pixels, and whether its tracks are drawn as well. */
    get groups() {
      const box = chart.trackCanvas.getBoundingClientRect();
      return chart.groups.placed.map(({ group, x, y, merged }) => ({ number: group.number, merged, at: [x + box.left, y + box.top] }));
    },
    get replaying() {
      return screen.replaying;
    },
    get nowMs() {
      return clock.nowMs();
    },
    get link() {
      const link = getLink();
      return { open: screen.linkOpen, frames: link?.frameCount, gaps: link?.gapCount, refused: link?.refusedCount };
    },
    trackNumbers: () => Array.from(picture.columns.trackNo.subarray(0, picture.count)),
    /** Where a track is drawn, page pixels. */
    screenOf(trackNo: number): [number, number] | null {
      const at = chart.screenOf(trackNo);
      const box = chart.trackCanvas.getBoundingClientRect();
      return at && [at[0] + box.left, at[1] + box.top];
    },
  };
  Object.defineProperty(window, "__skydas", { value: Object.freeze(hooks) });
}
