import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A page that needs nothing but itself and the two documents. */
export interface DocsPage {
  html: string;
  /** The header that lets exactly this page's scripts and style run, and fetch from its origin. */
  contentSecurityPolicy: string;
}

/** The page that shows /openapi.json and /asyncapi.json. Reads its parts from disk. */
export function docsPage(): DocsPage {
  const scripts = ["schema-view.js", "app.js"].map(readPart);
  const style = readPart("style.css");
  return {
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Aetherconnect API</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<nav id="nav" aria-label="Contents"></nav>
<main id="main"><p class="lead">Loading …</p>
<noscript>This page needs JavaScript. The documents: <a href="/openapi.json">/openapi.json</a>, <a href="/asyncapi.json">/asyncapi.json</a>.</noscript>
</main>
${scripts.map((script) => `<script type="module">${script}</script>`).join("\n")}
</body>
</html>
`,
    contentSecurityPolicy: [
      "default-src 'none'",
      `script-src ${scripts.map(hashOf).join(" ")}`,
      `style-src ${hashOf(style)}`,
      "connect-src 'self'",
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  };
}

function readPart(name: string): string {
  return `\n${readFileSync(new URL(`../../../clients/reference/${name}`, import.meta.url), "utf8")}`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
