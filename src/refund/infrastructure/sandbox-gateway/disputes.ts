import { invalid, missing } from './answers.js';
import type { Book, SandboxDispute } from './book.js';
import { type Emit, newId, now } from './objects.js';

/** What a customer's bank does with a charge that its customer disputes. */
export class Disputes {
  constructor(
    private readonly book: Book,
    private readonly emit: Emit,
  ) {}

  open(intentId: string, amount: number | undefined, reason: string): SandboxDispute {
    const intent = this.book.get('intents', intentId);
    if (!intent) throw missing('payment_intent', intentId);
    if (intent.latest_charge === null) throw invalid('This PaymentIntent does not have a successful charge.');
    const origin = { payment_intent: intent.id, charge: intent.latest_charge, currency: intent.currency };
    const dispute: SandboxDispute = {
      ...origin,
      id: newId('dp'),
      object: 'dispute',
      amount: amount ?? intent.amount_received,
      reason,
      status: 'needs_response',
      created: now(),
    };
    return this.save(dispute, 'charge.dispute.created');
  }

  close(id: string, status: 'won' | 'lost'): SandboxDispute {
    return this.save({ ...this.get(id), status }, 'charge.dispute.closed');
  }

  get(id: string): SandboxDispute {
    const dispute = this.book.get('disputes', id);
    if (!dispute) throw missing('dispute', id);
    return dispute;
  }

  private save(dispute: SandboxDispute, event: string): SandboxDispute {
    this.book.put('disputes', dispute.id, dispute);
    this.emit(event, dispute);
    return dispute;
  }
}
