import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import {
  PaymentGateways,
  type RefundInstruction,
  type RefundOutcome,
  UnknownOutcomeError,
} from '../domain/payment-gateway.js';
import { RefundAttempts } from '../domain/refund-attempts.js';

/** Calls to gateways, each written down before and after. */
@Injectable()
export class RefundCalls {
  constructor(
    private readonly gateways: PaymentGateways,
    private readonly attempts: RefundAttempts,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async refund(instruction: RefundInstruction): Promise<RefundOutcome> {
    const { refundId, idempotencyKey, gateway } = instruction;
    const id = this.ids.next();
    await this.attempts.start({ id, refundId, idempotencyKey, startedAt: this.clock.now() });
    try {
      const outcome = await this.gateways.get(gateway).refund(instruction);
      const code = outcome.status === 'failed' ? outcome.code : undefined;
      await this.attempts.end(id, { status: outcome.status, code, endedAt: this.clock.now() });
      return outcome;
    } catch (error) {
      const code = error instanceof UnknownOutcomeError ? error.code : undefined;
      await this.attempts.end(id, { status: 'unknown', code, endedAt: this.clock.now() });
      throw error;
    }
  }
}
