import { randomBytes } from 'node:crypto';
import { invalid, missing } from './answers.js';
import type { Book, Metadata, SandboxIntent, SandboxRefund } from './book.js';
import { Disputes } from './disputes.js';
import { listing } from './listing.js';
import { type Emit, type Form, newId, now } from './objects.js';

const DECLINED = { type: 'card_error', code: 'card_declined', decline_code: 'generic_decline' };

/** What Stripe does, as far as the shop uses it; each change is told by a webhook. */
export class Operations {
  readonly disputes: Disputes;

  constructor(
    private readonly book: Book,
    private readonly emit: Emit,
  ) {
    this.disputes = new Disputes(book, emit);
  }

  createIntent(form: Form): SandboxIntent {
    const id = newId('pi');
    return this.saveIntent({
      id,
      object: 'payment_intent',
      amount: positive(form, 'amount'),
      amount_received: 0,
      currency: currencyOf(form),
      status: 'requires_payment_method',
      client_secret: `${id}_secret_${randomBytes(8).toString('hex')}`,
      latest_charge: null,
      last_payment_error: null,
      metadata: metadataOf(form),
      created: now(),
      livemode: false,
    });
  }

  intent(id: string): SandboxIntent {
    const intent = this.book.get('intents', id);
    if (!intent) throw missing('payment_intent', id);
    return intent;
  }

  /** As a customer's card does. */
  confirm(id: string, declined: boolean): SandboxIntent {
    const intent = this.open(id);
    if (!declined) {
      const paid = { amount_received: intent.amount, latest_charge: newId('ch'), last_payment_error: null };
      return this.saveIntent({ ...intent, ...paid, status: 'succeeded' }, 'payment_intent.succeeded');
    }
    return this.saveIntent({ ...intent, last_payment_error: DECLINED }, 'payment_intent.payment_failed');
  }

  cancelIntent(id: string): SandboxIntent {
    return this.saveIntent({ ...this.open(id), status: 'canceled' }, 'payment_intent.canceled');
  }

  createRefund(form: Form, status: SandboxRefund['status']): SandboxRefund {
    const intent = this.intent(form.payment_intent ?? '');
    const isDisputed = this.book
      .all('disputes')
      .some((each) => each.payment_intent === intent.id && each.status !== 'won');
    if (isDisputed) throw invalid(`Charge ${intent.latest_charge} has been charged back.`, 'charge_disputed');
    const refundable = intent.amount_received - this.refunded(intent.id);
    if (intent.latest_charge === null) throw invalid('This PaymentIntent does not have a successful charge to refund.');
    if (refundable === 0)
      throw invalid(`Charge ${intent.latest_charge} has already been refunded.`, 'charge_already_refunded');
    const amount = form.amount === undefined ? refundable : positive(form, 'amount');
    if (amount > refundable) {
      throw invalid(`Refund amount (${amount}) is greater than unrefunded amount (${refundable})`);
    }
    const origin = { payment_intent: intent.id, charge: intent.latest_charge, currency: intent.currency };
    const refund: SandboxRefund = {
      ...origin,
      id: newId('re'),
      object: 'refund',
      amount,
      status,
      failure_reason: null,
      metadata: metadataOf(form),
      created: now(),
    };
    return this.saveRefund(refund, 'refund.created');
  }

  refund(id: string): SandboxRefund {
    const refund = this.book.get('refunds', id);
    if (!refund) throw missing('refund', id);
    return refund;
  }

  listRefunds(form: Form): object {
    const { payment_intent: intentId } = form;
    const all = this.book.all('refunds');
    const matching = all.filter((refund) => (intentId ?? refund.payment_intent) === refund.payment_intent);
    return listing('/v1/refunds', matching, form);
  }

  listIntents(form: Form): object {
    return listing('/v1/payment_intents', this.book.all('intents'), form);
  }

  listDisputes(form: Form): object {
    return listing('/v1/disputes', this.book.all('disputes'), form);
  }

  /** What becomes of a refund later: a pending one arrives or fails, a finished one bounces. */
  settleRefund(id: string, status: 'succeeded' | 'failed'): SandboxRefund {
    const failure = status === 'failed' ? 'lost_or_stolen_card' : null;
    const type = status === 'failed' ? 'refund.failed' : 'refund.updated';
    return this.saveRefund({ ...this.refund(id), status, failure_reason: failure }, type);
  }

  /** A failed refund's money is back with the merchant, and can be refunded again. */
  private refunded(intentId: string): number {
    const refunds = this.book
      .all('refunds')
      .filter((each) => each.payment_intent === intentId && each.status !== 'failed');
    return refunds.reduce((sum, refund) => sum + refund.amount, 0);
  }

  private open(id: string): SandboxIntent {
    const intent = this.intent(id);
    if (intent.status === 'requires_payment_method') return intent;
    throw invalid(`This PaymentIntent is ${intent.status}.`, 'payment_intent_unexpected_state');
  }

  private saveIntent(intent: SandboxIntent, event = 'payment_intent.created'): SandboxIntent {
    this.book.put('intents', intent.id, intent);
    this.emit(event, intent);
    return intent;
  }

  private saveRefund(refund: SandboxRefund, event: string): SandboxRefund {
    this.book.put('refunds', refund.id, refund);
    this.emit(event, refund);
    return refund;
  }
}

function positive(form: Form, name: string): number {
  const value = Number(form[name]);
  if (form[name] === undefined) throw invalid(`Missing required param: ${name}.`, 'parameter_missing', name);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw invalid(`Invalid positive integer: ${name}.`, 'parameter_invalid_integer', name);
}

function currencyOf({ currency }: Form): string {
  if (currency !== undefined && /^[a-z]{3}$/.test(currency)) return currency;
  throw invalid(`Invalid currency: ${currency}`, undefined, 'currency');
}

/** `metadata[orderId]=…` in the form. */
function metadataOf(form: Form): Metadata {
  const entries = Object.entries(form).flatMap(([name, value]) => {
    const key = /^metadata\[(.+)\]$/.exec(name)?.[1];
    return key === undefined || value === undefined || value === '' ? [] : [[key, value] as const];
  });
  return Object.fromEntries(entries);
}
