'use strict';

const { call, orderPath, refuse } = require('./service');

/** Looks an order up that cannot be there: 404 says that the key is known. */
async function test(z, bundle) {
  const answer = await call(z, bundle, 'GET', orderPath('1'));
  if (answer.status !== 404 && answer.status !== 200) refuse(z, answer);
  return { service: bundle.authData.service };
}

const authentication = {
  type: 'custom',
  test,
  connectionLabel: '{{bundle.authData.service}}',
  fields: [
    {
      key: 'service',
      label: 'Address of the Service',
      type: 'string',
      required: true,
      placeholder: 'https://npta-fulfillment-….run.app',
      helpText: 'As `deploy/up` prints it, and as it stands in the control panel under NPTA > Settings….',
    },
    {
      key: 'apiKey',
      label: 'Order Key',
      type: 'password',
      required: true,
      helpText: 'One of `NPTA_ORDER_KEYS`. It may post and read orders and nothing else.',
    },
  ],
};

module.exports = { authentication };
