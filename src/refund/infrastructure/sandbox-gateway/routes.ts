import { Refusal } from './answers.js';
import type { SandboxRefund } from './book.js';
import type { Form } from './objects.js';
import type { Operations } from './operations.js';

export interface Route {
  /** The name that faults are scripted for. */
  readonly operation: string;
  readonly execute: (operations: Operations, input: RouteInput) => object;
}

export interface RouteInput {
  readonly id: string;
  readonly form: Form;
  /** What a new refund becomes. */
  readonly refundStatus: SandboxRefund['status'];
}

const ROUTES: Readonly<Record<string, Route>> = {
  'POST /v1/payment_intents': {
    operation: 'payment_intents.create',
    execute: (operations, { form }) => operations.createIntent(form),
  },
  'GET /v1/payment_intents': {
    operation: 'payment_intents.list',
    execute: (operations, { form }) => operations.listIntents(form),
  },
  'GET /v1/payment_intents/:id': {
    operation: 'payment_intents.retrieve',
    execute: (operations, { id }) => operations.intent(id),
  },
  'POST /v1/payment_intents/:id/confirm': {
    operation: 'payment_intents.confirm',
    execute: (operations, { id, form }) => operations.confirm(id, form.payment_method === 'pm_card_chargeDeclined'),
  },
  'POST /v1/payment_intents/:id/cancel': {
    operation: 'payment_intents.cancel',
    execute: (operations, { id }) => operations.cancelIntent(id),
  },
  'POST /v1/refunds': {
    operation: 'refunds.create',
    execute: (operations, { form, refundStatus }) => operations.createRefund(form, refundStatus),
  },
  'GET /v1/refunds': {
    operation: 'refunds.list',
    execute: (operations, { form }) => operations.listRefunds(form),
  },
  'GET /v1/refunds/:id': {
    operation: 'refunds.retrieve',
    execute: (operations, { id }) => operations.refund(id),
  },
  'GET /v1/disputes': {
    operation: 'disputes.list',
    execute: (operations, { form }) => operations.listDisputes(form),
  },
  'GET /v1/disputes/:id': {
    operation: 'disputes.retrieve',
    execute: (operations, { id }) => operations.disputes.get(id),
  },
};

export function findRoute(method: string, path: string): { route: Route; id: string } {
  const [, version, kind, id, ...verb] = path.split('/');
  const pattern = ['', version, kind, ...(id === undefined ? [] : [':id']), ...verb].join('/');
  const route = ROUTES[`${method} ${pattern}`];
  if (route) return { route, id: id ?? '' };
  throw new Refusal(404, { type: 'invalid_request_error', message: `Unrecognized request: ${method} ${path}` });
}
