/** What a person does at this screen: an action to the node, answered once its record is on disk. */
import { say } from "./session.svelte";
import { t } from "./words.svelte";

const NAME_KEY = "skydas.who";
const ROLE = "operator";

/** Who sits here: asked once at the start of a shift. Where the node asks for tokens, the token's name holds instead. */
export function whoActs(): string {
  return localStorage.getItem(NAME_KEY) ?? "watch";
}

export function nameWhoActs(name: string): void {
  localStorage.setItem(NAME_KEY, name.trim().slice(0, 80) || "watch");
}

/** What came of an action. */
export interface Done {
  refused: string; // why it did not count, "" where it did
  madeNo: number; // the number that it gave to a track, 0 where it gave none
}

/** Do it; return why it did not count, "" where it did. What came of it is said aloud. */
export async function act(what: string, fields: Record<string, string | number> = {}): Promise<string> {
  return (await actMade(what, fields)).refused;
}

/** Do it; return what came of it, and say aloud why it did not count. */
export async function actMade(what: string, fields: Record<string, string | number> = {}): Promise<Done> {
  const body = { what, who: whoActs(), role: ROLE, fields: Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, String(value)])) };
  let refused: string;
  let madeNo = 0;
  try {
    const response = await fetch("./api/v1/actions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.ok) madeNo = answer.made_no;
    refused = response.ok ? answer.refused : `${answer.error}; ${answer.what_to_do}`;
  } catch {
    refused = t("said.link_lost");
  }
  if (refused) say(t("said.refused", { why: refused }));
  return { refused, madeNo };
}
