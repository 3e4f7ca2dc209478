/** The parts of milsymbol, of which vite.config.ts gives the place. */
declare module "milsymbol/parts" {
  import ms from "milsymbol";
  const base: typeof ms & { addIcons(icons: unknown): void };
  export { base as ms };
  export const app6d: unknown;
}
