import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import type { Plugin, UserConfig } from "vite";
import { emojiData } from "./emoji-data.ts";

const require = createRequire(import.meta.url);
const readJson = (name: string) => JSON.parse(readFileSync(require.resolve(name), "utf8"));

/** What the emoji picker shows, loaded when it is first opened. */
const emoji: Plugin = {
  name: "emoji-data",
  generateBundle() {
    const groups = readJson("unicode-emoji-json/data-by-group.json");
    const source = JSON.stringify(emojiData(groups, readJson("emojilib")));
    this.emitFile({ type: "asset", fileName: "emoji.json", source });
  },
};

const contractVersion = readFileSync(new URL("../../contract/RELEASED", import.meta.url), "utf8");

const config: UserConfig = {
  define: { CONTRACT_VERSION: JSON.stringify(contractVersion.trim()) },
  // The client speaks English alone: texts of React Aria in other languages would be half of it.
  plugins: [react(), optimizeLocales.vite({ locales: ["en-US"] }), emoji],
  resolve: { conditions: ["@aetherconnect/source", "module", "browser", "production", "default"] },
  // A page whose policy allows no inline script can't have its files as data: URLs either.
  build: {
    target: "es2024",
    assetsInlineLimit: 0,
    // One stylesheet: Vite asks only once for what comes with a part that is loaded later.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    emptyOutDir: true,
  },
};

// biome-ignore lint/style/noDefaultExport: Vite reads it.
export default config;
