import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// File names carry no hash: the committed build then changes only where its source did.
export default defineConfig({
  base: "./",
  plugins: [svelte()],
  // The package's own entry brings every edition of the standard; the page draws one.
  resolve: { alias: { "milsymbol/parts": new URL("./node_modules/milsymbol/index.mjs", import.meta.url).pathname } },
  build: {
    outDir: "../src/skydas/web/static",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    modulePreload: false,
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      output: {
        entryFileNames: "assets/[name].js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
      },
    },
  },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true } } },
});
