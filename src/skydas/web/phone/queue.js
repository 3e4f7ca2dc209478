// Reports that could not be sent wait here, at most WAITING_MAX, also over a reload; each has an id, so that one which
// arrived although no answer came is not counted twice.
const KEY = "skydas-reports";
const WAITING_MAX = 20;
const RETRY_MS = 5000;

export class Queue {
  constructor(onChange, onRefused) {
    this.onChange = onChange;
    this.onRefused = onRefused;
    this.busy = false;
    window.addEventListener("online", () => this.flush());
    setInterval(() => this.flush(), RETRY_MS);
  }

  reports() {
    try {
      return JSON.parse(localStorage.getItem(KEY) || "[]");
    } catch {
      return [];
    }
  }

  put(report) {
    this.keep([...this.reports(), report].slice(-WAITING_MAX));
  }

  keep(reports) {
    localStorage.setItem(KEY, JSON.stringify(reports));
    this.onChange(reports.length);
  }

  // Sends what waits, the oldest first; what is refused for good is dropped and said.
  async flush() {
    if (this.busy) return;
    this.busy = true;
    try {
      for (let report = this.reports()[0]; report; report = this.reports()[0]) {
        const outcome = await send(report);
        if (outcome.later) break;
        this.keep(this.reports().slice(1));
        if (outcome.refused) this.onRefused(outcome.refused);
      }
    } finally {
      this.busy = false;
    }
  }
}

// {sent}, {refused: why} or {later}: no connection, or too many at once.
export async function send(report) {
  let answer;
  try {
    answer = await fetch("/api/v1/sightings", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(report),
    });
  } catch {
    return { later: true };
  }
  if (answer.ok) return { sent: true };
  if (answer.status === 429 || answer.status >= 500) return { later: true };
  const said = await answer.json().catch(() => ({ error: String(answer.status) }));
  return { refused: said.error };
}
