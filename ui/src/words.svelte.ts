/** The words on screen, from one catalogue a language; a missing word falls back to English. */
import en from "./messages/en.json";
import et from "./messages/et.json";
import lt from "./messages/lt.json";
import lv from "./messages/lv.json";

export type Key = keyof typeof en;
export type Language = "en" | "lt" | "lv" | "et";
export const LANGUAGES: Language[] = ["en", "lt", "lv", "et"];

const catalogues: Record<Language, Partial<Record<Key, string>>> = { en, lt, lv, et };
const chosen = $state<{ language: Language }>({ language: "en" });

export function language(): Language {
  return chosen.language;
}

export function speak(next: Language): void {
  chosen.language = next;
  document.documentElement.lang = next;
}

/** Return the words of `key`, with `{name}` filled in from `values`. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const words = catalogues[chosen.language][key] ?? en[key];
  return words.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** Return the words of a key made from data (`class.` and a class name); the name itself when there are none. */
export function tOf(prefix: string, name: string): string {
  const key = `${prefix}.${name}`;
  return key in en ? t(key as Key) : name;
}
