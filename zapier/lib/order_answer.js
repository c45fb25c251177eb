'use strict';

/** The fields of an order's answer, as later steps see them. Those of GET /openapi.json; a test compares. */

const outputFields = [
  { key: 'order_id', label: 'Order ID', type: 'string' },
  { key: 'order_name', label: 'Order Name', type: 'string' },
  { key: 'status', label: 'Status', type: 'string' },
  { key: 'success', label: 'Success', type: 'boolean' },
  { key: 'email_ready', label: 'Email Ready', type: 'boolean' },
  { key: 'delivered', label: 'Delivered', type: 'boolean' },
  { key: 'replayed', label: 'Replayed', type: 'boolean' },
  { key: 'mode', label: 'Mode', type: 'string' },
  { key: 'deliver_to', label: 'Deliver To', type: 'string' },
  { key: 'customer_name', label: 'Customer Name', type: 'string' },
  { key: 'keys_expected', label: 'Keys Expected', type: 'integer' },
  { key: 'keys_count', label: 'Keys Count', type: 'integer' },
  { key: 'keys_text', label: 'Keys, as Text', type: 'string' },
  { key: 'keys_html', label: 'Keys, as HTML', type: 'string' },
  { key: 'message', label: 'Message', type: 'string' },
  { key: 'next_step', label: 'Next Step', type: 'string' },
  { key: 'request_id', label: 'Request ID', type: 'string' },
  {
    key: 'keys',
    label: 'Keys',
    children: [
      { key: 'sku', label: 'SKU', type: 'string' },
      { key: 'entitlement', label: 'Entitlement', type: 'string' },
      { key: 'provider', label: 'Provider', type: 'string' },
      { key: 'product_code', label: 'Product Code', type: 'string' },
      { key: 'level', label: 'Level', type: 'string' },
      { key: 'component', label: 'Component', type: 'string' },
      { key: 'keycode', label: 'Key Code', type: 'string' },
      { key: 'seats', label: 'Seats', type: 'integer' },
    ],
  },
];

const sample = {
  id: '6855909900591',
  order_id: '6855909900591',
  order_name: '#1042',
  status: 'fulfilled',
  success: true,
  email_ready: true,
  delivered: false,
  replayed: false,
  mode: 'LIVE',
  deliver_to: 'ada@example.com',
  customer_name: 'Ada Lovelace',
  keys_expected: 1,
  keys_count: 1,
  keys_text: 'Certified Personal Trainer: EX-0001',
  keys_html: '<p>Certified Personal Trainer: EX-0001</p>',
  message: '1 key assigned',
  next_step: '',
  request_id: 'r-1',
  keys: [
    {
      sku: 'CPTa',
      entitlement: 'NASM-CPT-FULL',
      provider: 'NASM',
      product_code: 'CPT',
      level: 'FULL',
      component: 'combined',
      keycode: 'EX-0001',
      seats: 1,
    },
  ],
};

/** Whether the mail may go out: the gate, in one place. */
function mayBeMailed(answer) {
  return answer.success === true && answer.email_ready === true && answer.delivered === false
    && answer.keys_count === answer.keys_expected;
}

/** Why not, for whoever looks at a run that stopped. */
function whyNot(answer) {
  if (answer.delivered) return 'The mail of this order is out already';
  return answer.message || `The order is ${answer.status}`;
}

const stopField = {
  key: 'stop',
  label: 'Stop Here Unless the Mail May Go Out',
  type: 'boolean',
  default: 'true',
  helpText:
    'On: the run ends here, without an error, for an order that has nothing to mail (EXTERNAL, mode OFF) or whose mail is out already. '
    + 'Off: put a filter behind this step: Success is true, Email Ready is true, Delivered is false, Keys Count equals Keys Expected.',
};

/** Gives an answer to the Zap, or halts the run, as the field says. */
function passOn(z, bundle, answer) {
  const stop = ![false, 'false', 'no', '0'].includes(bundle.inputData.stop);
  if (stop && !mayBeMailed(answer)) throw new z.errors.HaltedError(whyNot(answer));
  return { id: answer.order_id, ...answer };
}

module.exports = { mayBeMailed, outputFields, passOn, sample, stopField };
