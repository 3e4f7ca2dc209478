/** The node's time on this screen: live, or wherever a replay stands. */
const OFFSET_DRIFT_MS_PER_S = 2; // lets the estimate follow a clock that was set back

export class ScreenClock {
  speed = 1;
  paused = false;
  private offsetMs = NaN; // node time less performance.now
  private heardAt = 0;
  private replayMs = NaN; // NaN: live
  private replaySetAt = 0;

  /** Take the time of a frame. The least delayed frame says best what time it is there. */
  hear(nowMs: number): void {
    const at = performance.now();
    const offset = nowMs - at;
    const aged = this.offsetMs - ((at - this.heardAt) / 1000) * OFFSET_DRIFT_MS_PER_S;
    if (!(offset < aged) || aged - offset > 2_000) {
      this.offsetMs = offset;
      this.heardAt = at;
    }
  }

  get known(): boolean {
    return !Number.isNaN(this.offsetMs);
  }

  get replaying(): boolean {
    return !Number.isNaN(this.replayMs);
  }

  /** The node's present. */
  liveMs(): number {
    return performance.now() + (this.known ? this.offsetMs : performance.timeOrigin);
  }

  /** The instant that is shown. */
  nowMs(): number {
    if (!this.replaying) return this.liveMs();
    const past = this.paused ? 0 : (performance.now() - this.replaySetAt) * this.speed;
    return Math.min(this.replayMs + past, this.liveMs());
  }

  replayFrom(ms: number): void {
    this.replayMs = ms;
    this.replaySetAt = performance.now();
  }

  setSpeed(speed: number): void {
    if (this.replaying) this.replayFrom(this.nowMs());
    this.speed = speed;
  }

  setPaused(paused: boolean): void {
    if (this.replaying) this.replayFrom(this.nowMs());
    this.paused = paused;
  }

  live(): void {
    this.replayMs = NaN;
    this.paused = false;
  }
}
