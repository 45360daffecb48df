// Loaded before all else by whatever Node there is, so that an old one says what to do.
"use strict";

const needed = 24;
const [major] = process.versions.node.split(".");
if (Number(major) < needed) {
  process.stderr.write(
    `Node.js ${needed} is needed, and this is ${process.versions.node}: ` +
      "npm rebuild node --ignore-scripts=false brings it (an install without scripts left it out)\n",
  );
  process.exit(1);
}
