'use strict';

const { outputFields, passOn, sample, stopField } = require('../lib/order_answer');
const { call, orderPath, refuse } = require('../lib/service');

async function perform(z, bundle) {
  const answer = await call(z, bundle, 'GET', orderPath(bundle.inputData.order_id));
  if (answer.status === 404) return [];
  if (answer.status !== 200) refuse(z, answer);
  return [passOn(z, bundle, answer.data)];
}

module.exports = {
  key: 'find_order',
  noun: 'Order',
  display: {
    label: 'Find Order',
    description: 'Finds how an order stands now. For the second Zap, behind the trigger: the key codes come from the trigger, here they are masked.',
  },
  operation: {
    perform,
    inputFields: [{ key: 'order_id', label: 'Order ID', type: 'string', required: true }, stopField],
    outputFields,
    sample,
  },
};
