'use strict';

const { call, orderPath, refuse } = require('../lib/service');

async function perform(z, bundle) {
  const { order_id: id, message_id: message } = bundle.inputData;
  const body = message ? { message_id: String(message) } : {};
  const answer = await call(z, bundle, 'POST', orderPath(id, '/delivered'), body);
  if (answer.status !== 200) refuse(z, answer);
  return { id: String(id), ...answer.data };
}

module.exports = {
  key: 'confirm_delivery',
  noun: 'Delivery',
  display: {
    label: 'Confirm Delivery',
    description: 'Tells the service that the mail with the keys is out. From then on no repeat sends another.',
  },
  operation: {
    perform,
    inputFields: [
      { key: 'order_id', label: 'Order ID', type: 'string', required: true, helpText: '**Order ID** of *Assign Keys*.' },
      { key: 'message_id', label: 'Message ID', type: 'string', helpText: 'The mail’s id, of the step that sent it.' },
    ],
    outputFields: [
      { key: 'order_id', label: 'Order ID', type: 'string' },
      { key: 'delivered', label: 'Delivered', type: 'boolean' },
      { key: 'message', label: 'Message', type: 'string' },
    ],
    sample: { id: '6855909900591', order_id: '6855909900591', delivered: true, message: 'Marked as delivered' },
  },
};
