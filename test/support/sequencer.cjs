const { sep } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

const isEndToEnd = ({ path }) => path.includes(`${sep}e2e${sep}`);

/**
 * The end-to-end tests first: they are the longest and wait most of the time. The short tests fill the gaps, and no core is
 * idle at the end.
 */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    return [...sorted.filter(isEndToEnd), ...sorted.filter((test) => !isEndToEnd(test))];
  }
};
