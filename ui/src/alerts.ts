/** The alerts in the order a watch officer reads them, and walking through them. */
import { act } from "./acting";
import type { Alert } from "./data/standing";
import { centreOnChosen, choose, chooseGroup, moveTo, picture, screen } from "./session.svelte";

const WAITS = ["unacknowledged", "returned_unacknowledged"];
export const ASIDE = ["shelved", "suppressed", "out_of_service"];
const SHOWN_MAX = 200;

export const waits = (alert: Alert): boolean => WAITS.includes(alert.state);

/** What stands and waits for an answer first, then what stands and was seen, then what is over, then what was put aside; in each the urgent before the less, the older before the younger. */
export function alertsInOrder(): Alert[] {
  const rank = (alert: Alert): number =>
    (ASIDE.includes(alert.state) ? 30 : !alert.is_active ? 20 : waits(alert) ? 0 : 10) + alert.priority;
  return [...screen.standing.alerts.values()]
    .filter((alert) => alert.state !== "closed")
    .sort((a, b) => rank(a) - rank(b) || a.raised_ns - b.raised_ns)
    .slice(0, SHOWN_MAX);
}

export function chooseAlert(number: number): void {
  const alert = screen.standing.alerts.get(number);
  screen.alertNo = alert ? number : 0;
  if (!alert) return;
  if (alert.group && screen.groups.some((group) => group.number === alert.group)) chooseGroup(alert.group);
  else if (alert.track_nos.length) choose(alert.track_nos.find((trackNo) => picture.rowOf(trackNo) >= 0) ?? alert.track_nos[0]);
}

/** Go to the next or the previous alert; false: there is none. */
export function walkAlerts(by: 1 | -1): boolean {
  const order = alertsInOrder();
  if (!order.length) return false;
  const at = order.findIndex((alert) => alert.number === screen.alertNo);
  const next = at < 0 ? (by > 0 ? 0 : order.length - 1) : (at + by + order.length) % order.length;
  chooseAlert(order[next].number);
  return true;
}

/** Show where the chosen alert is. */
export function centreOnAlert(): void {
  const alert = screen.standing.alerts.get(screen.alertNo);
  if (alert && !picture.count) return;
  if (alert && alert.latitude_deg !== null && alert.longitude_deg !== null && picture.rowOf(screen.chosenNo) < 0)
    moveTo(alert.latitude_deg, alert.longitude_deg);
  else centreOnChosen();
}

/** Acknowledge the chosen alert, or, where none is chosen, the first that waits. */
export function acknowledge(): void {
  const chosen = screen.standing.alerts.get(screen.alertNo);
  const alert = chosen && waits(chosen) ? chosen : alertsInOrder().find(waits);
  if (!alert) return;
  screen.alertNo = alert.number;
  void act("acknowledge_alert", { number: alert.number });
}
