'use strict';

const zapier = require('zapier-platform-core');

const { authentication } = require('./lib/authentication');
const { addKey } = require('./lib/service');

/** NPTA key fulfillment, so that a Zap is built from menus. Private to NPTA: it is never published. */
module.exports = {
  version: require('./package.json').version,
  platformVersion: zapier.version,
  // Blanks stay: a line without a SKU must not vanish, and the service itself says what is missing.
  flags: { cleanInputData: false },
  authentication,
  beforeRequest: [addKey],
  triggers: { order_served: require('./triggers/order_served') },
  searches: { find_order: require('./searches/find_order') },
  creates: {
    assign_keys: require('./creates/assign_keys'),
    confirm_delivery: require('./creates/confirm_delivery'),
  },
};
