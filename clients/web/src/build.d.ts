/** The contract that the page is built for: vite.config.ts puts it in. */
declare const CONTRACT_VERSION: string;
