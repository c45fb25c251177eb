'use strict';

const { outputFields, sample } = require('../lib/order_answer');

/** The service posts an order's answer, and `event_id`, equal in repeats. */
async function perform(z, bundle) {
  const answer = bundle.cleanedRequest;
  if (!answer || !answer.order_id || !answer.event_id) {
    throw new z.errors.HaltedError('This is not an answer of the NPTA service.');
  }
  return [{ ...answer, id: answer.event_id }];
}

module.exports = {
  key: 'order_served',
  noun: 'Order',
  display: {
    label: 'Order Served by the Service',
    description: 'Triggers when the service has filled an order by itself, once what it lacked had come: its keys are to be mailed.',
  },
  operation: {
    // The address that Zapier shows is stored as NPTA_KEYS_HOOK (deploy/secret NPTA_KEYS_HOOK); nothing is subscribed by a call.
    type: 'hook',
    perform,
    inputFields: [],
    outputFields: [{ key: 'event_id', label: 'Event ID', type: 'string' }, ...outputFields],
    sample: { ...sample, id: 'e-1', event_id: 'e-1' },
  },
};
