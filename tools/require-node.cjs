// Loaded before all else by whatever Node there is, so that an old one says what to do.
"use strict";

// From 24.7 on node:http2 takes the headers of an answer as a list.
const needed = [24, 7];
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  process.stderr.write(
    `Node.js ${needed.join(".")} is needed, and this is ${process.versions.node}: ` +
      "npm rebuild node --ignore-scripts=false brings it (an install without scripts left it out)\n",
  );
  process.exit(1);
}
