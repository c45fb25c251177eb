'use strict';

const { outputFields, passOn, sample, stopField } = require('../lib/order_answer');
const { call, refuse } = require('../lib/service');

const DETAILS = ['order_name', 'customer_name', 'region', 'paid_at', 'financial_status', 'cancelled_at', 'test'];

/** What is filled in, as the service wants it. A detail that the trigger does not have is left out. */
function order(input) {
  const details = DETAILS.filter((name) => input[name] !== undefined && input[name] !== null && input[name] !== '');
  const body = { order_id: input.order_id, email: input.email };
  for (const name of details) body[name] = input[name];
  body.line_items = (input.line_items || []).map((line) => {
    const sent = { sku: line.sku || '', quantity: line.quantity };
    if (line.line_item_id) sent.line_item_id = String(line.line_item_id);
    return sent;
  });
  return body;
}

async function perform(z, bundle) {
  const answer = await call(z, bundle, 'POST', '/orders', order(bundle.inputData));
  if (answer.status !== 200) refuse(z, answer);
  return passOn(z, bundle, answer.data);
}

module.exports = {
  key: 'assign_keys',
  noun: 'Order',
  display: {
    label: 'Assign Keys',
    description: 'Assigns the access keys of a paid order, oldest first and exactly once. A repeat gives the same keys.',
  },
  operation: {
    perform,
    inputFields: [
      { key: 'order_id', label: 'Order ID', type: 'string', required: true, helpText: 'The trigger’s **ID**, not the name.' },
      { key: 'order_name', label: 'Order Name', type: 'string', helpText: 'The trigger’s **Name**, such as `#1042`.' },
      { key: 'email', label: 'Email', type: 'string', required: true },
      { key: 'customer_name', label: 'Customer Name', type: 'string', helpText: 'First name, a blank, last name.' },
      {
        key: 'line_items',
        label: 'Line Items',
        children: [
          { key: 'line_item_id', label: 'Line Item ID', type: 'string', helpText: '**Line Items ID**: refunds name lines by it.' },
          { key: 'sku', label: 'SKU', type: 'string', helpText: '**Line Items SKU**. Empty for a tip: the line is passed over.' },
          { key: 'quantity', label: 'Quantity', type: 'integer', required: true, helpText: '**Line Items Current Quantity**, else Quantity.' },
        ],
      },
      { key: 'paid_at', label: 'Paid At', type: 'datetime', helpText: '**Processed At**. Without it, an order was paid before it was first seen.' },
      { key: 'financial_status', label: 'Financial Status', type: 'string' },
      { key: 'cancelled_at', label: 'Cancelled At', type: 'datetime' },
      { key: 'test', label: 'Test', type: 'boolean' },
      { key: 'region', label: 'Region', type: 'string', helpText: 'Only if the service serves several.' },
      stopField,
    ],
    outputFields,
    sample,
  },
};
