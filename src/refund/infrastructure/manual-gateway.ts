import { PaymentGateway, type RefundOutcome } from '../domain/payment-gateway.js';

/** Money that came by bank transfer or over the counter: only a person can give it back. */
export class ManualGateway extends PaymentGateway {
  readonly name = 'manual';

  async refund(): Promise<RefundOutcome> {
    return { status: 'due_by_hand' };
  }

  async findRefund(): Promise<RefundOutcome> {
    return { status: 'due_by_hand' };
  }
}
