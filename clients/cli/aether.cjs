#!/usr/bin/env node
// Started by whatever Node there is: the checkout brings the one that is needed.
"use strict";

const { spawnSync } = require("node:child_process");
const { existsSync, realpathSync } = require("node:fs");
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");

const root = join(__dirname, "../..");
const own = join(root, "node_modules/.bin/node");

const isOld = Number(process.versions.node.split(".")[0]) < 24;

if (isOld && existsSync(own) && realpathSync(own) !== process.execPath) {
  const { status } = spawnSync(own, [__filename, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exitCode = status ?? 1;
} else {
  require("../../tools/require-node.cjs");
  enableCompileCache(process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules/.cache/node"));
  import("./main.ts");
}
